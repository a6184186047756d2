"""``hwsim.fast``: numbers at their limits, and words and sums that are wide enough for them."""

from __future__ import annotations

import numpy as np
import pytest
from engine_tools import assert_equal_engines, assert_equal_tallies
from small_designs import make, schedule_of
from small_nets import scaled_state, small_net

from hwsim.design import Design
from hwsim.design_file import make_design
from hwsim.fast.memory_map import storage_bits
from hwsim.fixed_point import FixedPoint
from hwsim.schedule import make_schedule
from hwsim.state import State


def test_numbers_and_sums_choose_the_width_of_words():
    def bits(design: Design) -> int:
        return storage_bits(design, make_schedule(design))

    assert bits(small_net("powers of two")) == 16
    assert bits(small_net("powers of two", int_bits=4, frac_bits=11)) == 16
    assert bits(small_net("powers of two", int_bits=4, frac_bits=12)) == 32
    # Sums of deltas, and sums of products, that need more than 32 bits.
    many = make([64, 64], [16], [64])
    assert bits(make_wide(many, int_bits=12, frac_bits=3, profile="default")) == 32
    assert bits(make_wide(many, int_bits=12, frac_bits=3)) == 16
    wide = make([1 << 17, 2], [2], [1 << 17])
    assert bits(wide) == 16
    assert bits(make_wide(wide, int_bits=1, frac_bits=14)) == 32


@pytest.mark.parametrize("forwarding", [True, False])
def test_a_left_neuron_with_most_of_the_edges_overflows_no_sum(forwarding):
    raw = {
        "format": 1,
        "network": {
            "layers": [8, 64, 32, 16, 4],
            "out_degrees": [8, 8, 8, 4],
            "activations": ["relu", "relu", "relu", "sigmoid"],
        },
        "hardware": {
            "z": [8, 64, 32, 16],
            "forwarding": forwarding,
            "registers": 0 if forwarding else 2,
        },
        "number": {"int_bits": 12, "frac_bits": 3, "profile": "default"},
        "pattern": {"type": 3},
        "training": {"eta_shift": 0},
    }
    design = make_design(raw)
    lefts = [np.arange(shape.n_edges) % shape.n_left for shape in design.shapes]
    lefts[1] %= 4
    lefts = [left.reshape(-1, shape.z) for left, shape in zip(lefts, design.shapes, strict=True)]
    state = State.initial(design)
    for weights, biases in zip(state.weights, state.biases, strict=True):
        weights[:], biases[:] = design.fixed_point.maximum, 0
    assert_equal_engines(schedule_of(design, *lefts), state, 12)


@pytest.mark.parametrize("number", [(8, 3), (10, 3), (10, 5), (6, 8), (7, 8), (5, 9), (3, 8)])
@pytest.mark.parametrize("seed", [1, 2])
def test_deltas_far_beyond_the_limits(number, seed):
    """Profile default: a product is rounded after it is clipped."""
    int_bits, frac_bits = number
    raw = {
        "format": 1,
        "network": {
            "layers": [8, 64, 40, 16, 4],
            "out_degrees": [40, 5, 8, 4],
            "activations": ["relu", "sigmoid", "relu", "sigmoid"],
        },
        "hardware": {"z": [8, 64, 40, 16]},
        "number": {"int_bits": int_bits, "frac_bits": frac_bits, "profile": "default"},
        "pattern": {"type": 1},
    }
    design, rng = make_design(raw), np.random.default_rng(seed)
    state, limits = State.initial(design), design.fixed_point
    for weights, biases in zip(state.weights, state.biases, strict=True):
        weights[:] = rng.integers(limits.minimum, limits.maximum + 1, size=weights.size)
        biases[:] = rng.integers(limits.minimum, limits.maximum + 1, size=biases.size) // 8
    assert_equal_engines(make_schedule(design), state, 20)
    assert_equal_tallies(design, state, 20)


def make_wide(design: Design, **number: object) -> Design:
    return make_design({**design.sections(), "number": {"profile": "prototype", **number}})


@pytest.mark.parametrize("bound", ["minimum", "maximum"])
@pytest.mark.parametrize("int_bits", [2, 7])
def test_activations_of_the_furthest_sums(int_bits, bound):
    """Of a word, the least number has no opposite."""
    design = make([32, 40, 8], [10, 4], [16, 20])
    design = make_wide(design, int_bits=int_bits, frac_bits=8)
    state = State.initial(design)
    for biases in state.biases:
        biases[:] = getattr(design.fixed_point, bound)
    assert_equal_engines(make_schedule(design), state, 20)


@pytest.mark.parametrize("eta_shift", [0, 1, 14, 15])
def test_learning_rates_that_leave_one_bit_of_a_full_word(eta_shift):
    """Steps are rounded: the most negative delta still moves where nothing else does."""
    design = small_net("four junctions", int_bits=4, frac_bits=11, eta_shift=eta_shift)
    assert_equal_engines(make_schedule(design), scaled_state(design, 4.0), 30)


@pytest.mark.parametrize("int_bits, frac_bits", [(1, 6), (3, 8), (1, 14), (2, 20)])
def test_the_most_negative_delta_has_no_opposite(int_bits, frac_bits):
    """With eta = 1 its step is the largest number, as wide as the word or not."""
    keys = {"int_bits": int_bits, "frac_bits": frac_bits, "eta_shift": 0}
    design = small_net("four junctions", activations=["relu"] * 3 + ["sigmoid"], **keys)
    assert_equal_engines(make_schedule(design), scaled_state(design, 2.0**int_bits), 60)


@pytest.mark.parametrize("int_bits, frac_bits", [(1, 3), (2, 4), (1, 14), (4, 11)])
@pytest.mark.parametrize("spread", ["all", "few at the top"])
def test_numbers_that_hardly_leave_the_range_are_clipped(int_bits, frac_bits, spread):
    """ReLU and weights from limit to limit: products and sums stop beside, at and behind it."""
    design = make([32, 48, 40, 4], [12, 10, 4], [16, 24, 40], pattern={"type": 1, "dither": True})
    sections = design.sections()
    sections["number"] = {"int_bits": int_bits, "frac_bits": frac_bits, "profile": "prototype"}
    sections["network"]["activations"] = ["relu", "relu", "sigmoid"]
    design = make_design(sections)
    number, rng = design.fixed_point, np.random.default_rng(1)
    state = State.initial(design)
    for arrays in (state.weights, state.biases):
        for array in arrays:
            array[:] = rng.integers(number.minimum, number.maximum + 1, size=array.size)
            if spread != "all":
                is_top = rng.random(array.size) < 0.02
                array[:] = np.where(is_top, number.maximum, array // 64)
    assert_equal_engines(make_schedule(design), state, 60)
    assert_equal_tallies(design, state, 60)


def test_formats_at_their_limits_multiply_as_the_model_does():
    """Most negative numbers on both sides: the corner that a rounding multiplication can miss."""
    for keys in ({"int_bits": 1, "frac_bits": 6}, {"int_bits": 3, "frac_bits": 12}):
        for profile in ("default", "prototype"):
            design = small_net("four junctions", profile=profile, **keys)
            number = FixedPoint(**keys)
            state = State.initial(design)
            for arrays in (state.weights, state.biases):
                for array in arrays:
                    array[:] = np.where(np.arange(array.size) % 3, number.minimum, number.maximum)
            assert_equal_engines(make_schedule(design), state, 60)
