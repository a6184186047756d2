"""Where the fast engine puts what: the slots of a junction, its memories and its pattern.

A *slot* is the place of one edge. The lanes of a clock fall into groups of ``rows`` neighbours that
always share a right neuron; one group in one clock is a *segment*. Slot (row, segment) lies at
``row * stride + segment``, segments of a group in the order of clocks: so a vector holds slots of
neighbouring segments, sums over the lanes of a group need no step across a vector, and what a lane
reads in a sweep lies side by side, as in the hardware's own memories. Weights lie *tile* by tile:
all rows of the first ``LANES`` segments, then all rows of the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd

import numpy as np
from numpy.typing import NDArray

from hwsim.design import JunctionShape
from hwsim.fast.fetch import DIRECT, GATHERED, LOOKED_UP, ROTATED
from hwsim.fast.vectors import LANES, OCTET, control_word
from hwsim.interleaver import Index, Interleaver
from hwsim.schedule import JunctionSchedule

CHAINED, NOT_COLLECTED = GATHERED + 1, GATHERED + 2
"""Collecting that follows the partial sums one by one; and none, in junction 1."""

SHORTEST_RUN = 4
"""Words of a bank from which on it is cheaper to copy runs than words."""

DEEPEST_LOOK_UP = 64
"""Words of a bank up to which it is cheaper to look them up than to gather them."""

MOST_ROWS = 4096
"""Rows whose products fit into a segment's sum."""

SEGMENT_COST = 6
"""What a segment costs beside its slots, in slots."""


