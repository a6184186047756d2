"""When every junction works on what, so that none ever waits: the zero-bubble scheme.

Every junction begins a new junction cycle every C clocks, however long its data path is. In its own
cycle c junction i takes input c forwards, and learns from input c - lag; junction i + 1 begins its
cycle c as soon as the last activation of input c can be read. FF results wait ``slack`` clocks on
the narrow right side, so that deltas come back just when they are read.

Latencies count clocks from a read to the write it leads to; a write is seen by reads in later
clocks only (``SEEN``). All is closed form: of C, the latencies and the sizes of the junctions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hwsim.design import JunctionShape
from hwsim.registers import Registers

SEEN = 1
"""Clocks after which a read sees a write: a memory gives what it held before."""


FLAG_CLOCKS = 2
"""Clocks by which hardware's saturation flags come after the results that they are about."""


@dataclass(frozen=True)
class Latencies:
    """Clocks through the data path of one junction.

    Attributes:
        forward: from the read of a right neuron's last edge to the write of its activation.
        backward: from the read of an edge to the write of the delta that it was added to.
        update: from the read of a weight to its write.
        output: from an output neuron's activation to the write of its delta; 0 but at the last.
    """

    forward: int
    backward: int
    update: int
    output: int = 0


def path_latencies(registers: Registers, n_junctions: int, profile: str) -> tuple[Latencies, ...]:
    """Of all junctions, junction 1 first.

    Profile "prototype" multiplies twice by edge. In profile "default" the deltas of a hidden layer
    are multiplied by a' when they are read, before anything is done with them.
    """
    network, multiplier = registers.network, registers.multiplier
    per_edge = profile == "prototype"
    found = []
    for index in range(1, n_junctions + 1):
        operands = 1 + network  # from the memories to the multipliers
        learning = operands + (0 if per_edge or index == n_junctions else multiplier)
        products = multiplier + registers.product
        found.append(
            Latencies(
                forward=operands + products + registers.tree + 1 + registers.activation,
                backward=learning + products + (multiplier if per_edge else 0),
                update=learning + registers.step + products,
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class Timing:
    """One junction.

    Attributes:
        junction_cycle: C, clocks.
        latencies: of its data path.
        start: clock in which it first reads, for input 0; input 0 is loaded from clock 0 on.
        turnaround: clocks from the read of an edge in FF to its use in BP and UP of the same input.
        slack: clocks that FF results are held back.
    """

    junction_cycle: int
    latencies: Latencies
    start: int
    turnaround: int
    slack: int

    @property
    def lag(self) -> int:
        """Junction cycles that BP and UP are behind FF on the same input."""
        return self.turnaround // self.junction_cycle

    @property
    def carry(self) -> int:
        """Clocks that a weight waits, once read, for the delta that it is used with."""
        return self.turnaround % self.junction_cycle

    @property
    def staleness(self) -> int:
        """Updates of the most recent inputs that feedforward misses."""
        late = self.turnaround + self.latencies.update + SEEN
        return -(-late // self.junction_cycle) - 1

    @property
    def left_copies(self) -> int:
        """Of the left activations: one is written, one read forwards, the others wait for UP."""
        return self.lag + 2

    @property
    def left_slope_copies(self) -> int:
        """Of the left derivatives, where BP reads them: one more if that is later than UP reads."""
        return self.lag + 2 + (self.carry > 0)

    @property
    def right_slope_copies(self) -> int:
        """Of the right derivatives, where they are read in natural order with the deltas."""
        return self._right_copies(self.latencies.forward + self.slack)

    @property
    def output_copies(self) -> int:
        """Of the output deltas, behind the last junction."""
        return self._right_copies(self.latencies.forward + self.latencies.output)

    def _right_copies(self, written: int) -> int:
        """Copies of what is written so many clocks after a neuron's last edge, and read back.

        A copy is free again in the clock in which it is read for the last time.
        """
        return max(1, -(-(self.turnaround - written) // self.junction_cycle))


def make_timings(
    shapes: Sequence[JunctionShape], latencies: Sequence[Latencies], *, carry: bool = False
) -> tuple[Timing, ...]:
    """The timing of all junctions, junction 1 first.

    Args:
        shapes: of the junctions; C is the longest of their junction cycles.
        latencies: of their data paths.
        carry: let the last junction carry its weights until the output deltas are there, instead of
            waiting for the next junction cycle.
    """
    cycle = max(shape.junction_cycle for shape in shapes)
    turnarounds = _turnarounds(shapes, latencies, cycle, carry)
    slacks = [
        here - right - _round_trip(cycle, *pair)
        for (here, right), pair in zip(pairwise(turnarounds), pairwise(latencies), strict=True)
    ]
    starts = [cycle]
    for path, slack in zip(latencies, slacks, strict=False):
        starts.append(starts[-1] + cycle + path.forward + SEEN - 1 + slack)
    each = zip(latencies, starts, turnarounds, [*slacks, 0], strict=True)
    return tuple(Timing(cycle, *values) for values in each)


def can_carry(shapes: Sequence[JunctionShape], latencies: Sequence[Latencies]) -> bool:
    """Whether a junction cycle has the clocks that the last junction needs to carry.

    It must write its weights before it reads them again, and its deltas must be back a junction
    cycle earlier than without: else nothing is gained to the left of it.
    """
    return clocks_to_carry(shapes, latencies) <= max(shape.junction_cycle for shape in shapes)


def clocks_to_carry(shapes: Sequence[JunctionShape], latencies: Sequence[Latencies]) -> int:
    """Clocks that a junction cycle must have for the last junction to carry."""
    path, first = latencies[-1], _first_turnaround(shapes[-1], latencies[-1])
    hop = latencies[-2].forward + path.backward + 2 * (SEEN - 1) if len(latencies) > 1 else 0
    return first + max(hop, path.update + SEEN)


def _first_turnaround(shape: JunctionShape, path: Latencies) -> int:
    """Of the last junction: clocks until an output delta can be read."""
    return longest_span(shape) + path.forward + path.output + SEEN


def _turnarounds(
    shapes: Sequence[JunctionShape], latencies: Sequence[Latencies], cycle: int, carry: bool
) -> list[int]:
    """Of all junctions; from the last one backwards, each in whole junction cycles."""
    needed = _first_turnaround(shapes[-1], latencies[-1])
    found = [needed if carry else _whole_cycles(needed, cycle)]
    for pair in list(pairwise(latencies))[::-1]:
        found.append(_whole_cycles(found[-1] + _round_trip(cycle, *pair), cycle))
    return found[::-1]


def _round_trip(cycle: int, here: Latencies, right: Latencies) -> int:
    """Clocks from a junction's FF to its BP, besides the turnaround of the next junction.

    Its last activation must be there before the next junction begins to read, and the next
    junction's last delta before its own BP begins.
    """
    return 2 * cycle + here.forward + right.backward + 2 * (SEEN - 1)


def _whole_cycles(clocks: int, cycle: int) -> int:
    return -(-clocks // cycle) * cycle


def longest_span(shape: JunctionShape) -> int:
    """Clocks from the first to the last edge of the right neuron that takes longest."""
    edge = np.arange(shape.n_right) * shape.d_in
    return int(((edge + shape.d_in - 1) // shape.z - edge // shape.z).max())
