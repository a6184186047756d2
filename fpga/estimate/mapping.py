"""What a bill costs in a family."""

from __future__ import annotations

from dataclasses import dataclass

from fpga.estimate.bill import Bill, Chain, Memory, Multiplier, Rom
from fpga.estimate.families import Family
from fpga.estimate.memories import address_bits, place_memory, place_rom
from fpga.estimate.multipliers import blocks


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


def take(bill: Bill, family: Family, given: dict[Multiplier, int]) -> Use:
    """What a block takes.

    Args:
        bill: what it is built from.
        family: of the FPGA.
        given: how many multipliers of each kind get DSP blocks; those of this block are taken off.
    """
    carry, few = family.carry, family.shortest_carry
    chains = sum(-(-w // carry) * carry * n for w, n in bill.adders.items() if w >= few)
    priced_luts = sum(n * getattr(family.costs, name) for name, n in priced(bill, family).items())
    use = Use(lut=chains + priced_luts, flip_flop=bill.registers)
    for chain in bill.chains.values():
        use += _chain(chain, family)
    for memory in bill.memories:
        use += _memory(memory, family)
    for rom in bill.roms:
        use += _rom(rom, family)
    for multiplier in bill.multipliers:
        in_blocks = min(multiplier.count, given[multiplier.one])
        given[multiplier.one] -= in_blocks
        use += _multiplier(multiplier, family, in_blocks)
    return use


def priced(bill: Bill, family: Family) -> dict[str, float]:
    """How much there is of what ``Costs`` has a price for."""
    few = family.shortest_carry
    found = {
        "short_adder": sum(width * n for width, n in bill.adders.items() if width < few),
        "full_adder": bill.full_adders,
        "select": bill.muxes[2],
        "select_more": sum((n - 1) * bits for n, bits in bill.muxes.items() if n > 2),
        "mask": bill.masks,
        "saturate": sum(width * n for (width, _), n in bill.saturations.items()),
        "beyond": sum(beyond * n for (_, beyond), n in bill.saturations.items()),
        "equal": sum(width * n for width, n in bill.equals.items()),
        "gate": bill.gates,
        "table": 0,
        "curve": 0,
        "memory": 0,
    }
    for memory in bill.memories:
        placed = place_memory(family.memories, memory)
        if placed.kind is None:
            found["memory"] += memory.read_bits * memory.depth * memory.count
        elif placed.kind.luts:
            found["select_more"] += (placed.deep - 1) * memory.read_bits * memory.count
    for rom in bill.roms:
        if place_rom(family.tables, rom, family.table_rows).kind is not None:
            continue
        if rom.chunks:
            found["curve"] += rom.chunks[family.table_rows] * rom.ports
        else:
            found["table"] += max(1, rom.rows / family.table_rows) * rom.read_bits * rom.ports
    return found


def _chain(chain: Chain, family: Family) -> Use:
    """Registers; without a reset, where there are enough of them, shift registers made of LUTs."""
    runs = chain.runs(dict(family.block_registers))
    shortest = family.shift_register
    long = [run for run in runs if shortest and run >= shortest and not chain.reset]
    luts = sum(-(-run // LONGEST_SHIFT_REGISTER) for run in long)
    return Use(lut=luts * chain.bits, flip_flop=(sum(runs) - sum(long)) * chain.bits)


LONGEST_SHIFT_REGISTER = 32
"""Clocks of one LUT: SRLC32E."""


def _memory(memory: Memory, family: Family) -> Use:
    """One in LUT RAM has a register behind its read port.

    If it forwards, that is one for the address before it, unless it must be able to wait.
    """
    placed = place_memory(family.memories, memory)
    width, address = memory.read_bits, address_bits(memory)
    register = address if memory.transparent and not memory.enabled else width
    if placed.kind is None:
        return Use(flip_flop=(width * memory.depth + register) * memory.count)
    luts = placed.count * placed.kind.luts
    if luts:
        ram, around = luts * memory.count, 0
        if memory.transparent and memory.enabled:
            around = (width + address) * memory.count
        return Use(lut=ram + around, flip_flop=register * memory.count, lut_ram=ram)
    use = Use(block_ram=placed.count * placed.kind.blocks)
    if memory.transparent:  # what is written is kept, and taken if the addresses were equal
        use += Use(lut=width + address, flip_flop=width + 1)
    elif not placed.kind.reads_old:  # writes wait for a clock, and are looked up as well
        use += Use(lut=1.2 * width, flip_flop=2 * width + 2)
    return Use(*(memory.count * amount for amount in values(use)))


def _rom(rom: Rom, family: Family) -> Use:
    placed = place_rom(family.tables, rom, family.table_rows)
    if placed.kind is None:
        return Use(flip_flop=rom.read_bits * rom.ports)
    return Use(block_ram=placed.count * placed.kind.blocks)


def _multiplier(multiplier: Multiplier, family: Family, in_blocks: int) -> Use:
    """A DSP block, with its registers in it; or logic, with registers beside it."""
    each = blocks(multiplier, family) if in_blocks else 0
    in_logic = multiplier.count - in_blocks
    bits = multiplier.left * multiplier.varying * in_logic
    beside = in_logic if family.has_product_register else multiplier.count
    return Use(family.multiplier_bit * bits, multiplier.kept_bits * beside, in_blocks * each)
