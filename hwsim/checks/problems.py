"""Finds what is wrong with an interleaver: clashes, hazards, doubled edges, wrong degrees.

Each kind is found in all of a junction at once, in arrays, and only the first ``SHOWN`` problems
become objects. Definitions: arXiv:1711.06935 (clash), arXiv:1806.01087 section III (delta memory).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hwsim.design import JunctionShape
from hwsim.interleaver import Index
from hwsim.schedule import JunctionSchedule

Kind = Literal["clash", "hazard", "doubled_edge", "degree"]
KINDS: tuple[Kind, ...] = ("clash", "hazard", "doubled_edge", "degree")

SHOWN = 100
"""Most problems of one kind and junction that are spelled out."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; what is meaningless for its kind is None.

    Args:
        kind: what sort of problem.
        junction: from 1.
        clock: pattern clock, from 0 within the junction cycle.
        lanes: the lanes concerned.
        bank: the left bank.
        word: the word in that bank.
        detail: one line that names the neurons, the numbers and, where there is one, the fix.
    """

    kind: Kind
    junction: int
    clock: int | None
    lanes: tuple[int, ...] | None
    bank: int | None
    word: int | None
    detail: str

    @property
    def place(self) -> str:
        """Where it is, as in "junction 2, clock 4, lane 3, bank 3, word 0"."""
        parts = [f"junction {self.junction}"]
        if self.clock is not None:
            parts.append(f"clock {self.clock}")
        if self.lanes is not None:
            parts.append(f"{'lane' if len(self.lanes) == 1 else 'lanes'} {_listed(self.lanes)}")
        named = {"bank": self.bank, "word": self.word}
        parts += [f"{name} {value}" for name, value in named.items() if value is not None]
        return ", ".join(parts)


@dataclass(frozen=True)
class Found:
    """All problems of one kind in one junction: their number, and the first of them."""

    count: int
    problems: tuple[Problem, ...]


def _found(places: Index, describe: Callable[[int], Problem]) -> Found:
    return Found(len(places), tuple(describe(int(place)) for place in places[:SHOWN]))


def find_problems(junction: JunctionSchedule, safe_distance: int) -> dict[Kind, Found]:
    """Everything that is wrong with one junction, by kind; see ``find_hazards``."""
    return {
        "clash": find_clashes(junction),
        "hazard": find_hazards(junction, safe_distance),
        "doubled_edge": find_doubled_edges(junction),
        "degree": find_wrong_degrees(junction),
    }


def find_clashes(junction: JunctionSchedule) -> Found:
    """One problem per clock and bank that more than one lane reads."""
    shape, left, bank = junction.shape, junction.interleaver.left, junction.interleaver.bank
    key = np.arange(shape.junction_cycle)[:, None] * shape.z + bank
    load = np.bincount(key.ravel(), minlength=shape.n_edges)

    def describe(place: int) -> Problem:
        clock, clashing = divmod(place, shape.z)
        lanes = np.flatnonzero(bank[clock] == clashing)
        words = (left[clock, lanes] // shape.z).tolist()
        detail = (
            f"{len(lanes)} lanes want bank {clashing} in one clock, words {_listed(words)}; "
            f"stalls: {len(lanes) - 1}"
        )
        word = words[0] if len(set(words)) == 1 else None
        return Problem("clash", shape.index, clock, tuple(lanes.tolist()), clashing, word, detail)

    return _found(np.flatnonzero(load > 1), describe)


def find_hazards(junction: JunctionSchedule, safe_distance: int) -> Found:
    """One problem per partial delta that is read before the write it builds on has landed.

    Args:
        junction: any; junction 1 has no left deltas and so no hazards.
        safe_distance: fewest clocks between two reads of one word, ``Schedule.safe_distance``.
    """
    if junction.shape.index == 1:
        return Found(0, ())
    left, clock = junction.interleaver.left.ravel(), junction.edge_clock.ravel()
    order = np.argsort(left, kind="stable")  # edges of a neuron stay in the order of their clocks
    distance = np.diff(clock[order])
    is_close = (np.diff(left[order]) == 0) & (distance < safe_distance)
    first, second, distance = order[:-1][is_close], order[1:][is_close], distance[is_close]
    by_time = np.argsort(second)
    first, second, distance = first[by_time], second[by_time], distance[by_time]
    fix = _hazard_fix(junction, safe_distance, int(distance.min())) if len(distance) else ""

    def describe(place: int) -> Problem:
        shape, edge = junction.shape, int(second[place])
        detail = (
            f"the partial delta of left neuron {left[edge]} is read {distance[place]} clocks after "
            f"its read in clock {first[place] // shape.z}, and is safe after {safe_distance}; "
            f"fix: {fix}"
        )
        return _at_edge("hazard", junction, edge, (edge % shape.z,), detail)

    return _found(np.arange(len(second)), describe)


def _hazard_fix(junction: JunctionSchedule, needed: int, shortest: int) -> str:
    fixes = ["forwarding = true"]
    if shortest >= 2:
        fixes.append(f"registers <= {shortest - 2}")
    if junction.shape.depth < needed:
        fixes.append(f"a depth of {needed} or more instead of {junction.shape.depth} (a smaller z)")
    else:
        fixes.append("a pattern of type 2 or 3 in place of this one")
    return f"{', '.join(fixes[:-1])}, or {fixes[-1]}"


def find_doubled_edges(junction: JunctionSchedule) -> Found:
    """One problem per edge whose two neurons an earlier edge has already joined."""
    shape, left = junction.shape, junction.interleaver.left.ravel()
    pair = np.arange(shape.n_edges) // shape.d_in * shape.n_left + left
    order = np.argsort(pair, kind="stable")
    is_double = np.diff(pair[order]) == 0
    earlier = dict(zip(order[1:][is_double].tolist(), order[:-1][is_double].tolist(), strict=True))

    def describe(edge: int) -> Problem:
        before = earlier[edge]
        detail = (
            f"left neuron {left[edge]} feeds right neuron {edge // shape.d_in} more than once: "
            f"edges {before} (clock {before // shape.z}) and {edge}"
        )
        if shape.n_left % shape.d_in:
            detail += f"; {_doubling_fix(shape)}"
        lanes = (before % shape.z, edge % shape.z)
        return _at_edge("doubled_edge", junction, edge, lanes, detail)

    return _found(np.array(sorted(earlier), dtype=np.int64), describe)


def _doubling_fix(shape: JunctionShape) -> str:
    """Out-degrees whose in-degree divides the left layer: they exclude doubled edges."""
    fits = [
        d_out
        for d_out in range(1, shape.n_right + 1)
        if shape.n_left * d_out % shape.n_right == 0
        and shape.n_left % (shape.n_left * d_out // shape.n_right) == 0
    ]
    near = sorted(sorted(fits, key=lambda d_out: abs(d_out - shape.d_out))[:3])
    rule = f"an in-degree that divides {shape.n_left}, not {shape.d_in}, excludes it"
    if not near:
        return f"{rule}, and none does here; fix: another seed or type"
    return f"{rule}; fix: out-degree {' or '.join(map(str, near))}, or another seed or type"


def find_wrong_degrees(junction: JunctionSchedule) -> Found:
    """One problem per left neuron that has more or fewer than d_out edges."""
    shape = junction.shape
    degree = np.bincount(junction.interleaver.left.ravel(), minlength=shape.n_left)

    def describe(neuron: int) -> Problem:
        detail = f"left neuron {neuron} has {degree[neuron]} edges, not {shape.d_out}"
        word, bank = divmod(neuron, shape.z)
        return Problem("degree", shape.index, None, None, bank, word, detail)

    return _found(np.flatnonzero(degree != shape.d_out), describe)


def _at_edge(
    kind: Kind, junction: JunctionSchedule, edge: int, lanes: tuple[int, ...], detail: str
) -> Problem:
    z = junction.shape.z
    word, bank = divmod(int(junction.interleaver.left.flat[edge]), z)
    return Problem(kind, junction.shape.index, edge // z, lanes, bank, word, detail)


def _listed(values: Sequence[int], most: int = 8) -> str:
    shown = ", ".join(str(value) for value in values[:most])
    return shown if len(values) <= most else f"{shown}, .."
