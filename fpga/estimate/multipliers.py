"""Which multipliers get DSP blocks, and what the others take: as ``fpga.yosys`` shares them out."""

from __future__ import annotations

from collections.abc import Iterable

from fpga.estimate.bill import Bill, Multiplier
from fpga.estimate.families import Family


def blocks(multiplier: Multiplier, family: Family) -> int:
    """DSP blocks of one multiplier."""
    return _pieces(multiplier.left, family.multiplier[0]) * _pieces(
        multiplier.right, family.multiplier[1]
    )


def _pieces(bits: int, width: int) -> int:
    """A signed operand in pieces of one; what is left over is logic if it is very narrow."""
    if bits <= width:
        return 1
    whole, rest = divmod(bits - width, width - 1)
    return 1 + whole + (rest >= SHORTEST)


SHORTEST = 2
"""Bits of an operand from which on yosys takes a DSP block (DSP_A_MINWIDTH in its synth_*)."""


def share_out(
    bills: Iterable[Bill], family: Family, available: int | None
) -> dict[Multiplier, int]:
    """How many of each kind of multiplier get DSP blocks: the widest first."""
    if family.multiplier is None:
        available = 0
    found: dict[Multiplier, int] = {}
    for bill in bills:
        for kind in bill.multipliers:
            one = kind.one
            found[one] = found.get(one, 0) + kind.count
    given = {}
    for kind, count in sorted(found.items(), key=lambda item: -item[0].left * item[0].right):
        if available is None:
            given[kind] = count
            continue
        each = blocks(kind, family) if family.multiplier else 1
        taken = min(count, available // each)
        available -= taken * each
        given[kind] = taken
    return given
