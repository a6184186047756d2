"""The parameter points at which every block is built and tested: models only, nothing of Amaranth.

``blocks`` makes the hardware of each point, the ``bench_*`` files run it against the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from hwsim.design import Design, JunctionShape
from hwsim.design_file import make_design
from hwsim.fixed_point import FixedPoint
from hwsim.interleaver import Interleaver, draw
from hwsim.registers import Registers
from hwsim.schedule import JunctionSchedule, Schedule, make_schedule
from hwsim.timing import path_latencies

NUMBERS = {
    "q1_3": FixedPoint(1, 3),
    "q2_7": FixedPoint(2, 7),
    "q3_8": FixedPoint(3, 8),
    "q4_12": FixedPoint(4, 12),
}

SHAPES = {
    "depth_3": JunctionShape(1, n_left=12, n_right=6, d_out=3, z=4),
    "depth_7": JunctionShape(1, n_left=35, n_right=35, d_out=3, z=5),
    "z_is_n_left": JunctionShape(1, n_left=10, n_right=5, d_out=2, z=10),
    "one_lane": JunctionShape(1, n_left=6, n_right=4, d_out=2, z=1),
    "d_in_8_z_3": JunctionShape(1, n_left=12, n_right=9, d_out=6, z=3),
    "d_in_divides_z": JunctionShape(1, n_left=8, n_right=8, d_out=2, z=4),
    "d_in_12_z_18": JunctionShape(1, n_left=36, n_right=9, d_out=3, z=18),
}
"""depth_7 has d_in 3 and z 5, depth_3 has d_in 6 and z 4: neither divides the other."""


@dataclass(frozen=True)
class EdgePoint:
    """Where FeedForward, Backprop and Update are tested."""

    number: FixedPoint
    shape: JunctionShape
    registers: Registers
    per_edge: bool


def _at(number: str, shape: str, *, per_edge: bool = False, **registers: int) -> EdgePoint:
    return EdgePoint(NUMBERS[number], SHAPES[shape], Registers(**registers), per_edge)


EDGE_POINTS = {
    "depth_3": _at("q2_7", "depth_3", per_edge=True),
    "depth_7": _at("q1_3", "depth_7"),
    "z_is_n_left": _at("q3_8", "z_is_n_left", product=2),
    "one_lane": _at("q1_3", "one_lane", product=2, per_edge=True),
    "d_in_8_z_3": _at("q2_7", "d_in_8_z_3", product=2, per_edge=True),
    "d_in_divides_z": _at("q3_8", "d_in_divides_z"),
    "multiplier_1": _at("q2_7", "depth_7", multiplier=1, per_edge=True),
    "multiplier_2": _at("q1_3", "d_in_8_z_3", multiplier=2),
    "multiplier_4": _at("q2_7", "one_lane", multiplier=4, product=1, tree=4, per_edge=True),
    "tree_1": _at("q2_7", "depth_3", tree=1),
    "tree_2": _at("q1_3", "d_in_12_z_18", tree=2, per_edge=True),
    "all_stages": _at("q2_7", "d_in_12_z_18", multiplier=3, product=1, tree=3),
    "more_than_levels": _at("q3_8", "depth_7", multiplier=3, tree=7, per_edge=True),
}


@dataclass(frozen=True)
class MultiplierPoint:
    """Where Multiplier is tested; ``more_bits`` are those that left operands have beyond others."""

    number: FixedPoint
    registers: int
    more_bits: int = 0
    wide: bool = False


MULTIPLIERS = {
    "combinational": MultiplierPoint(NUMBERS["q2_7"], 0),
    "raw": MultiplierPoint(NUMBERS["q1_3"], 1, wide=True),
    "dsp": MultiplierPoint(NUMBERS["q4_12"], 2, more_bits=9),
    "rounded": MultiplierPoint(NUMBERS["q3_8"], 3),
    "rounded_wide": MultiplierPoint(NUMBERS["q2_7"], 5, more_bits=4, wide=True),
}

MULTIPLIER_LANES = 3

ACTIVATIONS = {
    "sigmoid_q1_3": ("sigmoid", NUMBERS["q1_3"], 0),
    "sigmoid_q2_7": ("sigmoid", NUMBERS["q2_7"], 1),
    "sigmoid_q4_12": ("sigmoid", NUMBERS["q4_12"], 3),  # steps of 16, and h beyond the table
    "relu_q1_3": ("relu", NUMBERS["q1_3"], 2),
    "relu_q2_7": ("relu", NUMBERS["q2_7"], 0),
}
"""name of the function, format, registers."""

ACTIVATION_SLOTS = 3


@dataclass(frozen=True)
class MemoryPoint:
    """Where BankedMemory is tested."""

    size: int
    banks: int
    transparent: bool = False


MEMORIES = {
    "read_first": MemoryPoint(size=13, banks=3),
    "transparent": MemoryPoint(size=13, banks=3, transparent=True),
    "one_word": MemoryPoint(size=5, banks=5, transparent=True),
    "one_bank": MemoryPoint(size=6, banks=1),
}

MEMORY_BITS = 6


def make(
    layers: list[int], out_degrees: list[int], z: list[int], pattern: Any = None, **sections: Any
) -> Design:
    """A design; ``sections`` hold further keys by section."""
    raw: dict[str, Any] = {
        "format": 1,
        "network": {"layers": layers, "out_degrees": out_degrees},
        "hardware": {"z": z},
        "number": {},
        "pattern": pattern or {},
    }
    for section, keys in sections.items():
        raw[section] |= keys
    return make_design(raw, directory=".")


def alone(pattern: Interleaver, registers: int = 0, *, forwarding: bool = True) -> JunctionSchedule:
    """The schedule of a network's only junction."""
    clocks = np.arange(pattern.shape.junction_cycle)
    (path,) = path_latencies(Registers(product=registers), 1, "default")
    return JunctionSchedule(pattern.shape, pattern, 1, clocks, path, forwarding)


