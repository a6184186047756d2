"""The whole network: hardware and model agree on every clock, design after design.

Small designs run in Amaranth's own simulator, which needs no build; ``test_accelerator`` runs the
generated Verilog.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from side_by_side import assert_equal_on_every_clock, inputs_of
from small_designs import junction_sizes
from small_nets import NETS, registers, small_net

from hwsim.design import Design, JunctionShape
from hwsim.design_file import make_design
from hwsim.interleaver import Interleaver, draw_all
from hwsim.pipeline import Input
from hwsim.pipeline import Pipeline as Model
from hwsim.registers import Registers
from hwsim.schedule import Schedule, make_schedule
from hwsim.state import State
from hwsim.timing import Latencies
from rtl_gen.pipeline import Pipeline
from rtl_gen.verification.amaranth_bench import AmaranthBench
from rtl_gen.verification.lockstep import Diverged

SMALL = {"int_bits": 2, "frac_bits": 5}


@pytest.mark.parametrize("profile", ["prototype", "default"])
@pytest.mark.parametrize("name", NETS)
def test_shapes(name, profile):
    assert_equal_on_every_clock(small_net(name, profile=profile, **SMALL))


ALL_STAGES = {"network": 2, "multiplier": 3, "product": 1, "tree": 3, "activation": 2,
              "step": 1}  # fmt: skip

VARIANTS: dict[str, dict[str, Any]] = {
    "type 1, dither": {"pattern": {"type": 1, "dither": True}},
    "type 2, dither": {"pattern": {"type": 2, "dither": True}},
    "type 3, dither": {"pattern": {"type": 3, "dither": True}},
    "quadratic": {"cost": "quadratic"},
    "relu": {"activations": ["relu"] * 3 + ["sigmoid"]},
    "hazard": {"pattern": {"type": 1}, "forwarding": False, "registers": 2},
    "registers 3": {"registers": 3},
    "registers 3, prototype": {"registers": 3, "profile": "prototype"},
    **{stage: {"registers": {stage: 1}} for stage in Registers.model_fields},
    "all stages": {"registers": ALL_STAGES, "activations": ["relu"] * 3 + ["sigmoid"]},
    "all stages, prototype, dither": {
        "registers": ALL_STAGES, "profile": "prototype", "pattern": {"type": 1, "dither": True},
    },
    "all stages, hazard": {
        "registers": ALL_STAGES, "pattern": {"type": 1}, "forwarding": False, "cost": "quadratic",
    },
    "all stages, hazard, prototype": {
        "registers": ALL_STAGES, "pattern": {"type": 1}, "forwarding": False,
        "profile": "prototype",
    },
}  # fmt: skip


SLOW = {"multiplier", "product", "tree", "activation"}
"""A register in one stage alone; all of them at once are never left out."""


@pytest.mark.parametrize("variant", [
    pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in VARIANTS
])  # fmt: skip
def test_variants_with_pauses(variant):
    design = small_net("four junctions", **{**SMALL, **VARIANTS[variant]})
    assert_equal_on_every_clock(design, gaps=2)


def test_the_host_reaches_more_banks_than_its_first_multiplexers_have():
    """Nine and eighteen banks of biases, eighteen and thirty-six of weights."""
    sizes = {"layers": [36, 36, 36], "out_degrees": [2, 4]}
    design = make_design({"format": 1, "network": sizes, "hardware": {"z": [18, 36]}})
    assert [shape.right_banks for shape in design.shapes] == [9, 9]
    assert_equal_on_every_clock(design, count=3)


def test_inference_hardware():
    design = small_net("four junctions", **SMALL)
    schedule = make_schedule(design, inference=True)
    still = [Input(x.pixels, replace(x.descriptor, train=False)) for x in inputs_of(design, 6)]
    bench = AmaranthBench(Pipeline(design, schedule), State.initial(design))
    bench.run(still)
    assert len(bench.predictions) == 6
    assert bench.model.sequencer.blocks == schedule.blocks(6) == 6 + 4


def shuffled(shape: JunctionShape, rng: np.random.Generator) -> np.ndarray:
    """A clash-free pattern that is no type.

    Every clock has a permutation of its own; words come in any order over the whole cycle.
    """
    words = np.repeat(np.arange(shape.depth), shape.d_out)
    by_bank = rng.permuted(np.tile(words[:, None], (1, shape.z)), axis=0)
    left = by_bank * shape.z + np.arange(shape.z)
    return rng.permuted(left, axis=1)


@pytest.mark.parametrize("forwarding", [True, False])
def test_patterns_of_others(forwarding):
    unused = {"type": 1}
    design = small_net(
        "four junctions", forwarding=forwarding, registers=1, pattern=unused, **SMALL
    )
    rng = np.random.default_rng(4)
    patterns = tuple(Interleaver(shape, shuffled(shape, rng)) for shape in design.shapes)
    assert all(pattern.clash_free for pattern in patterns)
    assert any(pattern.seed_vectors is None for pattern in patterns)
    assert_equal_on_every_clock(design, schedule=Schedule(design, patterns))


@st.composite
def designs(draw: st.DrawFn) -> Design:
    n_left, n_right, d_out, z = draw(junction_sizes(10))
    layers, degrees, lanes = [n_left, n_right], [d_out], [z]
    if draw(st.booleans()):
        layers.append(draw(st.sampled_from([1, 2, n_right])))
        degrees.append(layers[-1])
        lanes.append(draw(st.sampled_from([k for k in range(1, n_right + 1) if n_right % k == 0])))
    return make_design(
        {
            "format": 1,
            "network": {
                "layers": layers,
                "out_degrees": degrees,
                "cost": draw(st.sampled_from(["cross-entropy", "quadratic"])),
            },
            "hardware": {"z": lanes, "registers": draw(registers(2))},
            "number": {
                "int_bits": draw(st.integers(1, 3)),
                "frac_bits": draw(st.integers(3, 6)),
                "profile": draw(st.sampled_from(["prototype", "default"])),
            },
            "pattern": {
                "type": draw(st.integers(1, 3)),
                "dither": draw(st.booleans()),
                "seed": draw(st.integers(0, 9)),
            },
            "training": {"seed": draw(st.integers(0, 9))},
        }
    )


@settings(max_examples=12)
@given(design=designs(), gaps=st.sampled_from([None, 1]))
def test_random_designs(design, gaps):
    assert_equal_on_every_clock(design, count=5, gaps=gaps)


def test_a_wrong_bit_is_reported_with_its_place():
    """One weight of the hardware differs by one LSB from the model's."""
    design = small_net("four junctions", **SMALL)
    bench = AmaranthBench(Pipeline(design, make_schedule(design)), State.initial(design))
    bench.state.weights[2][7] ^= 1
    with pytest.raises(Diverged) as caught:
        bench.run(inputs_of(design, 8))
    found = caught.value.divergence
    assert (found.junction, found.phase, found.input) == (3, "FF", 0) or found.phase == "UP"
    assert found.expected != found.got
    assert None not in (found.bank, found.word, found.position)


