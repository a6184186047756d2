"""The manager of an AXI4-Lite bus: one access at a time."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl_gen.axi_lite import DATA_BITS, OKAY, axi_lite_ports


class Bus(wiring.Component):
    """Accesses for ``rtl_gen.axi_lite.AxiLite``, which takes a write's address with its data.

    Args:
        address_bits: of a byte address.

    Attributes:
        s_axi_*: the bus, to the ports of those names.
        address, write_data, write, read (In): an access, steady until ``finished`` (Out).
        refused, read_data (Out): how it ended, in that clock.
    """

    def __init__(self, *, address_bits: int) -> None:
        ports = {name: member.flip() for name, member in axi_lite_ports(address_bits).items()}
        super().__init__(
            ports
            | {
                "address": In(address_bits),
                "write_data": In(DATA_BITS),
                "write": In(1),
                "read": In(1),
                "finished": Out(1),
                "refused": Out(1),
                "read_data": Out(DATA_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [
            self.s_axi_awaddr.eq(self.address),
            self.s_axi_araddr.eq(self.address),
            self.s_axi_wdata.eq(self.write_data),
            self.s_axi_wstrb.eq(-1),
            self.s_axi_bready.eq(1),
            self.s_axi_rready.eq(1),
            self.read_data.eq(self.s_axi_rdata),
        ]
        with m.FSM():
            with m.State("IDLE"):
                with m.If(self.write):
                    m.next = "WRITE"
                with m.If(self.read):
                    m.next = "READ"
            with m.State("WRITE"):
                m.d.comb += [self.s_axi_awvalid.eq(1), self.s_axi_wvalid.eq(1)]
                with m.If(self.s_axi_awready & self.s_axi_wready):
                    m.next = "WRITTEN"
            with m.State("WRITTEN"):
                m.d.comb += self.refused.eq(self.s_axi_bresp != OKAY)
                with m.If(self.s_axi_bvalid):
                    m.d.comb += self.finished.eq(1)
                    m.next = "IDLE"
            with m.State("READ"):
                m.d.comb += self.s_axi_arvalid.eq(1)
                with m.If(self.s_axi_arready):
                    m.next = "DATA"
            with m.State("DATA"):
                m.d.comb += self.refused.eq(self.s_axi_rresp != OKAY)
                with m.If(self.s_axi_rvalid):
                    m.d.comb += self.finished.eq(1)
                    m.next = "IDLE"
        return m
