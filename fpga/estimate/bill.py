"""A bill of materials: what a block is built from, before anybody maps it to an FPGA.

Pieces are counted as the RTL has them after what is equal has been merged: two chains of registers
behind one signal share their first ones, as they do after synthesis.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Memory:
    """Equal memories, ``count`` of them, each with a write port and a synchronous read port.

    Attributes:
        width, depth: bits of a word, words.
        count: how many.
        transparent: a read sees the write of its own clock.
        used_bits: of all, as ``hwsim.memory_bits`` counts them; a bank of one word is built with 2.
    """

    width: int
    depth: int
    count: int
    transparent: bool = False
    used_bits: int = 0


@dataclass(frozen=True)
class Rom:
    """A table with ``ports`` synchronous read ports.

    ``columns`` are its different bits per word, ``rows`` its different addresses.
    """

    columns: int
    rows: int
    ports: int = 1


@dataclass(frozen=True)
class Multiplier:
    """Equal multipliers, and whether a register keeps their raw product."""

    left: int
    right: int
    count: int
    product_registers: bool = False

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
        self, what: str, bits: int, clocks: int, *, reset: bool = False, multiplied: bool = False
    ) -> None:
        """Registers behind ``what``, which is read again after so many clocks.

        Args:
            what: names the chain.
            bits: side by side.
            clocks: one behind the other.
            reset: whether they have a reset.
            multiplied: they end in multipliers, and nowhere else.
        """
        if bits and clocks > 0:
            key = f"{what}, reset" if reset else what
            chain = self.chains.setdefault(key, Chain(bits, reset, multiplied))
            chain.read_after.add(clocks)

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
        multiplied: the last of them is in front of a multiplier, whose own it can be.
        read_after: clocks after which they are read.
    """

    bits: int
    reset: bool
    multiplied: bool = False
    read_after: set[int] = field(default_factory=set)

    def flip_flops(self, *, in_multipliers: bool) -> int:
        """How many there are, without those that are in multipliers."""
        return self.bits * (max(self.read_after) - (self.multiplied and in_multipliers))