def plain_part(shape: JunctionShape) -> JunctionSchedule:
    """The schedule of a junction whose left side does not matter."""
    left = np.arange(shape.n_edges) % shape.n_left
    return alone(Interleaver(shape, left.reshape(shape.junction_cycle, shape.z)))


def restless_pattern(shape: JunctionShape, seed: int = 1) -> Interleaver:
    """Clash-free, but lanes change banks every clock and words come in no sweeps."""
    rng = np.random.default_rng(seed)
    words = np.repeat(np.arange(shape.depth), shape.d_out)[:, None].repeat(shape.z, axis=1)
    words = rng.permuted(words, axis=0)  # by bank
    banks = rng.permuted(np.tile(np.arange(shape.z), (shape.junction_cycle, 1)), axis=1)
    return Interleaver(shape, np.take_along_axis(words, banks, axis=1) * shape.z + banks)


@cache
def interleavers() -> dict[str, JunctionSchedule]:
    """The patterns at which Interleaver is tested."""

    def drawn(shape: JunctionShape, **pattern: Any) -> JunctionSchedule:
        design = make([shape.n_left, shape.n_right], [shape.d_out], [shape.z], pattern)
        return alone(draw(design, 1))

    file = restless_pattern(SHAPES["depth_3"])
    return {
        "type_1": drawn(SHAPES["depth_3"], type=1),
        "type_1_dither": drawn(SHAPES["d_in_8_z_3"], type=1, dither=True),
        "type_2": drawn(SHAPES["depth_7"], type=2),
        "type_2_dither": drawn(SHAPES["depth_7"], type=2, dither=True),
        "type_3": drawn(SHAPES["depth_3"], type=3),
        "type_3_dither": drawn(SHAPES["depth_7"], type=3, dither=True),
        "depth_1_dither": drawn(SHAPES["z_is_n_left"], type=1, dither=True),
        "one_lane": drawn(SHAPES["one_lane"], type=1),
        "file": alone(file),
        "file_with_hazards": alone(file, 2, forwarding=False),
    }


@cache
def schedules() -> dict[str, Schedule]:
    """The designs at which Layer, Cost and Sequencer are tested."""
    between = ([12, 12, 6], [2, 3], [4, 4])
    folded = ([21, 14, 7], [4, 3], [21, 2])
    fold_4 = ([10, 5, 4], [2, 4], [10, 1])
    small, middle = {"int_bits": 1, "frac_bits": 3}, {"int_bits": 2, "frac_bits": 7}
    old, new = {"profile": "prototype"}, {"profile": "default"}
    hazard, late = {"forwarding": False}, {"registers": 2}
    quadratic, skewed = {"cost": "quadratic"}, {"scheme": "zero-bubble"}
    three = ([12, 12, 12, 12], [4, 4, 4], [4, 4, 4])
    designs = {
        "between_old": make(*between, number=middle | old, hardware=hazard),
        "between_new": make(*between, number=middle | new, hardware=late),
        "folded_old": make(*folded, number=small | old, network=quadratic),
        "folded_new": make(*folded, number=small | new, hardware=hazard | late),
        "fold_4_new": make(*fold_4, number=small | new),
        "depth_7": make([35, 35], [3], [5], number=middle),
        "z_is_n_left": make([10, 5], [2], [10], network=quadratic),
        "one_lane": make([6, 4], [2], [1], number=small, network=quadratic),
        "one_beat": make([10, 5], [1], [10]),
        "beat_every_clock": make([6, 3], [1], [1], hardware=late),
        "skewed_old": make(*three, number=small | old, hardware=skewed | late, network=quadratic),
        "skewed_new": make(*three, number=middle | new, hardware=skewed),
        "skewed_spans": make([18, 12, 10, 6], [4, 5, 3], [6, 4, 5], hardware=skewed),
        "four_junctions": make([18, 12, 10, 6, 3], [4, 5, 3, 2], [6, 4, 5, 3], hardware=late),
    }
    made = {name: make_schedule(design) for name, design in designs.items()}
    return made | {"inference": make_schedule(designs["between_old"], inference=True)}


LAYERS = [("between_old", 0), ("inference", 1)]
LAYERS += [(name, 1) for name in ("between_old", "between_new", "folded_old", "folded_new")]
LAYERS += [("fold_4_new", 1), ("skewed_old", 0), ("skewed_old", 1), ("skewed_new", 2)]
"""Name of the schedule, layer."""

COSTS = ["between_old", "folded_old", "depth_7", "z_is_n_left", "one_lane", "inference"]
COSTS += ["skewed_old", "skewed_new"]

SEQUENCERS = ["between_old", "one_beat", "beat_every_clock", "four_junctions", "inference"]
SEQUENCERS += ["skewed_old", "skewed_spans"]
