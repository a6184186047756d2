"""The memories of one layer: activations, derivatives and deltas, in copies that rotate.

They lie between two junctions: the junction to the left of the layer writes results and reads
deltas in natural order, the junction to the right reads and accumulates in interleaved order.
Every block the copies change roles: one is written, the one before is read forwards, and the
oldest is read backwards (arXiv:1806.01087 section III-C).
"""

from __future__ import annotations

from hwsim.design import Design
from hwsim.fixed_point import Raw
from hwsim.memory import Access, BankedMemory, Clock
from hwsim.schedule import JunctionSchedule


class Layer:
    """The left side of one junction.

    In profile "prototype" the derivative is read interleaved, from the oldest copy. In profile
    "default" it is read one block later and in natural order, from the copy that is being written:
    each neuron is read before it is overwritten, so no copy more is needed.

    Args:
        design: the design.
        schedule: of the junction to the right of the layer.
        clock: the model's clock.
    """

    def __init__(self, design: Design, schedule: JunctionSchedule, clock: Clock) -> None:
        shape, copies = schedule.shape, schedule.copies
        self.copies = copies["activation"]
        self.has_delta = copies["delta"] > 0
        self.slope_at_read = design.number.profile == "default"
        self.write_copy = 0
        self.delta_copy = 0
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
        """A block has ended."""
        self.write_copy = (self.write_copy + 1) % self.copies
        self.delta_copy ^= 1

    @property
    def forward_copy(self) -> int:
        return (self.write_copy - 1) % self.copies

    @property
    def backward_copy(self) -> int:
        return (self.write_copy + 1) % self.copies

    def access(self, neurons: Raw) -> Access:
        """An access to these neurons, in any of the layer's memories."""
        return self.activation.access(neurons)

    def write_result(self, access: Access, activation: Raw, derivative: Raw) -> None:
        """From the junction to the left: results of neurons that have finished."""
        self.activation.write(access, activation, self.write_copy)
        if self.has_delta:
            self.derivative.write(access, derivative, self.write_copy)

    def read_delta(self, access: Access) -> tuple[Raw, Raw | None]:
        """From the junction to the left: deltas, and the a' still to be multiplied in, if any."""
        delta = self.delta.read(access, 1 - self.delta_copy)
        if not self.slope_at_read:
            return delta, None
        return delta, self.derivative.read(access, self.write_copy)
