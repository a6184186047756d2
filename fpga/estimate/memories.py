"""Where yosys puts a memory: block RAM, LUT RAM, or logic.

It takes what it holds for cheapest (its pass ``memory_libmap``): each kind of RAM has a cost, and a
bit in logic one as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from fpga.estimate.bill import Memory, Rom

# memory_libmap's weights; found in which of small memories it leaves in logic.
ROM_BIT = 1 / 16
"""Of a bit of a table in logic; a bit that is written costs 1."""
JOINED = 0.5
"""Of a bit of each multiplexer that joins RAMs in depth."""
NOT_SHARED = 1
"""Of a read port apart from the write port."""
FORWARDED = 7
"""Of a read that sees the write of its own clock."""


@dataclass(frozen=True)
class Kind:
    """A RAM of a family.

    Attributes:
        shapes: (words, bits) that one can be.
        cost: of one, to yosys.
        luts: of one, where it is made of look-up tables.
        blocks: of one, where it is a block.
        ports: read ports of one beside its write port; of a table, with the write port's.
    """

    shapes: tuple[tuple[int, int], ...]
    cost: float
    luts: int = 0
    blocks: float = 0
    ports: int = 1


@dataclass(frozen=True)
class Placed:
    """What a memory became: ``count`` of a kind, ``deep`` of them for its depth; or logic."""

    kind: Kind | None
    count: int = 0
    deep: int = 1


def place_memory(kinds: tuple[Kind, ...], memory: Memory) -> Placed:
    """The cheapest way, to yosys, to build a memory that is written."""
    more = NOT_SHARED + (FORWARDED if memory.transparent else 0)
    return _cheapest(kinds, memory.width, memory.depth, 0, memory.width * memory.depth, more)


def place_rom(kinds: tuple[Kind, ...], rom: Rom) -> Placed:
    """The cheapest way, to yosys, to build a table."""
    logic = rom.columns * rom.rows * ROM_BIT
    return _cheapest(kinds, rom.columns, rom.rows, rom.ports, logic, NOT_SHARED * rom.ports)


def _cheapest(
    kinds: tuple[Kind, ...], width: int, depth: int, ports: int, logic: float, more: float
) -> Placed:
    best, cheapest = Placed(None), logic
    for kind in kinds:
        for words, bits in kind.shapes:
            deep = -(-depth // words)
            joined = (deep - 1) * width * max(1, ports) + deep * (deep > 1 and not ports)
            copies = -(-ports // kind.ports) if ports else 1
            cost = kind.cost * -(-deep * width // bits) * copies + JOINED * joined + more
            if cost < cheapest:
                best, cheapest = Placed(kind, deep * -(-width // bits) * copies, deep), cost
    return best


def address_bits(memory: Memory) -> int:
    """Bits of an address."""
    return max(1, (memory.depth - 1).bit_length())
