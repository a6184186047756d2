"""One junction, clock by clock: FF, BP and UP on the same z edges in the same clock.

    layer i-1 --a--> FeedForward --h--> Activation --a, a'--> layer i (or Cost)
       ^   `---a--> Update <--u-- delta <----------------------'
       `-- delta += Backprop <--- w, b memories

arXiv:1711.01343 section 3 (operational parallelism), arXiv:1806.01087 section III.
A weight is read once per block and serves all three. How many clocks later UP writes it back, and
results and deltas are written, ``hwsim.timing.Latencies`` says.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwsim.activation import Activation
from hwsim.backprop import Backprop
from hwsim.cost import Cost
from hwsim.delay import Delay
from hwsim.design import Design
from hwsim.feedforward import FeedForward
from hwsim.fixed_point import Raw, Tally
from hwsim.layer import Layer
from hwsim.memory import Access, BankedMemory, Clock
from hwsim.schedule import JunctionSchedule, Schedule, Slot
from hwsim.sequencer import Descriptor
from hwsim.update import Update


@dataclass(frozen=True, eq=False, slots=True)
class Accesses:
    """A slot's accesses to every memory, checked for clashes when the model is built."""

    slot: Slot
    weight: Access
    bias: Access
    left: Access
    touched: Access
    finished: Access


@dataclass(eq=False, slots=True)
class Operands:
    """What BP and UP work on, read with FF's operands or for them; deltas come by themselves."""

    access: Accesses
    weight: Raw
    bias: Raw
    activation: Raw
    derivative: Raw | None
    eta_shift: int


@dataclass(eq=False, slots=True)
class Accumulation:
    """A delta accumulation on its way; ``partial`` is None where it is read later (forwarding)."""

    slot: Slot
    access: Access
    contribution: Raw
    partial: Raw | None


class Junction:
    """One junction with its weight and bias memories.

    Args:
        design: the design.
        schedule: the design's schedule.
        index: from 1.
        left: the layer to the left.
        right: the layer to the right, or the cost.
        clock: the model's clock.
    """

    def __init__(
        self, design: Design, schedule: Schedule, index: int,
        left: Layer, right: Layer | Cost, clock: Clock,
    ) -> None:  # fmt: skip
        self.part: JunctionSchedule = schedule.junctions[index - 1]
        shape, number = self.part.shape, design.fixed_point
        per_edge = design.number.profile == "prototype"
        self.shape, self.number, self.left, self.right = shape, number, left, right
        self.is_first = index == 1
        name = f"junction {index}"
        self.weight = BankedMemory(f"{name} weight", clock, size=shape.n_edges, banks=shape.z)
        self.bias = BankedMemory(f"{name} bias", clock, size=shape.n_right, banks=shape.right_banks)
        self.feedforward = FeedForward(number, shape.n_right)
        self.activation = Activation(design.activations[index - 1], number)
        self.backprop = Backprop(number, per_edge=per_edge)
        self.update = Update(number)
        self.slope_tally = Tally()
        self.forwarding = design.hardware.forwarding
        path = self.part.latencies
        self._results: Delay = Delay(path.forward + self.part.pace.slack)
        self._carried: Delay[Operands] = Delay(self.part.pace.carry)
        self._updates: Delay = Delay(path.update)
        self._accumulations: Delay[Accumulation] = Delay(path.backward)
        self._accesses = {clock: self._prepare(slot) for clock, slot in self.part.slots.items()}

    def _prepare(self, slot: Slot) -> Accesses:
        return Accesses(
            slot=slot,
            weight=self.weight.access(slot.edges),
            bias=self.bias.access(slot.finished),
            left=self.left.access(slot.left),
            touched=self.right.access(slot.touched),
            finished=self.right.access(slot.finished),
        )

    def clock(self, position: int | None, forward: Descriptor, backward: Descriptor) -> None:
        """One clock: issue the slot of ``position`` (None: nothing), write what is due."""
        result = operands = update = accumulation = None
        access = self._accesses.get(position)
        if access is not None and (forward.valid or backward.trains):
            weight, bias = self.weight.read(access.weight), self.bias.read(access.bias)
            activation = self._left(access, self.left.forward_copy) if forward.valid else None
            if forward.valid:
                result = self._forward(access, weight, bias, activation, forward)
            if backward.trains:
                if self.part.pace.lag:
                    activation = self._left(access, self.left.backward_copy)
                slope = self._slope(access)
                operands = Operands(access, weight, bias, activation, slope, backward.eta_shift)
        operands = self._carried.shift(operands)
        if operands is not None:
            delta = self._right_delta(operands.access)
            update = self._update(operands, delta)
            if not self.is_first:
                accumulation = self._backward(operands, delta)
        self._write(
            self._results.shift(result),
            self._updates.shift(update),
            self._accumulations.shift(accumulation),
        )

    def _left(self, access: Accesses, copy: int) -> Raw:
        """Left activations, as numbers."""
        activation = self.left.activation.read(access.left, copy)
        return self.number.from_pixel(activation) if self.is_first else activation

    def _slope(self, access: Accesses) -> Raw | None:
        """Left derivatives, if every edge is multiplied by one."""
        if self.is_first or not self.backprop.per_edge:
            return None
        return self.left.derivative.read(access.left, self.left.slope_copy)

    def _forward(
        self, access: Accesses, weight: Raw, bias: Raw, activation: Raw, forward: Descriptor
    ) -> tuple | None:
        h = self.feedforward(access.slot, weight, activation, bias)
        return (forward, access.finished, *self.activation(h)) if len(h) else None

    def _right_delta(self, access: Accesses) -> Raw:
        """Delta of the right neurons touched, (touched,)."""
        delta, derivative = self.right.read_delta(access.touched)
        if derivative is None:
            return delta
        return self.number.multiply(delta, derivative, self.slope_tally)

    def _update(self, operands: Operands, delta: Raw) -> tuple:
        slot, step = operands.access.slot, self.update.step(delta, operands.eta_shift)
        change = step[slot.right_of_lane]
        new_weight = self.update.weight(operands.weight, change, operands.activation)
        new_bias = self.update.bias(operands.bias, step[slot.finished_in_touched])
        return operands.access, new_weight, new_bias

    def _backward(self, operands: Operands, delta: Raw) -> Accumulation:
        slot, left, partial = operands.access.slot, operands.access.left, None
        contribution = self.backprop.contribution(
            operands.weight, delta[slot.right_of_lane], operands.derivative
        )
        if not self.forwarding:
            partial = self.left.delta.read(left, self.left.delta_copy)
        return Accumulation(slot, left, contribution, partial)

    def _write(
        self, result: tuple | None, update: tuple | None, accumulation: Accumulation | None
    ) -> None:
        if result is not None:
            forward, *written = result
            self.right.label = forward.label
            self.right.write_result(*written)
        if update is not None:
            access, new_weight, new_bias = update
            self.weight.write(access.weight, new_weight)
            if len(new_bias):
                self.bias.write(access.bias, new_bias)
        if accumulation is not None:
            self._accumulate(accumulation)

    def _accumulate(self, item: Accumulation) -> None:
        """Add to the partial sum, or begin it."""
        delta, copy = self.left.delta, self.left.delta_copy
        partial = item.partial
        if partial is None:
            # The hardware reads one clock earlier and forwards the write it then misses: the
            # value is the one the memory holds now.
            partial = delta.read(item.access, copy)
        partial = partial * item.slot.keeps
        delta.write(item.access, self.backprop.accumulate(partial, item.contribution), copy)
