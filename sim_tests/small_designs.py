"""Designs that tests of structure share, and hypothesis strategies that draw more."""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
from hypothesis import strategies as st

from hwsim.design import Design, JunctionShape
from hwsim.design_file import make_design
from hwsim.interleaver import Interleaver
from hwsim.schedule import JunctionSchedule, Schedule

SHAPES: dict[str, tuple[list[int], list[int], list[int]]] = {
    "powers of two": ([64, 16, 8], [2, 4], [16, 8]),
    "depth 3": ([12, 6], [3], [4]),
    "depth 7, d_in 3 not dividing z 5": ([35, 35], [3], [5]),
    "z = n_left": ([10, 5, 4], [2, 4], [10, 5]),
    "one lane": ([6, 4], [2], [1]),
    "one junction": ([9, 6], [4], [3]),
    "four junctions": ([18, 12, 10, 6, 3], [4, 5, 3, 2], [6, 4, 5, 3]),
    "d_in 8 beyond z 3": ([12, 9], [6], [3]),
    "fully connected": ([6, 4], [4], [2]),
    "unequal junction cycles": ([12, 8, 6], [2, 3], [4, 8]),
}
"""layers, out_degrees, z."""


def make(
    layers: list[int],
    out_degrees: list[int],
    z: list[int],
    pattern: dict[str, Any] | list[dict[str, Any]] | None = None,
    directory: object = ".",
    **hardware: Any,
) -> Design:
    """Make a design; ``hardware`` holds further keys of [hardware]."""
    raw = {
        "format": 1,
        "network": {"layers": layers, "out_degrees": out_degrees},
        "hardware": {"z": z, **hardware},
        "pattern": pattern or {},
    }
    return make_design(raw, directory=str(directory))


def schedule_of(design: Design, *lefts: np.ndarray) -> Schedule:
    """Schedule patterns that are given as arrays, one per junction."""
    pairs = zip(design.shapes, lefts, strict=True)
    return Schedule(design, tuple(Interleaver(shape, np.asarray(left)) for shape, left in pairs))


def random_pattern(shape: JunctionShape, rng: np.random.Generator) -> np.ndarray:
    """(junction_cycle, z) left neurons without any order: clashes, doubled edges, wrong degrees."""
    return rng.integers(shape.n_left, size=(shape.junction_cycle, shape.z))


def edges_in_time(junction: JunctionSchedule) -> list[tuple[int, int, int, int]]:
    """(clock in the block, pattern clock, lane, left neuron) of every edge, by brute force."""
    edges = []
    for clock, lefts in enumerate(junction.interleaver.left.tolist()):
        wanted: dict[int, int] = {}
        for lane, left in enumerate(lefts):
            turn = wanted.get(left % junction.shape.z, 0)
            wanted[left % junction.shape.z] = turn + 1
            edges.append((int(junction.issue_clock[clock]) + turn, clock, lane, left))
    return edges


@st.composite
def junction_sizes(draw: st.DrawFn, largest: int = 24) -> tuple[int, int, int, int]:
    """n_left, n_right, d_out, z that obey every rule."""
    z, depth = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    n_left = z * depth
    n_right = draw(st.integers(1, largest))
    step = n_right // gcd(n_left, n_right)
    d_out = step * draw(st.integers(1, n_right // step))
    return n_left, n_right, d_out, z
