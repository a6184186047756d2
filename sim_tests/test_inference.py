"""``hwsim.inference`` is the hardware with training off, and both are what plain integers say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from small_designs import make, schedule_of
from small_nets import NETS, random_data, scaled_state, small_net

from hwsim import inference
from hwsim.design import Design
from hwsim.engines import ENGINES, make_engine
from hwsim.inference import confusion, forward, infer
from hwsim.pipeline import Pipeline
from hwsim.schedule import Schedule, make_schedule
from hwsim.state import State


def activate(design: Design, name: str, h: int) -> int:
    """One activation from ARCHITECTURE section 6, with Python's own numbers."""
    one, reach = 1 << design.number.frac_bits, min(8, 1 << design.number.int_bits)
    if name == "relu":
        return 1 if h <= 0 else min(h, one - 1)
    if not -reach * one <= h < reach * one:
        return 1 if h < 0 else one - 1
    step = max(1, 2 * reach * one // 4096)
    x = h // step * step / one
    return min(max(round(one / (1 + math.exp(-x))), 1), one - 1)


def layer_by_layer(design: Design, schedule: Schedule, state: State, image: list[int]):
    """Raw activations of the output layer, neuron by neuron and edge by edge."""
    frac, top = design.number.frac_bits, 1 << (design.number.int_bits + design.number.frac_bits)
    left = [pixel << frac >> 8 for pixel in image]
    for part, weight, bias, name in zip(
        schedule.junctions, state.weights, state.biases, design.activations, strict=True
    ):
        sums = [int(b) for b in bias]
        for edge, source in enumerate(part.interleaver.left.ravel().tolist()):
            product = int(weight[edge]) * left[source]
            rounded = min(max(product // 2**frac, -top), top - 1) + product // 2 ** (frac - 1) % 2
            sums[edge // part.shape.d_in] += min(rounded, top - 1)
        left = [activate(design, name, min(max(h, -top), top - 1)) for h in sums]
    return left


def running_maximum(schedule: Schedule, outputs: list[int]) -> int:
    """Index of the winner: >= from clock to clock, > from index to index within one."""
    clocks = schedule.junctions[-1].finish_clock.tolist()
    best, winner = 0, 0
    for clock in sorted(set(clocks)):
        finishing = [j for j, c in enumerate(clocks) if c == clock]
        local = max(finishing, key=lambda j: (outputs[j], -j))
        if outputs[local] >= best:
            best, winner = outputs[local], local
    return winner


CASES = [
    ({}, 0.7),
    ({"int_bits": 1, "frac_bits": 3}, 1.0),  # coarse: ties and saturation everywhere
    ({"int_bits": 2, "frac_bits": 7, "profile": "prototype"}, 3.0),
    ({"int_bits": 4, "frac_bits": 12}, 2.0),  # a table that leaves out low bits of x
]


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize(("keys", "spread"), CASES)
def test_equals_plain_integers_and_the_pipeline(name, keys, spread):
    relu = ["relu"] * (len(NETS[name][0]) - 2) + ["sigmoid"]
    for activations in ("sigmoid", relu):
        design = small_net(name, activations=activations, **keys)
        schedule, state = make_schedule(design), scaled_state(design, spread)
        data = random_data(design, 12)
        tallies = {}
        got = infer(design, schedule, state, data.xtr, tallies)
        outputs = forward(design, schedule, state, data.xtr)[-1]
        for image, output, winner in zip(data.xtr.tolist(), outputs, got, strict=True):
            wanted = layer_by_layer(design, schedule, state, image)
            assert output.tolist() == wanted
            assert winner == running_maximum(schedule, wanted)
        pipeline = Pipeline(design, schedule, state)
        made = pipeline.run(data.xtr, data.ytr, train=False)
        np.testing.assert_array_equal(got, made)
        for key, tally in tallies.items():
            assert tally == pipeline.tallies[key]
        after = pipeline.state()
        for old, new in zip(
            state.weights + state.biases, after.weights + after.biases, strict=True
        ):
            np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("z", [1, 2, 4, 8])
def test_ties_go_to_the_later_clock_and_within_a_clock_to_the_lower_index(z):
    """Weights of zero make all outputs equal; d_in is 2, so z = 4 and 8 finish 2 and 4 at once."""
    design = make([8, 8], [2], [z])
    schedule, data = make_schedule(design), random_data(design, 1)
    nothing = State([np.zeros(16, np.int64)], [np.zeros(8, np.int64)])
    winner = 8 - max(1, z // 2)
    assert infer(design, schedule, nothing, data.xtr).tolist() == [winner]
    assert Pipeline(design, schedule, nothing).run(data.xtr, data.ytr, train=False) == [winner]


def test_a_clashing_pattern_moves_the_clock_in_which_an_output_finishes():
    """Neuron 2 waits for its second edge: of equals it now comes after neuron 3, and wins."""
    left = np.array([[0, 1, 2, 3], [0, 4, 5, 6]])  # z = 4: 0 and 4 lie in bank 0
    design = make([8, 4], [1], [4])
    schedule, data = schedule_of(design, left), random_data(design, 1)
    nothing = State([np.zeros(8, np.int64)], [np.zeros(4, np.int64)])
    assert schedule.junctions[0].finish_clock.tolist() == [0, 0, 2, 1]
    assert infer(design, schedule, nothing, data.xtr).tolist() == [2]
    assert Pipeline(design, schedule, nothing).run(data.xtr, data.ytr, train=False) == [2]


def test_a_clashing_pattern_lets_another_output_finish_first():
    """Neuron 0 comes a clock after neuron 1, which still counts."""
    left = np.array([[0, 4, 1, 2], [3, 5, 6, 7]])
    design = make([8, 4], [1], [4])
    schedule, data = schedule_of(design, left), random_data(design, 3)
    state = State([np.zeros(8, np.int64)], [np.array([0, 500, 0, 0])])
    assert schedule.junctions[0].finish_clock.tolist() == [1, 0, 2, 3]
    assert infer(design, schedule, state, data.xtr).tolist() == [1, 1, 1]
    for engine in ENGINES:
        found = make_engine(engine, design, schedule, state).run(data.xtr, data.ytr, train=False)
        assert np.array_equal(found, [1, 1, 1])


def test_chunks_change_nothing(monkeypatch):
    design = small_net("folded banks", int_bits=1)
    schedule, state = make_schedule(design), scaled_state(design, 1.0)
    data = random_data(design, 50)
    whole, parts, steps = {}, {}, []
    one = infer(design, schedule, state, data.xtr, whole)
    monkeypatch.setattr(inference, "CHUNK_PRODUCTS", 7 * 84)
    many = infer(design, schedule, state, data.xtr, parts, steps.append)
    np.testing.assert_array_equal(one, many)
    assert whole == parts and any(tally.saturated for tally in whole.values())
    assert steps == [7] * 7 + [1]


def test_confusion_counts_labels_by_row_and_predictions_by_column():
    table = confusion(np.array([0, 0, 2, 2, 2]), np.array([0, 1, 2, 2, 0]), 4)
    assert table.tolist() == [[1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]]
