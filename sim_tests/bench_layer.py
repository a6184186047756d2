"""cocotb: all that both sides read of a layer equals the model's, block after block."""

from __future__ import annotations

import numpy as np
from bench_tools import Ports, for_each, same, start
from block_points import LAYERS, schedules

from hwsim.backprop import sum_width
from hwsim.fixed_point import Raw
from hwsim.layer import Layer
from hwsim.memory import Clock
from hwsim.natural_order import NaturalOrder
from hwsim.schedule import Schedule

BLOCKS = 9
RESULT_LATENCY = 2  # like P = 0; the last results are written in the clock that rotates


@for_each(point=[f"{name}_{index}" for name, index in LAYERS])
async def reads_equal_the_model(dut, point):
    """The left writes in natural order; the right reads and accumulates any words."""
    name, _, index = point.rpartition("_")
    ports = await start(dut, f"layer_{point}")
    bench = LayerBench(ports, schedules()[name], int(index))
    for _ in range(BLOCKS):
        await bench.block()


class LeftOrder:
    """In which clock of a block which neurons are touched and finished by what is to the left."""

    def __init__(self, schedule: Schedule, index: int) -> None:
        size = schedule.junctions[index].shape.n_left
        if index == 0:
            step = schedule.design.pixels_per_beat
            first, count = np.arange(0, size, step), step
            self.finished = [np.arange(n, min(n + count, size)) for n in first]
            self.touched = self.finished
        else:
            order = NaturalOrder(schedule.junctions[index - 1].shape)
            last = (order.edge + order.shape.z - 1) // order.shape.d_in
            ends = order.first + order.finishing
            self.finished = [np.arange(*of) for of in zip(order.first, ends, strict=True)]
            self.touched = [np.arange(*of) for of in zip(order.first, last + 1, strict=True)]
        self.first = [int(neurons[0]) for neurons in self.touched]


