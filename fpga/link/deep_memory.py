"""A memory that is deeper than a block RAM: several, with registers before they come together."""

from __future__ import annotations

from amaranth.hdl import Array, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from rtl_gen.interleaver import index_shape
from rtl_gen.wire import wire

BLOCK_WORDS = 1 << 14
"""The deepest block RAM of ECP5; those of series-7 are deeper."""

READ_CLOCKS = 2
"""From a word's address to the word: through the block RAM, and into the register behind it."""


class DeepMemory(wiring.Component):
    """One port, to write or to read.

    Block RAM is slow: nothing lies between one and the register behind it, which may be its own.

    Args:
        width: bits of a word.
        depth: words, at least 1.

    Attributes:
        word (In): what is accessed, below ``depth``.
        write (In): it becomes ``write_data`` (In); nothing is read in that clock.
        read (In): it comes out at ``read_data`` (Out) ``READ_CLOCKS`` clocks later; only clocks
            that read count.
    """

    def __init__(self, *, width: int, depth: int) -> None:
        self.width, self.depth = width, depth
        super().__init__(
            {
                "word": In(index_shape(depth)),
                "write": In(1),
                "write_data": In(width),
                "read": In(1),
                "read_data": Out(width),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.reads = wire(m, self.read & ~self.write, "reads")
        parts = [
            self._part(m, i, min(BLOCK_WORDS, self.depth - first))
            for i, first in enumerate(range(0, self.depth, BLOCK_WORDS))
        ]
        which = [Signal(range(len(parts)), name=f"which_{i}") for i in range(READ_CLOCKS)]
        with m.If(self.reads):
            m.d.sync += [which[0].eq(self.word // BLOCK_WORDS), which[1].eq(which[0])]
        m.d.comb += self.read_data.eq(Array(parts)[which[1]])
        return m

    def _part(self, m: Module, number: int, depth: int) -> Signal:
        """One block's worth of words, and what was read there last."""
        m.submodules[f"part_{number}"] = memory = Memory(
            shape=self.width, depth=max(2, depth), init=[]
        )
        write, read = memory.write_port(), memory.read_port()
        kept = Signal(self.width, name=f"kept_{number}", reset_less=True)
        m.d.comb += [
            write.en.eq(self.write & (self.word // BLOCK_WORDS == number)),
            write.addr.eq(self.word),
            write.data.eq(self.write_data),
            read.en.eq(self.reads),
            read.addr.eq(self.word),
        ]
        with m.If(self.reads):
            m.d.sync += kept.eq(read.data)
        return kept
