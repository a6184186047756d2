"""Update: hardware and model agree, the model with exact fractions, and no update is biased."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from arithmetic_oracle import Oracle, formats, values_of
from hypothesis import given
from hypothesis import strategies as st

from hwsim.fixed_point import FixedPoint, Raw
from hwsim.update import Update

NUMBER = FixedPoint(2, 7)


def test_rtl_equals_model(run_bench):
    run_bench("bench_update")


@given(st.data(), formats())
def test_new_parameters_equal_exact_fractions(data, number):
    oracle, model = Oracle.of(number), Update(number)
    weight, bias, delta, value = (data.draw(values_of(number)) for _ in range(4))
    shift = data.draw(st.integers(0, number.width - 1))
    step = model.step(np.int64(delta), shift)
    assert step == oracle.step(delta, shift)
    assert model.bias(np.int64(bias), step) == oracle.add(bias, int(step))
    new_weight = model.weight(np.int64(weight), step, np.int64(value))
    assert new_weight == oracle.new_weight(weight, delta, shift, value)


class Truncating(FixedPoint):
    """What a newcomer might try: shifts and products without their rounding bit."""

    def shift_right(self, value: Raw, shift: int) -> Raw:
        return value >> shift

    def _round(self, product: Raw) -> Raw:
        return product >> self.frac_bits


DELTAS = np.arange(-NUMBER.maximum, NUMBER.maximum + 1)
"""All but the minimum, whose negation saturates; it would add no error."""


def mean_error(got: Raw, exact_times: Raw, scale: int) -> Fraction:
    """Mean of got - exact_times / scale over all numbers of the format."""
    return Fraction(int((got * scale - exact_times).sum()), scale * (len(DELTAS) + 1))


@pytest.mark.parametrize("eta_shift", range(1, NUMBER.width))
def test_the_rounding_bit_keeps_steps_unbiased(eta_shift):
    """Do not truncate here: every step would be pulled towards -1 LSB and nothing be learnt.

    Over all deltas the mean error of a step is 2^-(k+1) LSB, the tie that is rounded up. Without
    the rounding bit it is half an LSB lower (19 % instead of 92 % right on MNIST).
    """
    rounded = Update(NUMBER).step(DELTAS, eta_shift)
    truncated = Update(Truncating(2, 7)).step(DELTAS, eta_shift)
    tie = Fraction(1, 2 ** (eta_shift + 1))
    assert mean_error(rounded, -DELTAS, 2**eta_shift) == tie
    assert mean_error(truncated, -DELTAS, 2**eta_shift) == tie - Fraction(1, 2)


@pytest.mark.parametrize("activation", [1, 3, 77, 127])
def test_the_rounding_bit_keeps_weight_changes_unbiased(activation):
    """As above, for the product of step and activation: odd ones meet every remainder equally."""
    zero, steps = np.zeros_like(DELTAS), DELTAS
    rounded = Update(NUMBER).weight(zero, steps, np.int64(activation))
    truncated = Update(Truncating(2, 7)).weight(zero, steps, np.int64(activation))
    exact, tie = steps * activation, Fraction(1, 2 * NUMBER.one)
    missing = Fraction(-NUMBER.minimum * activation % NUMBER.one)
    assert missing == 0  # the minimum, left out, has an exact product
    assert mean_error(rounded, exact, NUMBER.one) == tie
    assert mean_error(truncated, exact, NUMBER.one) == tie - Fraction(1, 2)


def test_deltas_too_small_for_a_step_change_nothing():
    """Truncated, each positive one of them would still take an LSB away."""
    small = np.arange(-3, 4)
    assert not Update(NUMBER).step(small, 3).any()
    assert Update(Truncating(2, 7)).step(small, 3).tolist() == [0, 0, 0, 0, -1, -1, -1]
