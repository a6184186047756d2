"""The schedule: who reads and writes what in which clock. Model, checks and hardware all read it.

One input enters every *block*. Junction j begins FF of an input ``start`` clocks after its block
began, and BP and UP of the same input ``lag`` blocks later. There are two schemes:

- **prototype**, after arXiv:1806.01087 section III-C: all junctions begin with the block, which has
  clocks in which the pipeline fills; start j blocks, lag 2(L - j) + 1.
- **zero-bubble** (``hwsim.timing``): a block is exactly one junction cycle, in every clock of which
  all lanes have work; junctions are skewed against each other by the latency of their data paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwsim.design import Design, JunctionShape
from hwsim.errors import Refused
from hwsim.interleaver import Index, Interleaver, draw_all
from hwsim.memory_bits import memory_bits
from hwsim.pace import Pace, prototype_pace
from hwsim.skew import skewed_paces
from hwsim.timing import FLAG_CLOCKS, SEEN, Latencies, path_latencies


@dataclass(frozen=True)
class Slot:
    """What one junction issues in one clock.

    ``lanes`` are the active lanes; ``edges``, ``left`` and ``right`` give each active lane's edge,
    left neuron and right neuron. ``touched`` are the right neurons of these edges, ascending,
    ``starts`` where each begins among the active lanes, ``finished`` those whose last edge is here.
    ``fresh`` marks the lanes whose left neuron's delta starts from zero. ``is_whole`` says that
    all edges of every neuron touched are here, as they are where z is a multiple of d_in.
    """

    position: int
    lanes: Index
    edges: Index
    left: Index
    right: Index
    touched: Index
    starts: Index
    finished: Index
    fresh: Index
    is_whole: bool

    @cached_property
    def right_of_lane(self) -> Index:
        """Index into ``touched`` for each active lane."""
        return np.searchsorted(self.touched, self.right)

    @cached_property
    def finished_in_touched(self) -> Index:
        """Index into ``touched`` for each finished neuron."""
        return np.searchsorted(self.touched, self.finished)

    @cached_property
    def keeps(self) -> Index:
        """By active lane, what its left neuron's partial sum is multiplied by: 0 where fresh."""
        return (~self.fresh).astype(np.int64)


@dataclass(frozen=True)
class JunctionSchedule:
    """One junction's part of the schedule.

    Ages count blocks since an input was loaded.
    """

    shape: JunctionShape
    interleaver: Interleaver
    n_junctions: int
    issue_clock: Index
    """(junction_cycle,) clock within the block at which a pattern clock starts to be issued."""
    latencies: Latencies
    """Of its data path."""
    forwarding: bool = True
    """Whether a sum of deltas sees writes that have not landed yet."""
    inference: bool = False
    """Whether BP and UP are left out."""
    given_pace: Pace | None = None
    """Scheme "prototype" if not given."""

    @cached_property
    def pace(self) -> Pace:
        return self.given_pace or prototype_pace(self.shape.index, self.n_junctions)

    @cached_property
    def forward_age(self) -> int:
        return self.pace.forward_age

    @cached_property
    def backward_age(self) -> int:
        return self.forward_age + self.pace.lag

    @property
    def staleness(self) -> int:
        """Updates of the most recent inputs that feedforward misses."""
        return self.pace.lag

    @property
    def copies(self) -> dict[str, int]:
        """Copies of the left activation, left derivative and delta memories and output delta."""
        return self.pace.copies(self.shape.index, self.n_junctions, inference=self.inference)

    @property
    def partial_latency(self) -> int:
        """Clocks from the weight read to the read of the left delta's partial sum."""
        return self.latencies.backward - SEEN if self.forwarding else 0

    @property
    def safe_distance(self) -> int:
        """Fewest clocks between two edges of a left neuron that lose no partial sum."""
        return 1 if self.forwarding else self.latencies.backward + SEEN

    def memory_bits(self, design: Design) -> dict[str, int]:
        """Bits of the junction's memories, by kind; see ``hwsim.memory_bits``."""
        return memory_bits(design, self.shape, self.pace, inference=self.inference)

    @cached_property
    def edge_clock(self) -> Index:
        """(junction_cycle, z) clock within the block at which each edge is issued."""
        return self.issue_clock[:, None] + self.interleaver.turn

    @cached_property
    def fresh(self) -> Index:
        """(junction_cycle, z) whether an edge's partial sum starts from zero.

        That is so until the first write of the left neuron's delta in this block has landed,
        whatever the memory holds: for its first edge, and under a hazard for some more.
        """
        first_clock = self.edge_clock.ravel()[self.interleaver.first_edge]
        return self.edge_clock - first_clock < self.safe_distance

    @cached_property
    def finish_clock(self) -> Index:
        """(n_right,) clock at which each right neuron's last edge is issued."""
        return self.edge_clock.reshape(self.shape.n_right, self.shape.d_in).max(axis=1)

    @cached_property
    def slots(self) -> dict[int, Slot]:
        """What is issued, by clock within the block; clocks not named issue nothing."""
        slots = {}
        for position, issue in enumerate(self.issue_clock):
            for turn in range(int(self.interleaver.load[position])):
                slots[int(issue) + turn] = self._slot(position, turn, int(issue) + turn)
        return slots

    def _slot(self, position: int, turn: int, clock: int) -> Slot:
        shape = self.shape
        lanes = np.flatnonzero(self.interleaver.turn[position] == turn)
        edges = position * shape.z + lanes
        right = edges // shape.d_in
        touched, starts = np.unique(right, return_index=True)
        return Slot(
            position=position,
            lanes=lanes,
            edges=edges,
            left=self.interleaver.left[position, lanes],
            right=right,
            touched=touched,
            starts=starts,
            finished=touched[self.finish_clock[touched] == clock],
            fresh=self.fresh[position, lanes],
            is_whole=len(lanes) == len(touched) * shape.d_in,
        )