class LayerBench:
    """One instance."""

    def __init__(self, ports: Ports, schedule: Schedule, index: int) -> None:
        design, self.part = schedule.design, schedule.junctions[index]
        self.ports, self.rng, self.time = ports, np.random.default_rng(1), Clock()
        before = schedule.junctions[index - 1] if index else None
        self.model = Layer(design, self.part, self.time, before)
        self.order, self.is_skewed = LeftOrder(schedule, index), schedule.is_skewed
        self.number, self.shape = design.fixed_point, self.part.shape
        self.has_delta, self.trains = self.model.has_delta, not schedule.inference
        self.forwarding = design.hardware.forwarding
        per_edge = design.number.profile == "prototype"
        self.total_bits = sum_width(self.number, self.shape.d_out, per_edge=per_edge)
        self.slots = before.shape.right_banks if before else design.pixels_per_beat
        self.expected: dict[str, Raw] = {}
        self.partial: Raw | None = None

    async def block(self) -> None:
        """Every position of the left, and after the last the clocks in which its results come.

        In between the pipeline stands still at times. What the left reads changes with the block,
        or in mid-block where junctions are skewed.
        """
        cycle = len(self.order.first)
        last = cycle + RESULT_LATENCY - 1
        ends_left = int(self.rng.integers(cycle)) if self.is_skewed else last
        for clock in range(last + 1):
            while not self.rng.integers(4):
                await self._wait()
            touched = clock if clock < cycle else None
            finished = clock - RESULT_LATENCY if clock >= RESULT_LATENCY else None
            self.time.now += 1
            await self._clock(touched, finished, ends=clock == last, ends_left=clock == ends_left)

    async def _wait(self) -> None:
        """Nothing advances, whatever is on the ports; only layer 0 can be written."""
        self.time.now += 1
        rotate, rotate_back = self.rng.integers(2, size=2)
        words = self.rng.integers(self.shape.depth, size=self.shape.z)
        self.ports.drive(advance=0, rotate=rotate, rotate_back=rotate_back, right__word=words)
        position = int(self.rng.integers(len(self.order.finished)))
        result = self._drive_results(position)
        await self.ports.settled()
        self._compare()
        if result is not None and self.shape.index == 1:
            self.model.write_result(*result)
        await self.ports.next_clock()

    async def _clock(
        self, touched: int | None, finished: int | None, *, ends: bool, ends_left: bool
    ) -> None:
        z, depth, rng = self.shape.z, self.shape.depth, self.rng
        words, partial_words, sum_words = rng.integers(depth, size=(3, z))
        self.ports.drive(advance=1, rotate=ends, rotate_back=ends_left, right__word=words)
        result = self._drive_results(finished)
        total = self._drive_deltas(touched, partial_words, sum_words) if self.has_delta else None
        await self.ports.settled()
        self._compare()
        self.expected = {}
        if touched is not None:
            self._read(touched, words, partial_words)
        if result is not None:
            self.model.write_result(*result)
        if total is not None:
            self.model.delta.write(self._access(sum_words), total, self.model.delta_copy)
        if ends:
            self.model.rotate()
        if ends_left:
            self.model.rotate_back()
            if self.is_skewed:  # sums start afresh then, whatever was read
                self.partial = None
        await self.ports.next_clock()

    def _access(self, words: Raw):
        return self.model.access(words * self.shape.z + np.arange(self.shape.z))

    def _drive_results(self, position: int | None) -> tuple | None:
        """Garbage in all slots, of which the first ``count`` count."""
        low, high = self.number.minimum, self.number.maximum + 1
        if self.shape.index == 1:
            low, high = 0, 256
        activation, derivative = self.rng.integers(low, high, size=(2, self.slots))
        finished = np.arange(0) if position is None else self.order.finished[position]
        first, banks = self.order.first[position or 0], self.shape.left_banks
        self.ports.drive(
            left__count=len(finished), left__base=first % banks, left__word=first // banks,
            left__activation=activation,
        )  # fmt: skip
        if self.has_delta:
            self.ports.drive(left__derivative=derivative)
        count = len(finished)
        if not count:
            return None
        return self.model.access(finished), activation[:count], derivative[:count]

    def _drive_deltas(self, touched: int | None, partial_words: Raw, sum_words: Raw) -> Raw | None:
        """Addresses of deltas on both sides, and sums if any are written."""
        first, banks = self.order.first[touched or 0], self.shape.left_banks
        limit = 1 << (self.total_bits - 1)
        total, enable = self.rng.integers(-limit, limit, self.shape.z), self.rng.integers(4) > 0
        if self.rng.integers(2):
            partial_words[:] = sum_words  # read of the word that is written
        self.ports.drive(
            left__touched_base=first % banks,
            left__touched_words=first // banks + (np.arange(banks) < first % banks),
            right__partial_word=partial_words, right__sum_enable=enable,
            right__sum_word=sum_words, right__sum=total,
        )  # fmt: skip
        return total if enable else None

    def _read(self, position: int, words: Raw, partial_words: Raw) -> None:
        """What must come in the next clock."""
        model, access = self.model, self._access(words)
        expected = {"right__forward": model.activation.read(access, model.forward_copy)}
        if self.trains:
            again = model.backward_copy == model.forward_copy  # read once, for both
            expected["right__backward"] = (
                expected["right__forward"] if again
                else model.activation.read(access, model.backward_copy)
            )  # fmt: skip
        if self.has_delta:
            touched = model.access(self.order.touched[position])
            delta, slope = model.read_delta(touched)
            expected["left__delta"] = delta
            if slope is None:
                copy = model.backward_copy
                expected["right__derivative"] = model.derivative.read(access, copy)
            else:
                expected["left__slope"] = slope
            self.partial = self._access(partial_words)
            if not self.forwarding:
                expected["right__partial"] = model.delta.read(self.partial, model.delta_copy)
        self.expected = expected

    def _compare(self) -> None:
        """What was read a clock ago; with forwarding a partial sum as memory has it by now."""
        if self.has_delta and self.forwarding and self.partial is not None and self.expected:
            partial = self.model.delta.read(self.partial, self.model.delta_copy)
            self.expected["right__partial"] = partial
        for name, values in self.expected.items():
            lanes = self.slots if name.startswith("left") else self.shape.z
            signed = self.shape.index > 1
            same(name, self.ports.lanes(name, lanes, signed=signed)[: len(values)], values)
