"""The output layer: output delta, prediction, and the copies of the output delta memory.

delta = a - y for cross-entropy, (a - y)*a' for the quadratic cost (arXiv:1806.01087 section II).
"""

from __future__ import annotations

from hwsim.design import Design
from hwsim.fixed_point import Raw, Tally, constant
from hwsim.memory import Access, BankedMemory, Clock
from hwsim.schedule import JunctionSchedule


class Cost:
    """Stands to the right of the last junction, where other junctions have a ``Layer``.

    ``prediction`` is a running maximum over the neurons in the clocks in which they finish: of
    equals, the lower index within a clock and the later clock across clocks.

    Args:
        design: the design.
        schedule: of the last junction.
        clock: the model's clock.
    """

    def __init__(self, design: Design, schedule: JunctionSchedule, clock: Clock) -> None:
        shape = schedule.shape
        self.has_delta = schedule.copies["output_delta"] > 0
        self.number = design.fixed_point
        self.quadratic = design.network.cost == "quadratic"
        self.delta = BankedMemory(
            "output delta", clock, size=shape.n_right, banks=shape.right_banks,
            copies=max(1, schedule.copies["output_delta"]),
            ports="single" if schedule.copies["output_delta"] > 1 else "dual",
        )  # fmt: skip
        self.first = int(schedule.finish_clock.argmin())
        self.write_copy = 0
        self.label = 0
        self.prediction = 0
        self.best = 0
        self.tally = Tally()

    def rotate(self) -> None:
        """The last junction has ended a junction cycle."""
        self.write_copy = (self.write_copy + 1) % self.delta.copies

    def access(self, neurons: Raw) -> Access:
        return self.delta.access(neurons)

    def write_result(self, access: Access, activation: Raw, derivative: Raw) -> None:
        """From the last junction: results of neurons that have finished."""
        if self.has_delta:
            self._write_delta(access, activation, derivative)
        self._predict(access, activation)

    def _write_delta(self, access: Access, activation: Raw, derivative: Raw) -> None:
        is_label = access.elements == constant(self.label)
        target = is_label * constant(self.number.one)
        delta = self.number.saturate(activation - target, self.tally)
        if self.quadratic:
            delta = self.number.multiply(delta, derivative, self.tally)
        self.delta.write(access, delta, self.write_copy)

    def _predict(self, access: Access, activation: Raw) -> None:
        if access.elements[0] == self.first:
            self.best = 0
        winner = activation.argmax()
        value = activation.item(winner)
        if value >= self.best:  # activations are at least 1: the first always wins
            self.best, self.prediction = value, access.elements.item(winner)

    def read_delta(self, access: Access) -> tuple[Raw, None]:
        return self.delta.read(access, (self.write_copy + 1) % self.delta.copies), None
