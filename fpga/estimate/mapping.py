"""What a bill costs in a family."""

from __future__ import annotations

from dataclasses import dataclass

from fpga.estimate.bill import Bill, Chain, Memory, Multiplier, Rom
from fpga.estimate.families import Family
from fpga.estimate.memories import address_bits, place_memory, place_rom
from fpga.estimate.multipliers import blocks


NAMES = {
    "lut": "LUT",
    "flip_flop": "FF",
    "multiplier": "DSP",
    "block_ram": "RAM blocks",
    "lut_ram": "LUT RAM",
}
"""Resources, as people call them."""


@dataclass(frozen=True)
class Use:
    """Resources, counted as ``fpga.synthesis`` does; ``lut_ram`` are among ``lut``."""

    lut: float = 0
    flip_flop: float = 0
    multiplier: float = 0
    block_ram: float = 0
    lut_ram: float = 0

    def __add__(self, other: Use) -> Use:
        return Use(*(a + b for a, b in zip(values(self), values(other), strict=True)))

    def rounded(self) -> Use:
        """Whole resources; a block RAM may be half used."""
        return Use(*(round(2 * x) / 2 if i == 3 else round(x) for i, x in enumerate(values(self))))


def values(use: Use) -> tuple[float, ...]:
    """In the order of ``NAMES``."""
    return use.lut, use.flip_flop, use.multiplier, use.block_ram, use.lut_ram


def take(bill: Bill, family: Family, shares: dict[Multiplier, float]) -> Use:
    """What a block takes.

    Args:
        bill: what it is built from.
        family: of the FPGA.
        shares: of each kind of multiplier, how many get DSP blocks.
    """
    use = Use(lut=_logic(bill, family), flip_flop=bill.registers)
    for chain in bill.chains.values():
        use += _chain(chain, family)
    for memory in bill.memories:
        use += _memory(memory, family)
    for rom in bill.roms:
        use += _rom(rom, family)
    for multiplier in bill.multipliers:
        use += _multiplier(multiplier, family, shares[multiplier.one])
    return use


def pieces(bill: Bill, family: Family) -> dict[str, float]:
    """What is made of logic: how much of what ``Costs`` has a price for."""
    few = family.shortest_carry
    return {
        "short_adder": sum(width * n for width, n in bill.adders.items() if width < few),
        "full_adder": bill.full_adders,
        "select": bill.muxes[2],
        "select_more": sum((n - 1) * bits for n, bits in bill.muxes.items() if n > 2),
        "mask": bill.masks,
        "saturate": sum(width * n for (width, _), n in bill.saturations.items()),
        "beyond": sum(beyond * n for (_, beyond), n in bill.saturations.items()),
        "equal": sum(width * n for width, n in bill.equals.items()),
        "gate": bill.gates,
    }


def _logic(bill: Bill, family: Family) -> float:
    carry, few = family.carry, family.shortest_carry
    chains = sum(-(-w // carry) * carry * n for w, n in bill.adders.items() if w >= few)
    priced = pieces(bill, family).items()
    return chains + sum(amount * getattr(family.costs, name) for name, amount in priced)


def _chain(chain: Chain, family: Family) -> Use:
    return Use(flip_flop=chain.flip_flops(in_multipliers=family.multiplier is not None))


def _memory(memory: Memory, family: Family) -> Use:
    """One in LUT RAM has a register behind its read port, or, if it forwards, before it."""
    placed, costs = place_memory(family.memories, memory), family.costs
    register = address_bits(memory) if memory.transparent else memory.width
    if placed.kind is None:
        bits = memory.width * memory.depth
        return Use(costs.memory * bits * memory.count, (bits + register) * memory.count)
    if placed.kind.blocks:
        return Use(block_ram=placed.count * placed.kind.blocks * memory.count)
    luts = placed.count * placed.kind.luts
    joined = costs.select_more * (placed.deep - 1) * memory.width
    return Use(
        (luts + joined) * memory.count, register * memory.count, lut_ram=luts * memory.count
    )


def _rom(rom: Rom, family: Family) -> Use:
    placed = place_rom(family.tables, rom)
    if placed.kind is None:
        size = rom.columns * rom.ports
        return Use(family.costs.table * max(1, rom.rows / 16) * size, size)
    return Use(block_ram=placed.count * placed.kind.blocks)


def _multiplier(multiplier: Multiplier, family: Family, share: float) -> Use:
    in_blocks = round(share * multiplier.count)
    each = blocks(multiplier, family) if family.multiplier else 0
    return Use(multiplier=in_blocks * each)