class Schedule:
    """The whole design's schedule.

    In scheme "prototype" a block is one junction cycle with its pipeline fill: every junction
    issues its pattern clocks from clock 0 on, all wait together where one has a clash, and
    ``overhead`` clocks later the last result has been written. In scheme "zero-bubble" a block is
    the junction cycle and nothing else.

    Args:
        design: the design.
        interleavers: one per junction, as ``interleaver.draw_all`` gives them.
        inference: leave BP and UP out.
    """

    def __init__(
        self, design: Design, interleavers: tuple[Interleaver, ...], *, inference: bool = False
    ) -> None:
        self.design = design
        self.inference = inference
        self.junction_cycle = max(shape.junction_cycle for shape in design.shapes)
        load = np.ones(self.junction_cycle, dtype=np.int64)
        for i in interleavers:
            load[: len(i.load)] = np.maximum(load[: len(i.load)], i.load)
        self.load = load
        self.is_skewed = design.hardware.scheme == "zero-bubble"
        issue = np.concatenate([[0], np.cumsum(load)[:-1]])
        self.junctions = tuple(
            JunctionSchedule(
                i.shape,
                i,
                design.n_junctions,
                issue[: i.shape.junction_cycle],
                path,
                design.hardware.forwarding,
                inference,
                pace,
            )
            for i, path, pace in zip(interleavers, self.latencies, self._paces(), strict=True)
        )

    def _paces(self) -> list[Pace]:
        """Of all junctions, junction 1 first."""
        if self.is_skewed:
            return skewed_paces(self.design, self.latencies, self.junction_cycle)
        n_junctions = self.design.n_junctions
        return [prototype_pace(i + 1, n_junctions) for i in range(n_junctions)]

    @cached_property
    def latencies(self) -> tuple[Latencies, ...]:
        """Of the data paths of all junctions, junction 1 first."""
        design = self.design
        return path_latencies(design.registers, design.n_junctions, design.number.profile)

    def require_clash_free(self) -> None:
        """What runs a schedule calls this first.

        Raises:
            Refused: if lanes clash in scheme "zero-bubble", which has no clocks to wait in.
        """
        if self.is_skewed and self.stalls:
            raise Refused(
                f"hardware.scheme = 'zero-bubble': patterns clash, {self.stalls} clocks per input, "
                "and no clock is left to wait in; fix: other patterns, or scheme = 'prototype'"
            )

    @property
    def stalls(self) -> int:
        """Clocks per block lost to clashes."""
        return int(self.load.sum()) - self.junction_cycle

    @property
    def overhead(self) -> int:
        """Clocks per block in which the pipeline fills and drains."""
        if self.is_skewed:
            return 0
        return max(max(path.forward, path.backward, path.update) for path in self.latencies)

    @property
    def control_latency(self) -> int:
        """Clocks from what the sequencer says to what the data path does.

        Two registers bring the clock enable of scheme "zero-bubble" all over an FPGA.
        """
        return 2 if self.is_skewed else 0

    @cached_property
    def block_cycle(self) -> int:
        """Clocks per input in steady state."""
        return self.junction_cycle + self.overhead + self.stalls

    @cached_property
    def beats(self) -> int:
        """Beats of the input stream per input."""
        return -(-self.design.network.layers[0] // self.design.pixels_per_beat)

    @property
    def oldest_age(self) -> int:
        """Blocks after which an input has left the pipeline.

        In scheme "zero-bubble" nothing moves afterwards, the flags of its last results included.
        """
        late = FLAG_CLOCKS if self.is_skewed else 0
        return max((self._last_write(part) + late) // self.block_cycle for part in self.junctions)

    def _last_write(self, part: JunctionSchedule) -> int:
        """Clock in which a junction writes an input's last word, since its block began."""
        begin = part.forward_age * self.block_cycle + part.pace.offset
        last_issue = begin + self.junction_cycle + self.stalls - 1
        result = last_issue + part.latencies.forward + part.pace.slack
        if self.inference:
            return result
        learnt = part.pace.carry + max(part.latencies.backward, part.latencies.update)
        return max(result, last_issue + part.pace.lag * self.block_cycle + learnt)

    @cached_property
    def prediction_clock(self) -> int:
        """Clock in which an input's last output is written, since its block began."""
        part = self.junctions[-1]
        start = part.forward_age * self.block_cycle + part.pace.offset
        return start + int(part.finish_clock.max()) + part.latencies.forward

    @property
    def prediction_latency(self) -> int:
        """Clocks from an input's first beat to its prediction, if nothing waits."""
        if self.is_skewed:
            return self.prediction_clock + 1 + self.control_latency
        return (self.design.n_junctions + 1) * self.block_cycle  # it comes with the end of a block

    def blocks(self, inputs: int) -> int:
        """Blocks that pass while ``inputs`` go through, fill and drain included."""
        return inputs + self.oldest_age

    def clocks(self, inputs: int, input_clocks: int = 0) -> int:
        """Clocks for ``inputs`` offered every ``input_clocks`` clocks (0: always ready)."""
        return self.blocks(inputs) * self.block_cycle + self.starved(inputs, input_clocks)

    def starved(self, inputs: int, input_clocks: int = 0) -> int:
        """Clocks spent waiting for an input."""
        return max(0, input_clocks - self.block_cycle) * max(0, inputs - 1)


def make_schedule(design: Design, *, inference: bool = False) -> Schedule:
    """The schedule of a design with the patterns its file names."""
    return Schedule(design, draw_all(design), inference=inference)
