"""A skid buffer: cuts the way back that readiness takes through a chain of streams."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class Skid(wiring.Component):
    """A register for the payload on offer, and a spare one for what comes when that is stuck.

    One payload per clock; nothing combinational from one side to the other.

    Args:
        shape: of the payload.

    Attributes:
        taken (In), offered (Out): the streams.
    """

    def __init__(self, shape: object) -> None:
        super().__init__(
            {"taken": In(stream.Signature(shape)), "offered": Out(stream.Signature(shape))}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        taken, offered = self.taken, self.offered
        spare, full = Signal.like(taken.payload), Signal()
        m.d.comb += taken.ready.eq(~full)
        with m.If(~full):
            m.d.sync += spare.eq(taken.payload)
        with m.If(~offered.valid | offered.ready):
            m.d.sync += [
                offered.valid.eq(full | taken.valid),
                offered.payload.eq(Mux(full, spare, taken.payload)),
                full.eq(0),
            ]
        with m.Elif(~full):
            m.d.sync += full.eq(taken.valid)
        return m
