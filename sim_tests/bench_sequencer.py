"""cocotb: control equals the model's on every clock, whoever keeps it waiting."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from bench_tools import Ports, for_each, same, start
from block_points import SEQUENCERS, schedules

from hwsim.schedule import Schedule
from hwsim.sequencer import Descriptor, Sequencer, Tick
from rtl_gen.interleaver import PRIMING_CLOCKS
from rtl_gen.sequencer import work_clocks
from rtl_gen.verification.lockstep import pack


@dataclass(frozen=True)
class Phase:
    """Clocks, and the chances that a beat is offered, drain is set, and the output is free."""

    clocks: int
    offered: float
    drain: float = 0.0
    free: float = 1.0


PHASES = (
    Phase(120, offered=1),
    Phase(200, offered=0.7, drain=0.3, free=0.7),
    Phase(150, offered=0.1, drain=0.1, free=0.5),
    Phase(60, offered=1, free=0),
    Phase(200, offered=0, drain=1),
    Phase(150, offered=0.5, drain=1, free=0.3),
    Phase(60, offered=0),
    Phase(250, offered=0, drain=1),
)


@for_each(point=SEQUENCERS)
async def control_equals_the_model(dut, point):
    """Random pauses, drains and blocked outputs."""
    bench = SequencerBench(await start(dut, f"sequencer_{point}"), schedules()[point])
    await bench.wake()
    for phase in PHASES:
        if not phase.offered:
            await bench.finish_loading()
        for _ in range(phase.clocks):
            offered, drain, free = bench.rng.random(3) < (phase.offered, phase.drain, phase.free)
            await bench.clock(offered=offered, drain=drain, free=free)
    assert bench.model.drained
    assert bench.mid_load or bench.schedule.beats == 1, "no block waited for a late beat"


@for_each(point=SEQUENCERS)
async def clocks_equal_the_closed_form(dut, point):
    """Inputs at a steady rate, then a drain."""
    schedule = schedules()[point]
    block = schedule.block_cycle
    for interval in (0, block - 1, block + 1, 3 * block):
        bench = SequencerBench(await start(dut, f"sequencer_{point}"), schedule)
        await bench.wake()
        inputs = 3
        while bench.inputs < inputs or not bench.ports.read("drained"):
            is_due = bench.inputs < inputs and bench.model.clocks >= bench.inputs * interval
            await bench.clock(offered=is_due, drain=bench.inputs == inputs, free=True)
            assert bench.model.clocks <= schedule.clocks(inputs, interval), "not done in time"
        same("clocks", bench.model.clocks, schedule.clocks(inputs, interval))


class SequencerBench:
    """One instance."""

    def __init__(self, ports: Ports, schedule: Schedule) -> None:
        self.ports, self.schedule, self.model = ports, schedule, Sequencer(schedule)
        self.rng = np.random.default_rng(1)
        self.beat = self.inputs = self.mid_load = self.issued = 0
        design = schedule.design
        self.labels, self.shifts = design.network.layers[-1], design.fixed_point.width
        self.label_bits = (self.labels - 1).bit_length()
        self.bits = 2 + self.label_bits + (self.shifts - 1).bit_length()
        position_bits = (schedule.block_cycle - 1).bit_length()
        self.work_bits = (position_bits, 1, 1, self.bits, self.bits)
        self.works: deque[int | None] = deque([None] * work_clocks(schedule))

    async def wake(self) -> None:
        """The first clocks after reset, in which addresses get ready and nothing is accepted."""
        self.ports.drive(offered=1, drain=1, free=1, incoming=0)
        for _ in range(PRIMING_CLOCKS):
            await self.ports.settled()
            same("ready after reset", self.ports.read("ready"), 0)
            same("advance after reset", self.ports.read("advance"), 1)
            await self.ports.next_clock()

    async def finish_loading(self) -> None:
        """An input that is half loaded would hold its block for ever."""
        for _ in range(self.schedule.beats):
            if self.model.loading:
                await self.clock(offered=True, drain=True, free=True)

    async def clock(self, *, offered: bool, drain: bool, free: bool) -> None:
        """One clock; only an input's first beat brings a descriptor that counts."""
        label, shift, train = (int(self.rng.integers(n)) for n in (self.labels, self.shifts, 2))
        incoming = Descriptor(True, bool(train), label, shift)
        self.ports.drive(offered=offered, drain=drain, free=free, incoming=self._pack(incoming))
        await self.ports.settled()
        self._compare_state()
        ages, was_drained, is_due = self.model.ages, self.model.drained, self.model.predicts
        tick = self.model.clock(incoming if offered else None, drain=drain, free=free)
        self._compare_tick(tick, offered)
        self._compare_prediction(tick, ages, is_due)
        self._compare_idle(tick, was_drained)
        self._compare_work(tick, ages)
        self.issued += tick.position is not None
        self._count(tick)
        await self.ports.next_clock()

    def _pack(self, descriptor: Descriptor) -> int:
        """As ``descriptor_layout`` has it."""
        flags = descriptor.valid | descriptor.train << 1
        return flags | (descriptor.label | descriptor.eta_shift << self.label_bits) << 2

    def _compare_state(self) -> None:
        """What the clocks before have led to."""
        model, read = self.model, self.ports.read
        same("position", read("position"), model.position)
        same("drained", read("drained"), model.drained)
        ages = np.array([self._pack(descriptor) for descriptor in model.ages])
        same("ages", read("ages"), pack(ages, self.bits))

    def _compare_tick(self, tick: Tick, offered: bool) -> None:
        """What happens in this clock."""
        read = self.ports.read
        same("issue", read("issue"), tick.position is not None)
        is_skewed = self.schedule.is_skewed
        same("advance", read("advance"), not is_skewed or tick.position is not None)
        same("ends_block", read("ends_block"), tick.ends_block)
        if offered:
            same("ready", read("ready"), tick.beat is not None)
        if tick.beat is not None:
            same("beat", read("beat"), tick.beat)

    def _compare_prediction(self, tick: Tick, ages: tuple[Descriptor, ...], is_due: bool) -> None:
        """Which input's last output is written; in scheme "prototype" when its block ends."""
        age = self.schedule.prediction_clock // self.schedule.block_cycle
        if not self.schedule.is_skewed:
            age = self.schedule.junctions[-1].forward_age
            is_due = tick.ends_block and ages[age - 1].valid
        same("predicts", self.ports.read("predicts"), is_due)
        same("predicted", self.ports.read("predicted"), self._pack(ages[age - 1]))

    def _compare_idle(self, tick: Tick, was_drained: bool) -> None:
        """Between blocks in scheme "prototype"; in the other one no block ends before the next."""
        waits = tick.position is None
        if self.schedule.is_skewed:
            waits &= was_drained and not self.model.running
        same("idle", self.ports.read("idle"), waits)

    def _compare_work(self, tick: Tick, ages: tuple[Descriptor, ...]) -> None:
        """What every junction does, as it was said ``work_clocks`` ago."""
        self.works.append(None if tick.position is None else self._work(tick, ages))
        expected = self.works.popleft()
        if expected is not None:
            same("work", self.ports.read("work"), expected)

    def _work(self, tick: Tick, ages: tuple[Descriptor, ...]) -> int:
        expected, shift = 0, 0
        for part in self.schedule.junctions:
            work = self.model.work(part, tick, ages)
            inputs = self._pack(work.forward), self._pack(work.backward)
            begun = self.issued >= part.pace.offset
            fields = (work.position, begun, work.ends_cycle, *inputs)
            for value, bits in zip(fields, self.work_bits, strict=True):
                expected |= value << shift
                shift += bits
        return expected

    def _count(self, tick: Tick) -> None:
        if tick.beat is not None:
            self.inputs += tick.beat == self.schedule.beats - 1
        is_last = self.model.position == self.schedule.block_cycle - 1
        self.mid_load += is_last and self.model.loading and not tick.ends_block
