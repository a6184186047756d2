"""The sequencer: position in the block, and which input each junction works on.

Same behaviour, clock by clock, as ``hwsim.sequencer``.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwsim.schedule import JunctionSchedule, Schedule
from rtl_gen.delay import delay
from rtl_gen.interleaver import PRIMING_CLOCKS
from rtl_gen.lanes import Lanes


def descriptor_layout(schedule: Schedule) -> data.StructLayout:
    """What travels with an input."""
    design = schedule.design
    return data.StructLayout(
        {
            "valid": 1,
            "train": 1,
            "label": range(max(2, design.network.layers[-1])),
            "eta_shift": range(design.fixed_point.width),
        }
    )


def work_layout(schedule: Schedule) -> data.StructLayout:
    """What one junction does: issues ``position`` of its junction cycle, for two inputs."""
    descriptor = descriptor_layout(schedule)
    return data.StructLayout(
        {
            "position": range(schedule.block_cycle),
            "issue": 1,
            "ends_cycle": 1,
            "forward": descriptor,
            "backward": descriptor,
        }
    )


def work_clocks(schedule: Schedule) -> int:
    """From an issue to the work of the junctions, out of registers that may lie beside them."""
    return min(1, schedule.control_latency)


class Sequencer(wiring.Component):
    """Control of the whole pipeline.

    Args:
        schedule: the design's schedule.

    Attributes:
        offered (In): a beat is on the input stream; ``incoming`` (In): what travels with it.
        ready (Out): the beat is accepted.
        beat (Out): which beat of its input that is.
        drain (In): run bubbles while inputs are under way and none is offered.
        free (In): the prediction register can take another one.
        advance (Out): the pipeline takes a clock; always so in scheme "prototype".
        position (Out): of the block; issued if ``issue`` (Out).
        ends_block (Out): this is the block's last clock.
        ages (Out): the inputs loaded 1, 2, .. blocks ago.
        work (Out): of every junction, see ``work_layout``; ``work_clocks`` later than ``issue``.
        predicts (Out): the last output of input ``predicted`` (Out) is written in this clock.
        idle (Out): parameters may be accessed, no memory is in use.
        drained (Out): no input is under way.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.layout = descriptor_layout(schedule)
        super().__init__(
            {
                "offered": In(1),
                "incoming": In(self.layout),
                "ready": Out(1),
                "beat": Out(range(max(2, schedule.beats))),
                "drain": In(1),
                "free": In(1),
                "advance": Out(1),
                "position": Out(range(schedule.block_cycle)),
                "issue": Out(1),
                "ends_block": Out(1),
                "ages": Out(Lanes(self.layout, schedule.oldest_age)),
                "work": Out(Lanes(work_layout(schedule), len(schedule.junctions))),
                "predicts": Out(1),
                "predicted": Out(self.layout),
                "idle": Out(1),
                "drained": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        is_skewed = self.schedule.is_skewed
        self.under_way = Signal()
        running, loading = Signal(), Signal()
        awake = delay(m, Const(1), PRIMING_CLOCKS, "awake")
        start, loads, blocked = Signal(), Signal(), Signal()
        # Scheme "prototype" holds a block back before it starts, the other one in any clock.
        may_start = 1 if is_skewed else self.free
        m.d.comb += [
            blocked.eq(self.predicts & ~self.free if is_skewed else 0),
            start.eq(~running & awake & may_start & (self.offered | (self.drain & self.under_way))),
            self.ready.eq(Mux(running, loading, awake & may_start) & ~blocked),
            loads.eq(self.offered & self.ready),
            self.drained.eq(~running & ~self.under_way),
            self.idle.eq((self.drained if is_skewed else ~running) & ~start),
        ]
        still_loading, waits = Signal(), Signal()
        last = self.schedule.block_cycle - 1
        at_end = self._at(m, last, self.position, self.issue, self.ends_block, "at_end")
        last_beat = self.beat == self.schedule.beats - 1
        m.d.comb += [
            still_loading.eq(Mux(running, loading, start & self.offered) & ~(loads & last_beat)),
            waits.eq(blocked | (at_end & still_loading)),
            self.issue.eq((running | start) & ~(waits if is_skewed else 0)),
            self.advance.eq(self.issue | ~awake if is_skewed else 1),
            self.ends_block.eq(self.issue & at_end & ~waits),
        ]
        m.d.sync += loading.eq(still_loading)
        with m.If(start):
            m.d.sync += running.eq(1)
        with m.If(loads):
            m.d.sync += self.beat.eq(Mux(last_beat, 0, self.beat + 1))
        with m.If(self.issue & ~at_end):
            m.d.sync += self.position.eq(self.position + 1)
        with m.If(self.ends_block):
            m.d.sync += [running.eq(0), self.position.eq(0)]
        self._ages(m, start)
        self._predictions(m)
        for part, work in zip(self.schedule.junctions, self.work, strict=True):
            self._work(m, part, work)
        return m

    def _ages(self, m: Module, start: Value) -> None:
        """A shift register of inputs, one step per block."""
        loaded = self.loaded = Signal(self.layout)
        with m.If(start):
            m.d.sync += loaded.eq(Mux(self.offered, self.incoming, 0))
        stay = Cat(loaded.valid, (self.ages[i].valid for i in range(self.schedule.oldest_age - 1)))
        with m.If(self.ends_block):
            m.d.sync += [self.ages.eq(Cat(loaded, self.ages)), self.under_way.eq(stay.any())]

    def _at(
        self, m: Module, place: int, position: Signal, issue: Value, ends: Value, name: str,
        condition: Value | None = None,
    ) -> Signal:  # fmt: skip
        """Whether a position is the one at ``place``, out of a register.

        Args:
            m: the module.
            place: position asked for.
            position, issue, ends: of the block or junction cycle.
            name: of the register.
            condition: what must have held as well, in the clock before.
        """
        here = Signal(init=condition is None and position.init == place, name=name)
        arrives = issue & (position == place - 1) if place else ends
        leaves = ends if place == self.schedule.block_cycle - 1 else issue
        with m.If(arrives):
            m.d.sync += here.eq(1 if condition is None else condition)
        with m.Elif(leaves):
            m.d.sync += here.eq(0)
        return here

    def _predictions(self, m: Module) -> None:
        schedule = self.schedule
        if not schedule.is_skewed:  # with the block, in which the last output has been written
            m.d.comb += [
                self.predicted.eq(self.ages[schedule.junctions[-1].forward_age - 1]),
                self.predicts.eq(self.ends_block & self.predicted.valid),
            ]
            return
        age, position = divmod(schedule.prediction_clock, schedule.block_cycle)
        before = self.ages[age - 1]
        if not position:  # it is a block older when its last output is written
            before = self.ages[age - 2] if age > 1 else self.loaded
        block = self.position, self.issue, self.ends_block
        m.d.comb += [
            self.predicted.eq(self.ages[age - 1]),
            self.predicts.eq(self._at(m, position, *block, "predicts_now", before.valid)),
        ]

    def _work(self, m: Module, part: JunctionSchedule, work: data.View) -> None:
        """What a junction does; one that is behind the block has registers of its own."""
        name, clocks = f"{part.shape.index}", work_clocks(self.schedule)
        forward, backward = self.ages[part.forward_age - 1], 0
        if not part.inference:
            backward = self.ages[part.backward_age - 1]
        issue = delay(m, self.issue, clocks, f"issue_{name}")
        if part.pace.offset:
            self._behind(m, part, work, issue, forward, backward)
            return
        m.d.comb += work.issue.eq(issue)
        said = {"position": self.position, "ends_cycle": self.ends_block,
                "forward": forward, "backward": backward}  # fmt: skip
        for field, value in said.items():
            m.d.comb += work[field].eq(delay(m, Value.cast(value), clocks, f"{field}_{name}"))

    def _behind(
        self, m: Module, part: JunctionSchedule, work: data.View, issue: Value,
        forward: data.View, backward: Any,
    ) -> None:  # fmt: skip
        """Work that is ``offset`` clocks behind the block.

        As it is said a clock late, a cycle may end in the clock in which a block does: it takes the
        ages as they were before.
        """
        cycle, name = self.schedule.block_cycle, f"{part.shape.index}"
        position = Signal(range(cycle), init=-part.pace.offset % cycle, name=f"position_{name}")
        forward_now = Signal(self.layout, name=f"forward_{name}")
        backward_now = Signal(self.layout, name=f"backward_{name}")
        begun, ends_cycle = Signal(name=f"begun_{name}"), Signal(name=f"ends_cycle_{name}")
        at_end = self._at(m, cycle - 1, position, issue, ends_cycle, f"at_end_{name}")
        m.d.comb += [
            ends_cycle.eq(issue & at_end),
            work.position.eq(position),
            work.issue.eq(issue & begun),
            work.ends_cycle.eq(ends_cycle),
            work.forward.eq(forward_now),
            work.backward.eq(backward_now),
        ]
        with m.If(issue):
            m.d.sync += position.eq(Mux(ends_cycle, 0, position + 1))
        with m.If(ends_cycle):
            m.d.sync += [begun.eq(1), forward_now.eq(forward), backward_now.eq(backward)]
