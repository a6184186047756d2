"""Banked memories; the same banks and ports as ``hwsim.memory``.

Element k lies in bank k % banks, word k // banks. A write in one clock is read from the next clock
on; data follows its address by one clock.
"""

from __future__ import annotations

from amaranth.hdl import Module, Shape, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from rtl_gen.lanes import Lanes, fill


class BankedMemory(wiring.Component):
    """One copy: ``banks`` memories side by side, each with an address of its own.

    Every bank has a read and a write port, as memories of FPGAs have them. Where the model has a
    single port (``hwsim.memory``), a bank that is written is not read in that clock.

    Args:
        shape: of an element.
        size: elements.
        banks: memories.
        transparent: whether a read sees the write of its own clock: the forwarding that delta
            accumulation needs.
        write_domain: clock domain of the write port.
    """

    def __init__(
        self, *, shape: Shape, size: int, banks: int, transparent: bool = False,
        write_domain: str = "sync",
    ) -> None:  # fmt: skip
        self.shape = shape
        self.depth = max(2, -(-size // banks))  # a memory of one word would have no address
        self.banks = banks
        self.transparent = transparent
        self.write_domain = write_domain
        self.word_shape = unsigned((self.depth - 1).bit_length())
        super().__init__(
            {
                "read_word": In(Lanes(self.word_shape, banks)),
                "read_data": Out(Lanes(shape, banks)),
                "write_enable": In(banks),
                "write_word": In(Lanes(self.word_shape, banks)),
                "write_data": In(Lanes(shape, banks)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        read_data = []
        for bank in range(self.banks):
            memory = Memory(shape=self.shape, depth=self.depth, init=[])
            m.submodules[f"bank_{bank}"] = memory
            write = memory.write_port(domain=self.write_domain)
            read = memory.read_port(transparent_for=[write] if self.transparent else [])
            m.d.comb += [
                write.en.eq(self.write_enable[bank]),
                write.addr.eq(self.write_word[bank]),
                write.data.eq(self.write_data[bank]),
                read.addr.eq(self.read_word[bank]),
            ]
            read_data.append(read.data)
        m.d.comb += fill(self.read_data, read_data)
        return m
