"""An AXI4-Lite subordinate in front of registers: one access at a time.

Port names are those of AMBA AXI4-Lite with prefix ``s_axi_``; protection bits are left out. A write
takes 3 clocks, a read 3 and those that data need. What a transfer says is kept in registers first.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal
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
        read_clocks: from ``read`` to its data.

    Attributes:
        write (Out): ``write_word`` (Out, address / 4) takes ``write_data`` (Out) in this clock,
            unless ``write_refused`` (In) makes it an error.
        read (Out): ``read_word`` (Out) is read in this clock, unless ``read_refused`` (In);
            ``read_data`` (In) comes ``read_clocks`` later. The word stays until then.

    A write that does not carry all four bytes is an error and changes nothing.
    """

    def __init__(self, *, address_bits: int, read_clocks: int) -> None:
        self.read_clocks = read_clocks
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
        accept, taken, carries_all = Signal(), Signal(), Signal()
        m.d.comb += [
            accept.eq(self.s_axi_awvalid & self.s_axi_wvalid & ~taken & ~self.s_axi_bvalid),
            self.s_axi_awready.eq(accept),
            self.s_axi_wready.eq(accept),
            self.write.eq(taken & carries_all),
        ]
        m.d.sync += taken.eq(accept)
        with m.If(accept):
            m.d.sync += [
                carries_all.eq(self.s_axi_wstrb.all()),
                self.write_word.eq(self.s_axi_awaddr[2:]),
                self.write_data.eq(self.s_axi_wdata),
            ]
        with m.If(self.s_axi_bready):
            m.d.sync += self.s_axi_bvalid.eq(0)
        with m.If(taken):
            m.d.sync += self.s_axi_bvalid.eq(1)
            m.d.sync += self.s_axi_bresp.eq(OKAY)
            with m.If(self.write_refused | ~carries_all):
                m.d.sync += self.s_axi_bresp.eq(SLVERR)

    def _reads(self, m: Module) -> None:
        accept, waiting = Signal(), Signal(self.read_clocks + 1)
        m.d.comb += [
            accept.eq(self.s_axi_arvalid & ~waiting.any() & ~self.s_axi_rvalid),
            self.s_axi_arready.eq(accept),
            self.read.eq(waiting[0]),
        ]
        m.d.sync += waiting.eq(Cat(accept, waiting))
        with m.If(accept):
            m.d.sync += self.read_word.eq(self.s_axi_araddr[2:])
        with m.If(self.s_axi_rready):
            m.d.sync += self.s_axi_rvalid.eq(0)
        with m.If(self.read):
            m.d.sync += self.s_axi_rresp.eq(OKAY)
            with m.If(self.read_refused):
                m.d.sync += self.s_axi_rresp.eq(SLVERR)
        with m.If(waiting[-1]):
            m.d.sync += [self.s_axi_rdata.eq(self.read_data), self.s_axi_rvalid.eq(1)]