def test_forwarding_computes_the_mathematics_for_every_type():
    """With forwarding registers change nothing but clocks: same weights wherever they are."""
    for kind in (1, 2, 3):
        states = []
        for stages in (0, 4, ALL_STAGES):
            design = small_net("four junctions", pattern={"type": kind}, registers=stages, **SMALL)
            model = Model(design, Schedule(design, draw_all(design)))
            rng = np.random.default_rng(1)
            model.run(rng.integers(256, size=(30, 18)), rng.integers(3, size=30))
            states.append(model.state())
        for of_junction in zip(*(state.weights for state in states), strict=True):
            for weights in of_junction[1:]:
                np.testing.assert_array_equal(weights, of_junction[0])


@pytest.mark.parametrize("forwarding", [True, False])
def test_an_integer_is_the_stage_product_alone(forwarding):
    keys = {"pattern": {"type": 3}, "forwarding": forwarding}
    plain, table = (
        make_schedule(small_net("four junctions", registers=stages, **keys))
        for stages in (2, {"product": 2})
    )
    assert plain.block_cycle == table.block_cycle == plain.junction_cycle + 2 + 2
    for of, same in zip(plain.junctions, table.junctions, strict=True):
        assert of.latencies == same.latencies == Latencies(4, 3, 3)
        assert of.safe_distance == same.safe_distance == (1 if forwarding else 4)
        assert of.partial_latency == same.partial_latency == (2 if forwarding else 0)
        np.testing.assert_array_equal(of.interleaver.left, same.interleaver.left)
