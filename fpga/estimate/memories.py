"""Where yosys puts a memory: block RAM, LUT RAM, or logic.

It takes what it holds for cheapest (its pass ``memory_libmap``): each kind of RAM has a cost, and a
bit in logic one as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from fpga.estimate.bill import Memory, Rom

# memory_libmap's weights; found in which of small memories it leaves in logic.
JOINED = 0.5
"""Of a bit of each multiplexer that joins RAMs in depth."""
NOT_SHARED = 2
"""Of a read port apart from the write port."""
AROUND = 6
"""Of logic that lets a read see the write of its own clock, or what was there before."""


@dataclass(frozen=True)
class Kind:
    """A RAM of a family.

    Attributes:
        shapes: (words, bits) that one can be.
        cost: of one, to yosys; of it the part ``by_bit`` grows with the bits used.
        luts: of one, where it is made of look-up tables.
        blocks: of one, where it is a block.
        ports: read ports of one, where it is a table.
        reads_old: a read in the clock of a write gets what was there; others need logic around it.
    """

    shapes: tuple[tuple[int, int], ...]
    cost: float
    luts: int = 0
    blocks: float = 0
    ports: int = 1
    by_bit: float = 0
    reads_old: bool = True


@dataclass(frozen=True)
class Placed:
    """What a memory became: ``count`` of a kind, ``deep`` of them for its depth; or logic.

    ``cost`` is what yosys takes it for.
    """

    kind: Kind | None
    count: int = 0
    deep: int = 1
    cost: float = 0


def place_memory(kinds: tuple[Kind, ...], memory: Memory) -> Placed:
    """The cheapest way, to yosys, to build a memory that is written."""
    logic = memory.width * memory.depth
    best = Placed(None, cost=logic)
    for kind in kinds:
        more = NOT_SHARED
        if memory.transparent or not kind.reads_old:
            more += AROUND
        placed = _cheapest((kind,), memory.width, memory.depth, 0, best.cost, more, memory.unread)
        best = placed if placed.kind else best
    return best


def place_rom(kinds: tuple[Kind, ...], rom: Rom, rows_per_bit: int) -> Placed:
    """The cheapest way, to yosys, to build a table; so many rows of it cost 1 per bit."""
    logic = rom.columns * rom.rows / rows_per_bit
    shape = (rom.columns, rom.rows)
    return _cheapest(kinds, *shape, rom.ports, logic, NOT_SHARED * rom.ports, rom.unread)


def _cheapest(
    kinds: tuple[Kind, ...], width: int, depth: int, ports: int, logic: float, more: float,
    unread: int = 0,
) -> Placed:  # fmt: skip
    best, cheapest = Placed(None, cost=logic), logic
    for kind in kinds:
        for words, bits in kind.shapes:
            deep = -(-depth // words)
            joined = (deep - 1) * width * max(1, ports) + deep * (deep > 1 and not ports)
            copies = -(-ports // kind.ports) if ports else 1
            cost = (kind.cost - kind.by_bit) * -(-deep * width // bits) * copies
            cost += kind.by_bit * deep * width / bits * copies + JOINED * joined + more
            if cost < cheapest:
                columns = -(-width // bits) - unread // bits  # cells of which some bit is read
                count = deep * columns * copies
                best, cheapest = Placed(kind, count, deep, cost), cost
    return best


def address_bits(memory: Memory) -> int:
    """Bits of an address."""
    return max(1, (memory.depth - 1).bit_length())