def whole_vectors(size: int) -> int:
    """``size`` rounded up to whole vectors."""
    return -(-size // LANES) * LANES


@dataclass(frozen=True)
class Slots:
    """The places of a junction's edges."""

    shape: JunctionShape
    rows: int

    @classmethod
    def of(cls, shape: JunctionShape) -> Slots:
        """The rows that cost least: long ones waste no vectors, few segments little else."""
        common = gcd(shape.z, shape.d_in)
        fits = [Slots(shape, n) for n in range(1, min(common, MOST_ROWS) + 1) if common % n == 0]
        return min(fits, key=lambda s: s.rows * s.stride + SEGMENT_COST * s.segments)

    @property
    def groups(self) -> int:
        return self.shape.z // self.rows

    @property
    def segments(self) -> int:
        return self.shape.n_edges // self.rows

    @property
    def stride(self) -> int:
        return whole_vectors(self.segments)

    @property
    def size(self) -> int:
        return self.rows * self.stride

    def in_rows(self, of_edges: NDArray) -> NDArray:
        """(n_edges,) values in edge order as (rows, stride), zero where no edge is."""
        by_clock = of_edges.reshape(self.shape.junction_cycle, self.groups, self.rows)
        arranged = np.zeros((self.rows, self.stride), dtype=of_edges.dtype)
        by_row = by_clock.transpose(2, 1, 0)
        arranged[:, : self.segments] = by_row.reshape(self.rows, self.segments)
        return arranged

    def in_tiles(self, of_edges: NDArray) -> NDArray:
        """(n_edges,) values in edge order as (tiles, rows, LANES): ``in_rows``, cut in columns."""
        rows = self.in_rows(of_edges).reshape(self.rows, -1, LANES)
        return rows.transpose(1, 0, 2)

    def edges(self, tiles: NDArray) -> NDArray:
        """Undo ``in_tiles``."""
        rows = tiles.reshape(-1, self.rows, LANES).transpose(1, 0, 2)
        used = rows.reshape(self.rows, self.stride)[:, : self.segments]
        by_row = used.reshape(self.rows, self.groups, self.shape.junction_cycle)
        return by_row.transpose(2, 1, 0).reshape(-1)

    @property
    def of_edge(self) -> Index:
        """(n_edges,) slot of each edge."""
        edge = np.arange(self.shape.n_edges)
        clock, lane = edge // self.shape.z, edge % self.shape.z
        return self.of_lane(lane) + clock

    def of_lane(self, lane: Index) -> Index:
        """Slot of these lanes in clock 0."""
        group, row = lane // self.rows, lane % self.rows
        return row * self.stride + group * self.shape.junction_cycle

    @property
    def lanes(self) -> Index:
        """(rows, groups) lane of each row of each group."""
        return np.arange(self.shape.z).reshape(self.groups, self.rows).T

    @property
    def segments_per_neuron(self) -> int:
        return self.shape.d_in // self.rows

    @property
    def right_order(self) -> Index:
        """(n_right,) right neurons in the order in which the engine has them.

        That of the segments, where a segment is a whole neuron; else their own.
        """
        own = np.arange(self.shape.n_right)
        return np.argsort(self.segment_of_part) if self.segments_per_neuron == 1 else own

    @property
    def right(self) -> Index:
        """(segments,) right neuron of each segment."""
        segment = np.arange(self.segments)
        group, clock = np.divmod(segment, self.shape.junction_cycle)
        return (clock * self.shape.z + group * self.rows) // self.shape.d_in

    @property
    def segment_of_part(self) -> Index:
        """(segments,) segments in the order of right neurons and, within one, of time."""
        part = np.arange(self.segments)
        return part % self.groups * self.shape.junction_cycle + part // self.groups


@dataclass(frozen=True, eq=False)
class Pattern:
    """The pattern of one junction as the kernels read it; empty arrays where they do not.

    ``source``, ``word``: see ``fetch``; ``run``, ``phi``, ``order``, ``before``, ``begin``: see
    ``collect``; ``place`` and ``delta_place`` say where left neurons lie.
    """

    fetch: int
    collect: int
    run_length: int
    source: Index
    place: Index
    left_size: int
    bank_stride: int
    word: Index
    run: Index
    phi: Index
    order: Index
    before: Index
    begin: Index
    delta_place: Index
    delta_stride: int
    delta_size: int

    @property
    def places(self) -> Pattern:
        """Without what the kernels hold in arrays of their own."""
        fields = ("source", "word", "run", "phi", "order", "before", "begin")
        return replace(self, **dict.fromkeys(fields, EMPTY))


EMPTY = np.zeros(0, dtype=np.int64)


def detached(part: JunctionSchedule) -> JunctionSchedule:
    """A copy: what is worked out on it goes when it goes, and is not kept in the schedule."""
    return replace(part, interleaver=Interleaver(part.shape, part.interleaver.left))


def make_pattern(part: JunctionSchedule, slots: Slots) -> Pattern:
    """How the kernels fetch and collect for this junction."""
    part = detached(part)
    fetch, collect = _kinds(part)
    nothing = dict.fromkeys(("run", "phi", "order", "before", "begin"), EMPTY)
    nothing |= {"collect": collect, "delta_place": EMPTY, "delta_stride": 0, "delta_size": 0}
    collected = {} if collect == NOT_COLLECTED else _COLLECTED[collect](part, slots)
    return Pattern(**_FETCHED[fetch](part, slots), **(nothing | collected))


def _kinds(part: JunctionSchedule) -> tuple[int, int]:
    """How to fetch, and how to collect: what costs least."""
    interleaver, shape = part.interleaver, part.shape
    collect = GATHERED
    if shape.index == 1:
        collect = NOT_COLLECTED
    elif _loses_sums(part) or not _is_regular(part):
        collect = CHAINED
    is_plain = collect == GATHERED
    if not interleaver.clash_free:
        return GATHERED, collect
    by_sweep = interleaver.bank.reshape(shape.d_out, shape.depth, shape.z)
    if shape.depth <= OCTET and (by_sweep == by_sweep[0, 0]).all():
        is_plain &= _sweeps(part)
        return LOOKED_UP, LOOKED_UP if is_plain else collect
    if not (by_sweep == by_sweep[:, :1]).all() or shape.depth < SHORTEST_RUN:
        return GATHERED, collect
    if interleaver.seed_vectors is not None:
        return ROTATED, ROTATED if is_plain else collect
    return LOOKED_UP if shape.depth <= DEEPEST_LOOK_UP else GATHERED, collect


def _sweeps(part: JunctionSchedule) -> bool:
    """Whether every sweep reads every left neuron once."""
    by_sweep = part.interleaver.left.reshape(part.shape.d_out, part.shape.n_left)
    return bool((np.sort(by_sweep, axis=1) == np.arange(part.shape.n_left)).all())


def _is_regular(part: JunctionSchedule) -> bool:
    """Whether all left neurons have as many edges."""
    degrees = np.bincount(part.interleaver.left.ravel(), minlength=part.shape.n_left)
    return bool((degrees == part.shape.d_out).all())


def _loses_sums(part: JunctionSchedule) -> bool:
    """Whether an edge reads a sum that not all earlier edges of its left neuron are in."""
    left = part.interleaver.left.ravel()
    order = np.argsort(left, kind="stable")
    left, clock = left[order], part.edge_clock.ravel()[order]
    return bool((np.diff(clock)[np.diff(left) == 0] < part.safe_distance).any())


def _rotated(part: JunctionSchedule, slots: Slots) -> dict:
    shape, interleaver = part.shape, part.interleaver
    # Banks are doubled, so that a run of ``depth`` words can begin anywhere in the first half.
    bank_stride = 2 * shape.depth + _room(shape.depth)
    bank = interleaver.bank[:: shape.depth]
    phi = np.take_along_axis(interleaver.seed_vectors, bank, axis=1)
    source = (bank * bank_stride + phi)[:, slots.lanes]
    neuron = np.arange(shape.n_left)
    return {
        "fetch": ROTATED,
        "run_length": shape.depth,
        "source": source.transpose(1, 2, 0).ravel(),
        "place": neuron % shape.z * bank_stride + neuron // shape.z,
        "left_size": shape.z * bank_stride,
        "bank_stride": bank_stride,
        "word": EMPTY,
    }


def _room(depth: int) -> int:
    """Words that octets write too far at the end of a bank."""
    return -depth % OCTET


def _looked_up(part: JunctionSchedule, slots: Slots) -> dict:
    shape, interleaver, neuron = part.shape, part.interleaver, np.arange(part.shape.n_left)
    cycle = shape.junction_cycle
    is_fixed = (interleaver.bank == interleaver.bank[0]).all()
    run_length = cycle if is_fixed else shape.depth
    bank = interleaver.bank[::run_length][:, slots.lanes] * shape.depth
    source = bank.transpose(1, 2, 0)
    word = control_word(interleaver.word.ravel())
    is_direct = shape.depth <= OCTET and run_length == cycle and cycle % LANES == 0
    if is_direct:
        by_vector = np.repeat(source, cycle // LANES, axis=2)
        source = by_vector.reshape(slots.rows, -1).T
    return {
        "fetch": DIRECT if is_direct else LOOKED_UP,
        "run_length": run_length,
        "source": source.ravel(),
        "place": neuron % shape.z * shape.depth + neuron // shape.z,
        # Banks are loaded an octet at a time; the last one's must not reach into the next copy.
        "left_size": shape.n_left + _room(shape.depth),
        "bank_stride": shape.depth,
        "word": (slots.in_tiles(word) if is_direct else slots.in_rows(word)).ravel(),
    }


def _gathered(part: JunctionSchedule, slots: Slots) -> dict:
    return {
        "fetch": GATHERED,
        "run_length": 1,
        "source": slots.in_rows(part.interleaver.left.ravel()).ravel(),
        "place": np.arange(part.shape.n_left),
        "left_size": part.shape.n_left,
        "bank_stride": 0,
        "word": EMPTY,
    }


def _collect_rotated(part: JunctionSchedule, slots: Slots) -> dict:
    shape, interleaver = part.shape, part.interleaver
    lane = interleaver.bank_lane[:: shape.depth]
    run = slots.of_lane(lane) + np.arange(shape.d_out)[:, None] * shape.depth
    stride = whole_vectors(shape.depth)
    neuron = np.arange(shape.n_left)
    return {
        "collect": ROTATED,
        "run": run.T.ravel(),
        "phi": interleaver.seed_vectors.T.ravel(),
        "delta_place": neuron % shape.z * stride + neuron // shape.z,
        "delta_stride": stride,
        "delta_size": shape.z * stride,
    }


def _collect_looked_up(part: JunctionSchedule, slots: Slots) -> dict:
    shape, interleaver = part.shape, part.interleaver
    width = whole_vectors(shape.z)
    run = np.zeros(width, dtype=np.int64)
    run[: shape.z] = slots.of_lane(interleaver.bank_lane[0])
    by_sweep = interleaver.bank_word.reshape(shape.d_out, shape.depth, shape.z)
    clock_of_word = np.argsort(by_sweep, axis=1)
    if OCTET % shape.depth == 0:
        sweeps_before = np.arange(shape.d_out) % (OCTET // shape.depth)
        clock_of_word += sweeps_before[:, None, None] * shape.depth
    order = np.zeros((width, shape.junction_cycle), dtype=np.int64)
    order[: shape.z] = control_word(clock_of_word.transpose(2, 0, 1)).reshape(shape.z, -1)
    neuron = np.arange(shape.n_left)
    return {
        "run": run,
        "order": order.ravel(),
        "delta_place": neuron // shape.z * width + neuron % shape.z,
        "delta_stride": width,
        "delta_size": (shape.depth + 1) // 2 * 2 * width,
    }


def _collect_gathered(part: JunctionSchedule, slots: Slots) -> dict:
    shape = part.shape
    order = np.argsort(part.interleaver.left.ravel(), kind="stable")
    stride = whole_vectors(shape.n_left)
    run = np.zeros((shape.d_out, stride), dtype=np.int64)
    run[:, : shape.n_left] = slots.of_edge[order].reshape(shape.n_left, shape.d_out).T
    return {
        "collect": GATHERED,
        "run": run.ravel(),
        "delta_place": np.arange(shape.n_left),
        "delta_stride": stride,
        "delta_size": stride,
    }


def _chained(part: JunctionSchedule, slots: Slots) -> dict:
    left = part.interleaver.left.ravel()
    order = np.argsort(left, kind="stable")
    degrees = np.bincount(left, minlength=part.shape.n_left)
    return {
        "collect": CHAINED,
        "run": slots.of_edge[order],
        "before": _predecessors(part, left[order], part.edge_clock.ravel()[order]),
        "begin": np.concatenate([[0], np.cumsum(degrees)]),
        "delta_place": np.arange(part.shape.n_left),
        "delta_size": part.shape.n_left,
    }


def _predecessors(part: JunctionSchedule, left: Index, clock: Index) -> Index:
    """How many edges back the last one is whose sum has landed when this one reads; 0 if none."""
    # One ascending key for (neuron, clock): the clocks of a block fit into its span.
    span = int(clock.max()) + part.safe_distance + 2
    key = left * span + clock
    landed = np.searchsorted(key, key - part.safe_distance, side="right") - 1
    starts = np.searchsorted(left, left, side="left")
    found = landed >= starts
    return np.where(found, np.arange(len(left)) - landed, 0)


_FETCHED = {LOOKED_UP: _looked_up, ROTATED: _rotated, GATHERED: _gathered}
_COLLECTED = {
    LOOKED_UP: _collect_looked_up,
    ROTATED: _collect_rotated,
    GATHERED: _collect_gathered,
    CHAINED: _chained,
}
