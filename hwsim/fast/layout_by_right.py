"""Slots by right neuron: the layout for junctions whose banks have few words.

The lanes of a clock fall into groups of ``rows`` neighbours that always share a right neuron; one
group in one clock is a *segment*. Segments of a group lie side by side in the order of clocks, so a
vector holds neighbouring segments, sums over the lanes of a group need no step across a vector, and
what a lane reads in a sweep lies together, as in the hardware's own memories. Weights lie *tile* by
tile: all rows of the first ``LANES`` segments, then all rows of the next. What is sent back lies
row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np

from hwsim.design import JunctionShape
from hwsim.fast.layout import (
    DIRECT,
    Layout,
    loses_sums,
    places_by_bank,
    whole_vectors,
)
from hwsim.fast.llvm import LANES, OCTET
from hwsim.fast.look_ups import control_word
from hwsim.interleaver import Index
from hwsim.schedule import JunctionSchedule

MOST_ROWS = 4096
"""Rows whose products fit into a segment's sum."""

SEGMENT_COST = 6
"""What a segment costs beside its slots, in slots."""

FEWEST_TERMS = 8
"""Products in a word below which sums, that grow row by row, cost more than in the other layout."""

FEWEST_ROWS = 8
"""Rows below which segments, few edges each, cost more than the other layout."""


@dataclass(frozen=True)
class Segments:
    """The places of a junction's edges."""

    shape: JunctionShape
    rows: int

    @classmethod
    def of(cls, shape: JunctionShape) -> Segments:
        """The rows that cost least: long ones waste no vectors, few segments little else."""
        common = gcd(shape.z, shape.d_in)
        fits = [cls(shape, n) for n in range(1, min(common, MOST_ROWS) + 1) if common % n == 0]
        return min(fits, key=lambda s: s.size + SEGMENT_COST * s.segments)

    @property
    def groups(self) -> int:
        return self.shape.z // self.rows

    @property
    def segments(self) -> int:
        return self.shape.n_edges // self.rows

    @property
    def stride(self) -> int:
        """Slots of a row."""
        return whole_vectors(self.segments)

    @property
    def size(self) -> int:
        return self.rows * self.stride

    @property
    def of_edge(self) -> Index:
        """(n_edges,) slot of each edge, tile by tile."""
        edge = np.arange(self.shape.n_edges)
        clock, lane = np.divmod(edge, self.shape.z)
        group, row = np.divmod(lane, self.rows)
        tile, column = np.divmod(group * self.shape.junction_cycle + clock, LANES)
        return (tile * self.rows + row) * LANES + column

    def of_lane(self, lane: Index) -> Index:
        """Slot of these lanes in clock 0, row by row; the other clocks follow."""
        group, row = np.divmod(lane, self.rows)
        return row * self.stride + group * self.shape.junction_cycle

    @property
    def lanes(self) -> Index:
        """(rows, groups) lane of each row of each group."""
        return np.arange(self.shape.z).reshape(self.groups, self.rows).T

    @property
    def per_neuron(self) -> int:
        return self.shape.d_in // self.rows

    @property
    def right_order(self) -> Index:
        """(n_right,) right neurons in the order in which the engine has them.

        That of the segments, where a segment is a whole neuron; else their own.
        """
        own = np.arange(self.shape.n_right)
        return np.argsort(self.of_part) if self.per_neuron == 1 else own

    @property
    def right(self) -> Index:
        """(segments,) right neuron of each segment."""
        group, clock = np.divmod(np.arange(self.segments), self.shape.junction_cycle)
        return (clock * self.shape.z + group * self.rows) // self.shape.d_in

    @property
    def of_part(self) -> Index:
        """(segments,) segments in the order of right neurons and, within one, of time."""
        part = np.arange(self.segments)
        return part % self.groups * self.shape.junction_cycle + part // self.groups


