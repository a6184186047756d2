"""A memory of many block RAMs: as deep as they go, so that little has to be chosen between.

A word lies side by side in blocks that are as deep as the memory is, each of which keeps as many of
its bits as one so deep can. What is deeper than the deepest block is in several parts.
"""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from rtl_gen.interleaver import index_shape
from rtl_gen.wire import wire

BLOCK_WIDTHS = {1 << 10: 18, 1 << 11: 9, 1 << 12: 4, 1 << 13: 2, 1 << 14: 1}
"""Bits of a word in a block RAM, by its words: ECP5, and half a block of series-7."""

BLOCK_BITS = 18 << 10

BLOCK_WORDS = max(BLOCK_WIDTHS)

READ_CLOCKS = 2
"""From a word's address to the word: through the block RAM, and into the register behind it."""


def block_width(depth: int) -> int:
    """Bits of a word that one block RAM keeps of a part that is so deep."""
    return next(width for words, width in BLOCK_WIDTHS.items() if depth <= words)


def part_depths(depth: int) -> list[int]:
    """Words of each part."""
    return [min(BLOCK_WORDS, depth - first) for first in range(0, depth, BLOCK_WORDS)]


def blocks(width: int, depth: int) -> int:
    """Block RAMs of ``BLOCK_BITS`` that a ``DeepMemory`` takes."""
    return sum(-(-width // block_width(part)) for part in part_depths(depth))


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
        parts = [self._part(m, i, depth) for i, depth in enumerate(part_depths(self.depth))]
        which = [Signal(range(len(parts)), name=f"which_{i}") for i in range(READ_CLOCKS)]
        with m.If(self.reads):
            m.d.sync += [which[0].eq(self.word // BLOCK_WORDS), which[1].eq(which[0])]
        m.d.comb += self.read_data.eq(Array(parts)[which[1]])
        return m

    def _part(self, m: Module, number: int, depth: int) -> Value:
        """A row of block RAMs, and the word that was read there last."""
        written = wire(m, self.write & (self.word // BLOCK_WORDS == number), f"written_{number}")
        step = block_width(depth)
        return Cat(
            self._block(
                m, f"{number}_{first}", depth, written, self.write_data[first : first + step]
            )
            for first in range(0, self.width, step)
        )

    def _block(self, m: Module, name: str, depth: int, written: Value, write_data: Value) -> Signal:
        """One block RAM with some bits of the words, and what was read there last."""
        width = len(write_data)
        m.submodules[f"block_{name}"] = memory = Memory(shape=width, depth=max(2, depth), init=[])
        write, read = memory.write_port(), memory.read_port()
        kept = Signal(width, name=f"kept_{name}", reset_less=True)
        m.d.comb += [
            write.en.eq(written),
            write.addr.eq(self.word),
            write.data.eq(write_data),
            read.en.eq(self.reads),
            read.addr.eq(self.word),
        ]
        with m.If(self.reads):
            m.d.sync += kept.eq(read.data)
        return kept
