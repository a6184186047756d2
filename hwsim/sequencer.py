"""The sequencer: which position of the block it is, and which input each stage works on.

A block starts when an input is offered (or, while draining, when one is still under way) and the
last prediction has been taken; it ends when its clocks have run and its input is loaded. In
between, position waits at 0 or at the last clock, where nothing is issued: so starvation changes
no result, it only costs clocks. In scheme "zero-bubble" something is issued in every clock: there
the whole pipeline waits, before it issues.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from hwsim.schedule import JunctionSchedule, Schedule


@dataclass(frozen=True)
class Descriptor:
    """What travels with an input down the pipeline; ``valid`` is false for a bubble."""

    valid: bool = False
    train: bool = False
    label: int = 0
    eta_shift: int = 0
    number: int = -1
    """Which input it is, from 0: for people and diagrams, not in hardware."""

    @property
    def trains(self) -> bool:
        return self.valid and self.train


BUBBLE = Descriptor()


class Tick(NamedTuple):
    """What the sequencer did in one clock."""

    position: int | None
    """Position issued, None while waiting: in scheme "zero-bubble" the whole pipeline waits."""
    beat: int | None
    """Beat of the input stream accepted, None if none was."""
    ends_block: bool


class Work(NamedTuple):
    """What one junction does in one clock."""

    position: int | None
    """Of its junction cycle, which may be some clocks behind the block."""
    forward: Descriptor
    """The input in feedforward."""
    backward: Descriptor
    """The input in backpropagation and update."""
    ends_cycle: bool
    """Whether the next position is the first one of the next input."""


class Sequencer:
    """Control of the whole pipeline.

    Args:
        schedule: the design's schedule.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.position = 0
        self.running = False
        self.loading = False
        self.beat = 0
        self.incoming = BUBBLE
        self.ages = (BUBBLE,) * schedule.oldest_age
        self.clocks = 0
        self.blocks = 0
        self.starved = 0

    def age(self, cycles: int) -> Descriptor:
        """The input that was loaded ``cycles`` blocks ago, 1 or more."""
        return self.ages[cycles - 1]

    def work(self, part: JunctionSchedule, tick: Tick, ages: tuple[Descriptor, ...]) -> Work:
        """What a junction does in a clock.

        Args:
            part: the junction's schedule.
            tick: what ``clock`` returned.
            ages: as they were before; the end of a block makes new ones.
        """
        position, older, ends_cycle, offset = tick.position, 0, tick.ends_block, part.pace.offset
        if offset:
            older, ends_cycle = position < offset, position == offset - 1
            position = (position - offset) % self.schedule.block_cycle
        forward = ages[part.forward_age - 1 + older]
        backward = BUBBLE if part.inference else ages[part.backward_age - 1 + older]
        return Work(position, forward, backward, ends_cycle)

    @property
    def drained(self) -> bool:
        """Whether no input is under way."""
        return not self.running and not any(d.valid for d in self.ages)

    def clock(self, offer: Descriptor | None, *, drain: bool = False, free: bool = True) -> Tick:
        """One clock.

        Args:
            offer: what a beat on the input stream belongs to, None if there is no beat.
            drain: run bubbles while inputs are under way and none is offered.
            free: whether the prediction register can take another one.
        """
        self.clocks += 1
        if self.schedule.is_skewed:
            return self._skewed_clock(offer, drain, free)
        if not self.running:
            if not (free and (offer is not None or (drain and not self.drained))):
                self.starved += 1
                return Tick(None, None, False)
            self._start(offer)
        accepted = self._accept(offer)
        position = self.position
        at_end = position == self.schedule.block_cycle - 1
        if not at_end:
            self.position += 1
        elif not self.loading:
            self._end()
        else:
            self.starved += 1
        return Tick(position, accepted, at_end and not self.running)

    def _skewed_clock(self, offer: Descriptor | None, drain: bool, free: bool) -> Tick:
        """Scheme "zero-bubble": a block has no clock in which nothing is issued."""
        if not self.running:
            if offer is None and (self.drained or not drain):
                self.starved += 1
                return Tick(None, None, False)
            self._start(offer)
        if not free and self.predicts:
            self.starved += 1
            return Tick(None, None, False)
        accepted = self._accept(offer)
        position = self.position
        at_end = position == self.schedule.block_cycle - 1
        if at_end and self.loading:
            self.starved += 1
            return Tick(None, accepted, False)
        self.position += 1
        if at_end:
            self._end()
        return Tick(position, accepted, at_end)

    def _accept(self, offer: Descriptor | None) -> int | None:
        """The beat of the input stream that is accepted, None if none is."""
        if offer is None or not self.loading:
            return None
        self.beat += 1
        self.loading = self.beat < self.schedule.beats
        return self.beat - 1

    @property
    def predicts(self) -> bool:
        """Whether an input's last output is written in this clock."""
        age, position = divmod(self.schedule.prediction_clock, self.schedule.block_cycle)
        return self.position == position and self.age(age).valid

    def _start(self, offer: Descriptor | None) -> None:
        self.running = True
        self.incoming = offer or BUBBLE
        self.loading, self.beat = offer is not None, 0
        self.blocks += 1

    def _end(self) -> None:
        self.running, self.position = False, 0
        self.ages = (self.incoming, *self.ages[:-1])