def is_cheap(part: JunctionSchedule, terms: int) -> bool:
    """Whether this layout is possible here, and the cheaper one (measured on many shapes).

    ``terms`` products can be summed in a word.
    """
    shape, segments = part.shape, Segments.of(part.shape)
    if terms < FEWEST_TERMS:
        return False
    if shape.depth > OCTET or segments.rows < FEWEST_ROWS or shape.junction_cycle % LANES:
        # Vectors would straddle lanes.
        return False
    if shape.index > 1 and not _collects_cheaply(segments):
        return False
    interleaver = part.interleaver
    is_fixed = interleaver.clash_free and (interleaver.bank == interleaver.bank[0]).all()
    return bool(is_fixed) and (shape.index == 1 or (_sweeps(part) and not loses_sums(part)))


def _collects_cheaply(segments: Segments) -> bool:
    """Whether lanes fill their vectors, octets hold whole sweeps, and segments whole neurons."""
    shape = segments.shape
    is_full = 4 * whole_vectors(shape.z) <= 5 * shape.z
    fits = shape.depth > 1 and OCTET % shape.depth == 0
    return is_full and fits and segments.per_neuron == 1


def _sweeps(part: JunctionSchedule) -> bool:
    """Whether every sweep reads every left neuron once."""
    by_sweep = part.interleaver.left.reshape(part.shape.d_out, part.shape.n_left)
    return bool((np.sort(by_sweep, axis=1) == np.arange(part.shape.n_left)).all())


def by_right(part: JunctionSchedule) -> Layout:
    """The layout of a junction that ``is_cheap``."""
    shape, segments, neuron = part.shape, Segments.of(part.shape), np.arange(part.shape.n_left)
    width = whole_vectors(shape.z)
    return Layout(
        kind=DIRECT,
        slots=segments,
        right_order=segments.right_order,
        place=places_by_bank(shape),
        # Banks are loaded an octet at a time; the last one's must not reach into the next copy.
        left_size=whole_vectors(shape.n_left + -shape.depth % OCTET),
        delta_place=neuron // shape.z * width + neuron % shape.z,
        delta_size=0 if shape.index == 1 else shape.depth * width,
        sizes={
            "rows": segments.rows,
            "segments": segments.segments,
            "stride": segments.stride,
            "segments_per_neuron": segments.per_neuron,
            "delta_stride": width,
        },
        tables=_banks(part, segments)
        | ({} if shape.index == 1 else _collecting(part, segments))
        | {"segment": segments.of_part, "right": segments.right},
    )


def _banks(part: JunctionSchedule, segments: Segments) -> dict[str, Index]:
    """Where the banks of each row of each group begin, and which of its words each slot reads."""
    shape = part.shape
    bank = part.interleaver.bank[0][segments.lanes] * shape.depth
    word = control_word(part.interleaver.word)[:, segments.lanes].transpose(1, 2, 0)
    tiles = word.reshape(segments.rows, -1, LANES).transpose(1, 0, 2)
    by_vector = np.repeat(bank, shape.junction_cycle // LANES, axis=1)
    return {"source": by_vector.T.ravel(), "word": tiles.ravel()}


def _collecting(part: JunctionSchedule, segments: Segments) -> dict[str, Index]:
    """First slot of the lane that each bank serves; which slot of an octet is the next word's."""
    shape, interleaver = part.shape, part.interleaver
    width = whole_vectors(shape.z)
    run = np.zeros(width, dtype=np.int64)
    run[: shape.z] = segments.of_lane(interleaver.bank_lane[0])
    by_sweep = interleaver.bank_word.reshape(shape.d_out, shape.depth, shape.z)
    sweeps_before = np.arange(shape.d_out) % (OCTET // shape.depth)
    clock_of_word = np.argsort(by_sweep, axis=1) + sweeps_before[:, None, None] * shape.depth
    order = np.zeros((width, shape.junction_cycle), dtype=np.int64)
    order[: shape.z] = control_word(clock_of_word.transpose(2, 0, 1)).reshape(shape.z, -1)
    return {"run": run, "order": order.ravel()}
