"""An AXI4-Lite subordinate in front of registers: one access at a time.

Port names are those of AMBA AXI4-Lite with prefix ``s_axi_``; protection bits are left out. A write
takes 2 clocks, a read 3.
"""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

OKAY, SLVERR = 0, 2
DATA_BITS = 32


def axi_lite_ports(address_bits: int) -> dict[str, wiring.Member]:
    """The bus as its subordinate sees it."""
    return {
        "s_axi_awaddr": In(address_bits),
        "s_axi_awvalid": In(1),
        "s_axi_awready": Out(1),
        "s_axi_wdata": In(DATA_BITS),
        "s_axi_wstrb": In(DATA_BITS // 8),
        "s_axi_wvalid": In(1),
        "s_axi_wready": Out(1),
        "s_axi_bresp": Out(2),
        "s_axi_bvalid": Out(1),
        "s_axi_bready": In(1),
        "s_axi_araddr": In(address_bits),
        "s_axi_arvalid": In(1),
        "s_axi_arready": Out(1),
        "s_axi_rdata": Out(DATA_BITS),
        "s_axi_rresp": Out(2),
        "s_axi_rvalid": Out(1),
        "s_axi_rready": In(1),
    }


class AxiLite(wiring.Component):
    """Turns bus transfers into strobes.

    Args:
        address_bits: of a byte address.

    Attributes:
        write (Out): ``write_word`` (Out, address / 4) takes ``write_data`` (Out) in this clock,
            unless ``write_refused`` (In) makes it an error.
        read (Out): ``read_word`` (Out) is read in this clock, unless ``read_refused`` (In);
            ``read_data`` (In) belongs to the clock after.

    A write that does not carry all four bytes is an error and changes nothing.
    """

    def __init__(self, *, address_bits: int) -> None:
        word = address_bits - 2
        super().__init__(
            axi_lite_ports(address_bits)
            | {
                "write": Out(1),
                "write_word": Out(word),
                "write_data": Out(DATA_BITS),
                "write_refused": In(1),
                "read": Out(1),
                "read_word": Out(word),
                "read_data": In(DATA_BITS),
                "read_refused": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self._writes(m)
        self._reads(m)
        return m

    def _writes(self, m: Module) -> None:
        accept, whole = Signal(), Signal()
        m.d.comb += [
            accept.eq(self.s_axi_awvalid & self.s_axi_wvalid & ~self.s_axi_bvalid),
            whole.eq(self.s_axi_wstrb.all()),
            self.s_axi_awready.eq(accept),
            self.s_axi_wready.eq(accept),
            self.write.eq(accept & whole),
            self.write_word.eq(self.s_axi_awaddr[2:]),
            self.write_data.eq(self.s_axi_wdata),
        ]
        with m.If(self.s_axi_bready):
            m.d.sync += self.s_axi_bvalid.eq(0)
        with m.If(accept):
            m.d.sync += self.s_axi_bvalid.eq(1)
            m.d.sync += self.s_axi_bresp.eq(OKAY)
            with m.If(self.write_refused | ~whole):
                m.d.sync += self.s_axi_bresp.eq(SLVERR)

    def _reads(self, m: Module) -> None:
        accept, waiting = Signal(), Signal()
        m.d.comb += [
            accept.eq(self.s_axi_arvalid & ~waiting & ~self.s_axi_rvalid),
            self.s_axi_arready.eq(accept),
            self.read.eq(accept),
            self.read_word.eq(self.s_axi_araddr[2:]),
        ]
        m.d.sync += waiting.eq(accept)
        with m.If(self.s_axi_rready):
            m.d.sync += self.s_axi_rvalid.eq(0)
        with m.If(accept):
            m.d.sync += self.s_axi_rresp.eq(OKAY)
            with m.If(self.read_refused):
                m.d.sync += self.s_axi_rresp.eq(SLVERR)
        with m.If(waiting):
            m.d.sync += [self.s_axi_rdata.eq(self.read_data), self.s_axi_rvalid.eq(1)]
