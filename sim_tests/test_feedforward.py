"""Feedforward: hardware and model agree, and the model with exact sums neuron by neuron."""

from __future__ import annotations

import numpy as np
import pytest
from arithmetic_oracle import Oracle
from bench_tools import operands
from block_points import EDGE_POINTS, plain_part

from hwsim.feedforward import FeedForward


def test_rtl_equals_model(run_bench):
    run_bench("bench_feedforward")


@pytest.mark.parametrize("name", EDGE_POINTS)
def test_a_block_equals_exact_sums(name):
    at, rng = EDGE_POINTS[name], np.random.default_rng(5)
    model, shape, oracle = FeedForward(at.number, at.shape.n_right), at.shape, Oracle.of(at.number)
    for _ in range(6):
        weight, activation = (operands(rng, at.number, shape.n_edges) for _ in range(2))
        bias, h = operands(rng, at.number, shape.n_right), {}
        for slot in plain_part(shape).slots.values():
            got = model(slot, weight[slot.edges], activation[slot.edges], bias[slot.finished])
            h |= dict(zip(slot.finished.tolist(), got.tolist(), strict=True))
        for neuron in range(shape.n_right):
            edges = slice(neuron * shape.d_in, (neuron + 1) * shape.d_in)
            args = weight[edges].tolist(), activation[edges].tolist(), int(bias[neuron])
            assert h[neuron] == oracle.feedforward(*args)


def test_the_sum_is_saturated_only_once():
    """A partial sum beyond the range comes back from there, a clock later."""
    at = EDGE_POINTS["depth_3"]
    slots = plain_part(at.shape).slots
    model, top = FeedForward(at.number, at.shape.n_right), at.number.maximum
    one, weight = np.full(4, at.number.one), np.array([top, top, 0, 0])
    assert model(slots[0], weight, one, np.arange(0)).size == 0
    assert model(slots[1], -weight, one, np.array([3])).tolist() == [3]
