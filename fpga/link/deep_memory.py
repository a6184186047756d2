"""A memory that is deeper than a block RAM: several, with registers before they come together."""

from __future__ import annotations

from amaranth.hdl import Array, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from rtl_gen.interleaver import index_shape

BLOCK_WORDS = 1 << 14
"""The deepest block RAM of ECP5; those of series-7 are deeper."""

READ_CLOCKS = 2
"""From a word's address to the word: through the block RAM, and into the register behind it."""


class DeepMemory(wiring.Component):
    """One port to write, another to read.

    Block RAM is slow: nothing but wire lies between one and the register behind it.

    Args:
        width: bits of a word.
        depth: words, at least 1.

    Attributes:
        write_enable (In): write ``write_data`` (In) to ``write_word`` (In).
        read_enable (In): the read port takes a clock.
        read_word (In): whose value is ``read_data`` (Out) ``READ_CLOCKS`` such clocks later.
    """

    def __init__(self, *, width: int, depth: int) -> None:
        self.width, self.depth = width, depth
        super().__init__(
            {
                "write_enable": In(1),
                "write_word": In(index_shape(depth)),
                "write_data": In(width),
                "read_enable": In(1),
                "read_word": In(index_shape(depth)),
                "read_data": Out(width),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        parts = [
            self._part(m, i, min(BLOCK_WORDS, self.depth - first))
            for i, first in enumerate(range(0, self.depth, BLOCK_WORDS))
        ]
        reading, read = (Signal(range(len(parts)), name=name) for name in ("reading", "read"))
        with m.If(self.read_enable):
            m.d.sync += [reading.eq(self.read_word // BLOCK_WORDS), read.eq(reading)]
        m.d.comb += self.read_data.eq(Array(parts)[read])
        return m

    def _part(self, m: Module, number: int, depth: int) -> Signal:
        """One block's worth of words, and what was read there last."""
        m.submodules[f"part_{number}"] = memory = Memory(
            shape=self.width, depth=max(2, depth), init=[]
        )
        write, read = memory.write_port(), memory.read_port()
        kept = Signal(self.width, name=f"kept_{number}")
        is_here = self.write_word // BLOCK_WORDS == number
        m.d.comb += [
            write.en.eq(self.write_enable & is_here),
            write.addr.eq(self.write_word),
            write.data.eq(self.write_data),
            read.en.eq(self.read_enable),
            read.addr.eq(self.read_word),
        ]
        with m.If(self.read_enable):
            m.d.sync += kept.eq(read.data)
        return kept
