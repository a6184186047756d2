"""The memories of one layer: activations, derivatives and deltas, in copies that rotate.

They lie between two junctions: the junction to the left of the layer writes results and reads
deltas in natural order, the junction to the right reads and accumulates in interleaved order.
Whenever the junction to the right begins a junction cycle the copies change roles: one is written,
the one before is read forwards, and the oldest is read backwards (arXiv:1806.01087 section III-C).
What the junction to the left reads backwards changes with the cycles of that one. In scheme
"prototype" the two are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwsim.design import Design
from hwsim.fixed_point import Raw
from hwsim.memory import Access, BankedMemory, Clock
from hwsim.schedule import JunctionSchedule


@dataclass(frozen=True)
class FirstCopies:
    """Which copy is written and read when the pipeline starts; hardware starts with the same.

    ``write`` is of the activations, ``slope_write`` and ``slope_read`` are of the derivatives,
    ``delta`` is the one that the junction to the right accumulates in.
    """

    write: int = 0
    slope_write: int = 0
    slope_read: int = 0
    delta: int = 0

    @classmethod
    def of(cls, part: JunctionSchedule, before: JunctionSchedule | None) -> FirstCopies:
        """Of the layer between ``before``, None for layer 0, and ``part``."""
        copies, slope_copies = part.copies["activation"], max(1, part.copies["derivative"])
        layer = part.shape.index - 1
        # The input that is written while the junction to the right begins, in the first block.
        written = layer + 1 - part.forward_age - (part.pace.offset > 0)
        if before is None:
            return cls(written % copies, written % slope_copies)
        # The input that the junction to the left then reads backwards, the one that comes next to
        # the junction to the right.
        read = layer - before.backward_age - (before.pace.offset > 0)
        delta = (read + part.pace.lag) % 2
        return cls(written % copies, written % slope_copies, read % slope_copies, delta)


class Layer:
    """The left side of one junction.

    In profile "prototype" the derivative is read interleaved, from the oldest copy. In profile
    "default" it is read later and in natural order, with the delta, before it is overwritten.

    Args:
        design: the design.
        schedule: of the junction to the right of the layer.
        clock: the model's clock.
        before: of the junction to the left; None for layer 0.
    """

    def __init__(
        self, design: Design, schedule: JunctionSchedule, clock: Clock,
        before: JunctionSchedule | None = None,
    ) -> None:  # fmt: skip
        shape, copies = schedule.shape, schedule.copies
        self.copies = copies["activation"]
        self.slope_copies = max(1, copies["derivative"])
        self.has_delta = copies["delta"] > 0
        self.slope_at_read = design.number.profile == "default"
        first = FirstCopies.of(schedule, before)
        self.write_copy, self.slope_write_copy = first.write, first.slope_write
        self.slope_read_copy, self.delta_copy = first.slope_read, first.delta
        size, banks, name = shape.n_left, shape.left_banks, f"layer {shape.index - 1}"
        self.activation = BankedMemory(
            f"{name} activation", clock, size=size, banks=banks, copies=self.copies, ports="single"
        )
        if self.has_delta:
            self.derivative = BankedMemory(
                f"{name} derivative", clock, size=size, banks=banks, copies=copies["derivative"],
                ports="dual" if self.slope_at_read else "single",
            )  # fmt: skip
            self.delta = BankedMemory(f"{name} delta", clock, size=size, banks=banks, copies=2)

    def rotate(self) -> None:
        """The junction to the right has ended a junction cycle."""
        self.write_copy = (self.write_copy + 1) % self.copies
        self.slope_write_copy = (self.slope_write_copy + 1) % self.slope_copies

    def rotate_back(self) -> None:
        """The junction to the left has ended a junction cycle."""
        self.slope_read_copy = (self.slope_read_copy + 1) % self.slope_copies
        self.delta_copy ^= 1

    @property
    def forward_copy(self) -> int:
        return (self.write_copy - 1) % self.copies

    @property
    def backward_copy(self) -> int:
        return (self.write_copy + 1) % self.copies

    @property
    def slope_copy(self) -> int:
        """Of the derivatives, where they are read with the activations."""
        return (self.slope_write_copy + 1) % self.slope_copies

    def access(self, neurons: Raw) -> Access:
        """An access to these neurons, in any of the layer's memories."""
        return self.activation.access(neurons)

    def write_result(self, access: Access, activation: Raw, derivative: Raw) -> None:
        """From the junction to the left: results of neurons that have finished."""
        self.activation.write(access, activation, self.write_copy)
        if self.has_delta:
            self.derivative.write(access, derivative, self.slope_write_copy)

    def read_delta(self, access: Access) -> tuple[Raw, Raw | None]:
        """From the junction to the left: deltas, and the a' still to be multiplied in, if any."""
        delta = self.delta.read(access, 1 - self.delta_copy)
        if not self.slope_at_read:
            return delta, None
        return delta, self.derivative.read(access, self.slope_read_copy)
