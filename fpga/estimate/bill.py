"""A bill of materials: what a block is built from, before anybody maps it to an FPGA.

Pieces are counted as the RTL has them after what is equal has been merged: two chains of registers
behind one signal share their first ones, as they do after synthesis.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import Enum

from rtl_gen.delay import AROUND, LINE_CLOCKS


class Beside(Enum):
    """Whether registers are beside multipliers."""

    NO = "no"
    ONE = "before them, of one operand; the other comes out of logic"
    BOTH = "before them, of both operands"
    PRODUCT = "behind them, and before what saturates"


NO, ONE, BOTH, PRODUCT = Beside


@dataclass(frozen=True)
class Memory:
    """Equal memories, ``count`` of them, each with a write port and a synchronous read port.

    Attributes:
        width, depth: bits of a word, words.
        count: how many.
        transparent: a read sees the write of its own clock.
        enabled: it can wait for a clock.
        unread: bits that nobody reads; yosys notices when it has chosen a RAM.
    """

    width: int
    depth: int
    count: int
    transparent: bool = False
    enabled: bool = False
    unread: int = 0

    @property
    def read_bits(self) -> int:
        return self.width - self.unread


@dataclass(frozen=True)
class Rom:
    """A table with synchronous read ports.

    Attributes:
        columns: different bits of a word.
        rows: words.
        ports: of them.
        chunks: where neighbouring rows differ little, by rows of a chunk, how many of those columns
            and chunks that are read hold both zeros and ones, each different one once.
        unread: columns that nobody reads; yosys notices when it has chosen a RAM.
    """

    columns: int
    rows: int
    ports: int = 1
    unread: int = 0
    chunks: dict[int, int] = field(default_factory=dict)

    @property
    def read_bits(self) -> int:
        return self.columns - self.unread


@dataclass(frozen=True)
class Multiplier:
    """Equal multipliers.

    Attributes:
        left, right: bits of the operands.
        count: how many.
        kept_bits: of a raw product, in a register.
        varying: bits of the right operand that are not all equal; in logic only these count.
    """

    left: int
    right: int
    count: int
    kept_bits: int = 0
    varying: int = 0

    @property
    def one(self) -> Multiplier:
        return replace(self, count=1)


@dataclass
class Bill:
    """What one block is built from.

    Attributes:
        registers: single bits with a reset or an enable of their own, or read as they are.
        chains: by what they delay: bits, whether they are reset, and after how many clocks they
            are read.
        adders: carry chains, by width.
        full_adders: bits in which three numbers become two.
        muxes: bits, by the number of inputs.
        masks: bits that are let through or 0.
        saturations: by (bits of the result, bits above it).
        equals: comparisons for equality, by bits of an operand.
        gates: everything else, in two-input gates.
    """

    name: str
    registers: int = 0
    chains: dict[str, Chain] = field(default_factory=dict)
    adders: Counter[int] = field(default_factory=Counter)
    full_adders: int = 0
    muxes: Counter[int] = field(default_factory=Counter)
    masks: int = 0
    saturations: Counter[tuple[int, int]] = field(default_factory=Counter)
    equals: Counter[int] = field(default_factory=Counter)
    gates: float = 0
    memories: list[Memory] = field(default_factory=list)
    roms: list[Rom] = field(default_factory=list)
    multipliers: list[Multiplier] = field(default_factory=list)

    def delay(
        self, what: str, bits: int, clocks: int, *, reset: bool = False, beside: Beside = NO
    ) -> None:
        """Registers behind ``what``, which is read again after so many clocks.

        Args:
            what: names the chain.
            bits: side by side.
            clocks: one behind the other.
            reset: whether they have a reset.
            beside: whether multipliers are there.
        """
        if bits and clocks >= LINE_CLOCKS:
            self._line(what, bits, clocks - AROUND)
        elif bits and clocks > 0:
            key = f"{what}, reset" if reset else what
            chain = self.chains.setdefault(key, Chain(bits, reset))
            chain.read_after.add((clocks, beside))

    def _line(self, what: str, bits: int, depth: int) -> None:
        """A memory that goes round; its counter is the same for all of that depth."""
        self.memories.append(Memory(bits, depth, 1, enabled=True))
        counter = (depth - 1).bit_length()
        self.chains[f"round {depth}"] = Chain(counter + 1, reset=True, read_after={(1, NO)})
        self.chains[f"{what}, after {depth}"] = Chain(bits, reset=True, read_after={(1, NO)})

    def add(self, width: int, count: int = 1) -> None:
        """Adders, subtractors or comparisons of size."""
        if count:
            self.adders[width] += count

    def choose(self, inputs: int, bits: int) -> None:
        """Multiplexers of ``bits`` in all, each of one of some inputs."""
        if inputs > 1:
            self.muxes[inputs] += bits


@dataclass
class Chain:
    """Registers one behind the other, side by side for every bit.

    Attributes:
        bits: side by side.
        reset: whether they have a reset.
        read_after: clocks after which they are read, and whether beside multipliers.
    """

    bits: int
    reset: bool
    read_after: set[tuple[int, Beside]] = field(default_factory=set)

    def runs(self, taken: dict[Beside, int]) -> list[int]:
        """Clocks between the places where it is read.

        Args:
            taken: how many of the last registers are a multiplier's own, by where they are.
        """
        taps = sorted({max(0, clocks - taken.get(by, 0)) for clocks, by in self.read_after})
        return [here - before for before, here in zip([0, *taps], taps, strict=False)]
