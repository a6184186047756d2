"""Runs the sequencer alone: how many clocks inputs take, who works in them, and who waits.

No number of the network is computed: what is issued when follows from the schedule. The counts here
are made clock by clock; ``Schedule`` has the same figures in closed form, and the tests hold one
against the other (pipelining: arXiv:1806.01087 section III-C and figure 4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hwsim.schedule import Schedule
from hwsim.sequencer import Descriptor, Sequencer

PHASES = ("ff", "bp", "up")

Busy = list[dict[str, int]]
Work = tuple[int, str, int, int]
"""Junction (from 0), phase, age of the input worked on, and lanes that have an edge."""

Utilisation = list[dict[str, float]]


@dataclass(frozen=True)
class Row:
    """One junction cycle of the pipelining diagram; inputs count from 0, None is a bubble.

    ``junctions`` says for each junction which input it is on in ``ff``, ``bp`` and ``up``.
    """

    cycle: int
    first_clock: int
    loads: int | None
    junctions: tuple[dict[str, int | None], ...]


@dataclass
class Usage:
    """Where the clocks of a run went.

    Attributes:
        clocks: all of them, pipeline fill and drain included.
        clash: stalls because lanes want the same bank.
        starved: waiting for an input.
        fill: the clocks of each block in which results are still on their way to memory.
        busy: lane-clocks in which a lane had an edge, per junction and phase.
    """

    clocks: int
    clash: int
    starved: int
    fill: int
    busy: Busy

    @property
    def stall_clocks(self) -> dict[str, int]:
        """By cause."""
        return {"clash": self.clash, "starved": self.starved, "fill": self.fill}

    def lane_utilisation(self, schedule: Schedule) -> Utilisation:
        """Busy lane-clocks over all lane-clocks of the run, fill and drain included."""
        return [
            {phase: busy[phase] / (part.shape.z * self.clocks) for phase in PHASES}
            for busy, part in zip(self.busy, schedule.junctions, strict=True)
        ]


def steady_utilisation(schedule: Schedule, input_clocks: int = 0) -> Utilisation:
    """Lane utilisation once the pipeline is full, an input coming every ``input_clocks``."""
    interval = max(schedule.block_cycle, input_clocks)
    busy = _busy(schedule, 1)
    return Usage(interval, 0, 0, 0, busy).lane_utilisation(schedule)


def usage_of(schedule: Schedule, blocks: int, inputs: int) -> Usage:
    """Where the clocks of ``blocks`` blocks went that trained on ``inputs`` inputs, all drained.

    Closed form, for inputs that come back to back.
    """
    clocks, fill = blocks * schedule.block_cycle, blocks * schedule.overhead
    return Usage(clocks, blocks * schedule.stalls, 0, fill, _busy(schedule, inputs))


def _busy(schedule: Schedule, inputs: int) -> Busy:
    """Lane-clocks: each input takes every edge once in each phase."""
    return [
        {phase: inputs * part.shape.n_edges * (phase in _phases(index)) for phase in PHASES}
        for index, part in enumerate(schedule.junctions)
    ]


class Simulation:
    """A run of training inputs through the sequencer.

    Args:
        schedule: the design's schedule.
        inputs: how many inputs.
        input_clocks: an input is offered every that many clocks; 0: the next is always ready.
        shown_cycles: rows of ``diagram``, the first junction cycles.
    """

    def __init__(
        self, schedule: Schedule, inputs: int, *, input_clocks: int = 0, shown_cycles: int = 0
    ) -> None:
        schedule.require_clash_free()
        self.schedule = schedule
        self.inputs = inputs
        self.input_clocks = input_clocks
        self.shown_cycles = shown_cycles
        self.diagram: list[Row] = []
        self._works = self._lanes_by_position()
        self._is_clash = self._clash_positions()

    def run(self, progress: Callable[[int], None] | None = None) -> Usage:
        """Clock the sequencer until the last input has left.

        Args:
            progress: called with 1 for each input accepted.
        """
        sequencer, accepted = Sequencer(self.schedule), 0
        usage = Usage(0, 0, 0, 0, [dict.fromkeys(PHASES, 0) for _ in self.schedule.junctions])
        while accepted < self.inputs or not sequencer.drained:
            was_running, ages = sequencer.running, tuple(sequencer.ages)
            offer = self._offer(accepted, sequencer.clocks)
            tick = sequencer.clock(offer, drain=accepted == self.inputs)
            if sequencer.running and not was_running:
                self._show(sequencer, ages)
            if tick.position is not None:
                self._count(usage, tick.position, ages)
            if tick.beat == self.schedule.beats - 1:
                accepted += 1
                if progress is not None:
                    progress(1)
        usage.clocks, usage.starved = sequencer.clocks, sequencer.starved
        return usage

    def _offer(self, accepted: int, clock: int) -> Descriptor | None:
        is_due = accepted < self.inputs and clock >= accepted * self.input_clocks
        return Descriptor(valid=True, train=True, number=accepted) if is_due else None

    def _lanes_by_position(self) -> list[list[Work]]:
        works: list[list[Work]] = [[] for _ in range(self.schedule.block_cycle)]
        for index, part in enumerate(self.schedule.junctions):
            ages = {"ff": part.forward_age, "bp": part.backward_age, "up": part.backward_age}
            for clock, lanes in enumerate(np.bincount(part.edge_clock.ravel())):
                # A junction that is some clocks behind ends its cycle in the next block.
                late, position = divmod(clock + part.pace.offset, self.schedule.block_cycle)
                works[position] += [
                    (index, phase, ages[phase] + late, int(lanes)) for phase in _phases(index)
                ]
        return works

    def _clash_positions(self) -> list[bool]:
        """By position: whether it is there only because an earlier clock clashed."""
        of_clashes = [turn > 0 for load in self.schedule.load for turn in range(load)]
        return of_clashes + [False] * self.schedule.overhead

    def _count(self, usage: Usage, position: int, ages: tuple[Descriptor, ...]) -> None:
        usage.clash += self._is_clash[position]
        usage.fill += position >= self.schedule.block_cycle - self.schedule.overhead
        for index, phase, age, lanes in self._works[position]:
            if ages[age - 1].valid:
                usage.busy[index][phase] += lanes

    def _show(self, sequencer: Sequencer, ages: tuple[Descriptor, ...]) -> None:
        if len(self.diagram) == self.shown_cycles:
            return
        junctions = []
        for index, part in enumerate(self.schedule.junctions):
            forward, backward = ages[part.forward_age - 1], ages[part.backward_age - 1]
            on = {"ff": _number(forward), "bp": None, "up": None}
            junctions.append(on | dict.fromkeys(_phases(index)[1:], _number(backward)))
        loads = _number(sequencer.incoming)
        row = Row(sequencer.blocks - 1, sequencer.clocks - 1, loads, tuple(junctions))
        self.diagram.append(row)


def _phases(index: int) -> tuple[str, ...]:
    """Phases of a junction, from 0: the first has nothing to its left to go back to."""
    return PHASES if index else ("ff", "up")


def _number(descriptor: Descriptor) -> int | None:
    return descriptor.number if descriptor.valid else None
