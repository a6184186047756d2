"""The sequencer: position in the block, and which input each stage works on.

Same behaviour, clock by clock, as ``hwsim.sequencer``.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwsim.schedule import Schedule
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
        position (Out): of the block; issued if ``issue`` (Out).
        restart (Out): the next position is 0.
        ends_block (Out): this is the block's last clock.
        ages (Out): the inputs loaded 1, 2, .. blocks ago.
        idle (Out): waiting between blocks, no memory is in use.
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
                "position": Out(range(schedule.block_cycle)),
                "issue": Out(1),
                "restart": Out(1),
                "ends_block": Out(1),
                "ages": Out(Lanes(self.layout, schedule.oldest_age)),
                "idle": Out(1),
                "drained": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        awake, running, loading = Signal(), Signal(), Signal()
        start, loads, at_end = Signal(), Signal(), Signal()
        under_way = Cat(self.ages[i].valid for i in range(self.schedule.oldest_age)).any()
        loaded = Signal(self.layout)
        m.d.sync += awake.eq(1)  # tables that are read one clock ahead need that clock after reset
        m.d.comb += [
            start.eq(~running & awake & self.free & (self.offered | (self.drain & under_way))),
            self.ready.eq(Mux(running, loading, awake & self.free)),
            loads.eq(self.offered & self.ready),
            self.issue.eq(running | start),
            at_end.eq(self.position == self.schedule.block_cycle - 1),
            self.drained.eq(~running & ~under_way),
            self.idle.eq(~running & ~start),
        ]
        still_loading = Signal()
        last_beat = self.beat == self.schedule.beats - 1
        m.d.comb += [
            still_loading.eq(Mux(running, loading, start & self.offered) & ~(loads & last_beat)),
            self.ends_block.eq(self.issue & at_end & ~still_loading),
            self.restart.eq(self.ends_block),
        ]
        m.d.sync += loading.eq(still_loading)
        with m.If(start):
            m.d.sync += running.eq(1)
            m.d.sync += loaded.eq(Mux(self.offered, self.incoming, 0))
        with m.If(loads):
            m.d.sync += self.beat.eq(Mux(last_beat, 0, self.beat + 1))
        with m.If(self.issue & ~at_end):
            m.d.sync += self.position.eq(self.position + 1)
        with m.If(self.ends_block):
            m.d.sync += [running.eq(0), self.position.eq(0)]
            m.d.sync += self.ages.eq(Cat(loaded, self.ages))
        return m
