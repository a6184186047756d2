"""The output layer: hardware and model agree, and the model with the definitions."""

from __future__ import annotations

import numpy as np
import pytest
from arithmetic_oracle import Oracle
from block_points import COSTS, schedules
from hypothesis import given
from hypothesis import strategies as st

from hwsim.cost import Cost
from hwsim.memory import Clock
from hwsim.natural_order import NaturalOrder

TRAINED = [name for name in COSTS if name != "inference"]


def test_rtl_equals_model(run_bench):
    run_bench("bench_cost")


def run_block(model: Cost, order: NaturalOrder, activation: np.ndarray, slope: np.ndarray) -> None:
    """The results of one input, clock by clock."""
    for first, count in zip(order.first, order.finishing, strict=True):
        neurons = np.arange(first, first + count)
        if count:
            model.delta.clock.now += 1
            model.write_result(model.access(neurons), activation[neurons], slope[neurons])


@pytest.mark.parametrize("name", TRAINED)
@given(data=st.data())
def test_delta_and_prediction_equal_the_definitions(name, data):
    schedule = schedules()[name]
    part, number = schedule.junctions[-1], schedule.design.fixed_point
    model, order, oracle = (
        Cost(schedule.design, part, Clock()),
        NaturalOrder(part.shape),
        Oracle.of(number),
    )
    n, top = part.shape.n_right, number.one - 1
    few = st.sampled_from([1, 2, top]) | st.integers(1, top)
    activation, slope = (
        np.array(data.draw(st.lists(few, min_size=n, max_size=n))) for _ in range(2)
    )
    model.label = data.draw(st.integers(0, n - 1))
    run_block(model, order, activation, slope)
    assert model.prediction == last_maximum(activation.tolist(), order)
    for neuron, value in enumerate(model.delta.values[model.write_copy].tolist()):
        target = number.one if neuron == model.label else 0
        delta = oracle.add(int(activation[neuron]), -target)
        if schedule.design.network.cost == "quadratic":
            delta = oracle.multiply(delta, int(slope[neuron]))
        assert value == delta


def last_maximum(activation: list[int], order: NaturalOrder) -> int:
    """Of equals, the lower neuron within a clock and the later clock across clocks."""
    clock_of = np.repeat(np.arange(len(order.finishing)), order.finishing)
    return max(range(len(activation)), key=lambda n: (activation[n], clock_of[n], -n))


def test_ties_by_hand():
    part = schedules()["depth_7"].junctions[-1]  # neuron 0 ends in clock 0, 1 and 2 in clock 1
    model, order = Cost(schedules()["depth_7"].design, part, Clock()), NaturalOrder(part.shape)
    assert order.finishing[:3].tolist() == [1, 2, 2]
    activation = np.ones(35, dtype=np.int64)
    for best, expected in (([0, 1], 1), ([1, 2], 1), ([2, 3], 3), ([0, 34], 34)):
        activation[:] = 1
        activation[best] = 9
        run_block(model, order, activation, activation)
        assert model.prediction == expected
        model.rotate()
