"""Finds what is wrong with an interleaver: clashes, hazards, doubled edges, wrong degrees.

Each kind is found in all of a junction at once, in arrays, and only the first ``SHOWN`` problems
become objects. Definitions: arXiv:1711.06935 (clash), arXiv:1806.01087 section III (delta memory).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hwsim.checks.fixes import doubling_fix, hazard_fix
from hwsim.interleaver import Index, Interleaver
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


def find_problems(junction: JunctionSchedule) -> dict[Kind, Found]:
    """Everything that is wrong with one junction, by kind."""
    return {
        "clash": find_clashes(junction),
        "hazard": find_hazards(junction),
        "doubled_edge": find_doubled_edges(junction),
        "degree": find_wrong_degrees(junction),
    }


def find_clashes(junction: JunctionSchedule) -> Found:
    """One problem per clock and bank that more than one lane reads."""
    if junction.interleaver.clash_free:
        return Found(0, ())
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


def find_hazards(junction: JunctionSchedule) -> Found:
    """One problem per partial delta that is read before the write it builds on has landed.

    Args:
        junction: any; junction 1 has no left deltas and so no hazards.
    """
    safe_distance = junction.safe_distance
    if junction.shape.index == 1 or safe_distance <= 1:  # a bank serves one edge per clock
        return Found(0, ())
    left, clock = junction.interleaver.left.ravel(), junction.edge_clock.ravel()
    first, second = _successive(
        junction.interleaver, lambda order: np.diff(clock[order]) < safe_distance
    )
    distance = clock[second] - clock[first]
    fix = hazard_fix(junction, int(distance.min())) if len(distance) else ""

    def describe(place: int) -> Problem:
        shape, edge = junction.shape, int(second[place])
        detail = (
            f"the partial delta of left neuron {left[edge]} is read {distance[place]} clocks after "
            f"its read in clock {first[place] // shape.z}, and is safe after {safe_distance}; "
            f"fix: {fix}"
        )
        return _at_edge("hazard", junction, edge, (edge % shape.z,), detail)

    return _found(np.arange(len(second)), describe)


def find_doubled_edges(junction: JunctionSchedule) -> Found:
    """One problem per edge whose two neurons an earlier edge has already joined."""
    shape, left = junction.shape, junction.interleaver.left.ravel()
    first, second = _successive(
        junction.interleaver, lambda order: np.diff(order // shape.d_in) == 0
    )
    is_excluded = shape.n_left % shape.d_in == 0
    fix = "" if is_excluded or not len(second) else f"; {doubling_fix(shape)}"

    def describe(place: int) -> Problem:
        before, edge = int(first[place]), int(second[place])
        detail = (
            f"left neuron {left[edge]} feeds right neuron {edge // shape.d_in} more than once: "
            f"edges {before} (clock {before // shape.z}) and {edge}{fix}"
        )
        lanes = (before % shape.z, edge % shape.z)
        return _at_edge("doubled_edge", junction, edge, lanes, detail)

    return _found(np.arange(len(second)), describe)


def find_wrong_degrees(junction: JunctionSchedule) -> Found:
    """One problem per left neuron that has more or fewer than d_out edges."""
    shape = junction.shape
    degree = junction.interleaver.degree

    def describe(neuron: int) -> Problem:
        detail = f"left neuron {neuron} has {degree[neuron]} edges, not {shape.d_out}"
        word, bank = divmod(neuron, shape.z)
        return Problem("degree", shape.index, None, None, bank, word, detail)

    return _found(np.flatnonzero(degree != shape.d_out), describe)


def _successive(
    interleaver: Interleaver, is_wrong: Callable[[Index], NDArray[np.bool_]]
) -> tuple[Index, Index]:
    """Edges (first, second) that follow each other at one left neuron, by second edge.

    Args:
        interleaver: the pattern.
        is_wrong: which neighbours in (n_edges,) edges are looked for, as (n_edges - 1,) marks. They
            are few, and so it is asked before their left neurons are looked up.
    """
    left, order = interleaver.left.ravel(), interleaver.by_left
    place = np.flatnonzero(is_wrong(order))
    first, second = order[place], order[place + 1]
    is_same = left[first] == left[second]
    first, second = first[is_same], second[is_same]
    by_time = np.argsort(second)
    return first[by_time], second[by_time]


def _at_edge(
    kind: Kind, junction: JunctionSchedule, edge: int, lanes: tuple[int, ...], detail: str
) -> Problem:
    z = junction.shape.z
    word, bank = divmod(int(junction.interleaver.left.flat[edge]), z)
    return Problem(kind, junction.shape.index, edge // z, lanes, bank, word, detail)


def _listed(values: Sequence[int], most: int = 8) -> str:
    shown = ", ".join(str(value) for value in values[:most])
    return shown if len(values) <= most else f"{shown}, .."
