"""Backpropagation: hardware and model agree, and the model with exact sums in both profiles."""

from __future__ import annotations

import numpy as np
from arithmetic_oracle import Oracle, formats, values_of
from hypothesis import given
from hypothesis import strategies as st

from hwsim.backprop import Backprop, sum_width
from hwsim.fixed_point import FixedPoint


def test_rtl_equals_model(run_bench):
    run_bench("bench_backprop")


@given(st.data(), formats(), st.integers(1, 6))
def test_a_neurons_delta_equals_exact_sums(data, number, d_out):
    oracle, values = Oracle.of(number), values_of(number)
    edges = data.draw(st.lists(st.tuples(values, values), min_size=d_out, max_size=d_out))
    slope = data.draw(values)
    by_edge = accumulated(Backprop(number, per_edge=True), edges, slope)
    assert by_edge == oracle.delta_by_edge(edges, slope)
    total = accumulated(Backprop(number, per_edge=False), edges, None)
    assert number.multiply(total, np.int64(slope)) == oracle.delta_at_full_width(edges, slope)


def accumulated(model: Backprop, edges: list[tuple[int, int]], slope: int | None) -> np.int64:
    """The delta of one left neuron, edge by edge."""
    total = np.int64(0)
    for weight, delta in edges:
        derivative = None if slope is None else np.int64(slope)
        contribution = model.contribution(np.int64(weight), np.int64(delta), derivative)
        total = model.accumulate(total, contribution)
    return total


@given(formats(), st.integers(1, 70))
def test_no_sum_at_full_width_leaves_its_word(number, d_out):
    limit = 1 << (sum_width(number, d_out, per_edge=False) - 1)
    lowest, highest = np.int64(number.minimum), np.int64(number.maximum)
    assert d_out * number.multiply_wide(lowest, lowest) < limit
    assert d_out * number.multiply_wide(lowest, highest) >= -limit


def test_the_profiles_differ_where_rounding_does():
    """Two products of half a unit: rounded each by edge, kept together at full width."""
    number = FixedPoint(2, 7)
    edges, slope = [(1, 64), (1, 64)], 64
    assert accumulated(Backprop(number, per_edge=True), edges, slope) == 0
    total = accumulated(Backprop(number, per_edge=False), edges, None)
    assert number.multiply(total, np.int64(slope)) == 1
