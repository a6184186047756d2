"""Activation functions: hardware and model agree, and the model with the formulas."""

from __future__ import annotations

from math import tanh

import numpy as np
import pytest
from bench_activation import every_h
from block_points import ACTIVATIONS, NUMBERS

from hwsim.activation import MAX_ENTRIES, Activation


def test_rtl_equals_model(run_bench):
    run_bench("bench_activation")


def sigmoid(h: int, function: Activation) -> tuple[int, int]:
    """From ARCHITECTURE section 6, by another formula for s(x)."""
    one = function.number.one
    if not -8 * one <= h < 8 * one:
        return (one - 1 if h > 0 else 1), 1
    x = h - h % (1 << function.step_shift)  # the lower end of the step
    s = (1 + tanh(x / one / 2)) / 2
    clip = lambda value, top: min(max(round(value * one), 1), top)  # noqa: E731
    return clip(s, one - 1), clip(s * (1 - s), one // 4 - 1)


@pytest.mark.parametrize("name", NUMBERS)
def test_sigmoid_equals_the_formula(name):
    function = Activation("sigmoid", NUMBERS[name])
    h = every_h(function).ravel()
    expected = np.array([sigmoid(int(x), function) for x in h]).T
    np.testing.assert_array_equal(function(h), expected)


@pytest.mark.parametrize(
    ("name", "entries", "step_shift"),
    [("q1_3", 32, 0), ("q2_7", 1024, 0), ("q3_8", 4096, 0), ("q4_12", 4096, 4)],
)
def test_size_of_the_table(name, entries, step_shift):
    function = Activation("sigmoid", NUMBERS[name])
    assert len(function.table[0]) == entries <= MAX_ENTRIES
    assert function.step_shift == step_shift


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_neither_a_nor_its_slope_is_ever_zero(name):
    function = Activation(*ACTIVATIONS[name][:2])
    a, slope = function(every_h(function))
    assert a.min() >= 1
    assert slope.min() >= 1
    assert a.max() < function.number.one
    assert slope.max() < function.number.one


@pytest.mark.parametrize("name", NUMBERS)
def test_relu_equals_its_definition(name):
    function = Activation("relu", NUMBERS[name])
    top = function.number.one - 1
    for h in every_h(function).ravel()[::7].tolist():
        a, slope = function(np.int64(h))
        assert a == (1 if h <= 0 else top if h > top else h)
        assert slope == (top if 0 < h <= top else 1)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_bench_drives_every_table_entry_or_its_ends(name):
    function = Activation(*ACTIVATIONS[name][:2])
    h = set(every_h(function).ravel().tolist())
    number = function.number
    ends = {-function.limit - 1, -function.limit, function.limit - 1, function.limit}
    assert {x for x in ends if number.minimum <= x <= number.maximum} <= h
    if function.step_shift == 0:
        assert h == set(range(number.minimum, number.maximum + 1))
