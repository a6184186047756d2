"""The memories of a layer: hardware and model agree, and copies are read when they should be."""

from __future__ import annotations

import numpy as np
import pytest
from block_points import LAYERS, schedules

from hwsim.layer import Layer
from hwsim.memory import Clock


def test_rtl_equals_model(run_bench):
    run_bench("bench_layer")


@pytest.mark.parametrize(("name", "index"), LAYERS)
def test_copies_are_read_as_old_as_the_pipeline_needs(name, index):
    """FF reads what the block before wrote, BP and UP what is ``staleness`` blocks older."""
    schedule = schedules()[name]
    part = schedule.junctions[index]
    layer, written = Layer(schedule.design, part, Clock()), {}
    for block in range(12):
        assert written.get(layer.forward_copy, block - 1) == block - 1
        if not schedule.inference:
            oldest = block - 1 - part.staleness
            assert written.get(layer.backward_copy, oldest) == oldest
        written[layer.write_copy] = block
        layer.rotate()
        layer.rotate_back()


def test_points_fold_banks_two_and_four_times():
    folds = {schedules()[name].junctions[index].shape.fold for name, index in LAYERS}
    assert folds == {1, 2, 4}


def test_what_the_left_writes_is_what_the_right_reads_a_block_later():
    schedule = schedules()["folded_new"]
    layer = Layer(schedule.design, schedule.junctions[1], Clock())
    for first in range(0, 14, 4):  # four banks
        neurons = np.arange(first, min(first + 4, 14))
        layer.write_result(layer.access(neurons), neurons * 10, neurons + 1)
        layer.activation.clock.now += 1
    layer.rotate()
    for neurons in ([3, 12], [0, 13], [5, 8]):  # two lanes: one even, one odd
        access = layer.access(np.array(neurons))
        assert layer.activation.read(access, layer.forward_copy).tolist() == [
            10 * neuron for neuron in neurons
        ]
        layer.activation.clock.now += 1
