"""Fixed-point arithmetic: hardware, model and exact fractions agree."""

from __future__ import annotations

import numpy as np
import pytest
from arithmetic_oracle import Oracle, formats, values_of
from bench_fixed_point import pairs
from block_points import NUMBERS
from hypothesis import given
from hypothesis import strategies as st

from hwsim.fixed_point import FixedPoint, Tally


def test_rtl_equals_model(run_bench):
    run_bench("bench_fixed_point")


@given(st.data(), formats())
def test_operations_of_two_equal_exact_fractions(data, number):
    oracle = Oracle.of(number)
    x, y = data.draw(values_of(number)), data.draw(values_of(number))
    for name in ("multiply", "multiply_wide", "add"):
        got = getattr(number, name)(np.int64(x), np.int64(y))
        assert got == getattr(oracle, name)(x, y), name


@given(st.data(), formats())
def test_operations_of_one_equal_exact_fractions(data, number):
    oracle, x = Oracle.of(number), data.draw(values_of(number))
    shift, pixel = data.draw(st.integers(0, number.width - 1)), data.draw(st.integers(0, 255))
    assert number.negate(np.int64(x)) == oracle.negate(x)
    assert number.shift_right(np.int64(x), shift) == oracle.shift_right(x, shift)
    assert number.from_pixel(np.int64(pixel)) == oracle.from_pixel(pixel)


@given(st.data(), formats())
def test_floats_become_the_nearest_number(data, number):
    value = data.draw(st.floats(-40, 40))
    nearest = min(max(round(value * number.one), number.minimum), number.maximum)
    assert number.from_float(value) == nearest


def test_corners_by_hand():
    number = FixedPoint(2, 7)  # -512 .. 511, one is 128
    assert number.multiply(np.int64(-512), np.int64(-512)) == 511
    assert number.multiply(np.int64(511), np.int64(129)) == 511  # 514.99 saturates, is not rounded
    assert number.multiply(np.int64(-512), np.int64(129)) == -512  # -516.0: no bit is dropped
    assert number.multiply(np.int64(-511), np.int64(129)) == -512  # -515.01: the bit is 0
    assert number.multiply(np.int64(-511), np.int64(200)) == -511  # -798.4: minimum plus its bit
    assert number.negate(np.int64(-512)) == 511


@pytest.mark.parametrize("name", NUMBERS)
def test_the_bench_meets_every_corner(name):
    number = NUMBERS[name]
    left, right = pairs(number).T
    product = left * right
    floored, bit = product >> number.frac_bits, product >> (number.frac_bits - 1) & 1
    low, high = number.minimum, number.maximum
    assert ((floored == high) & (bit == 1)).any(), "rounding at the maximum"
    assert ((floored < low) & (bit == 1)).any(), "minimum + 1"
    assert ((floored < low) & (bit == 0)).any()
    assert ((left == low) & (right == low)).any()
    assert {low - 1, low, low + 1, high - 1, high, high + 1} <= set((left + right).tolist())


def test_what_leaves_the_range_is_counted():
    number, tally = FixedPoint(1, 3), Tally()
    number.add(np.array([15, 15, -16, -16]), np.array([0, 1, 0, -1]), tally)
    assert (tally.saturated, tally.operations) == (2, 4)
