"""The estimate of a design: the bills of all its blocks, and what they cost in a family."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from fpga.estimate import arithmetic, banks, control
from fpga.estimate.bill import Bill
from fpga.estimate.delays import delays
from fpga.estimate.facts import Facts
from fpga.estimate.families import FAMILIES
from fpga.estimate.mapping import Use, take
from fpga.estimate.multipliers import share_out
from hwsim.natural_order import NaturalOrder
from hwsim.schedule import Schedule


@dataclass(frozen=True)
class Estimate:
    """What a design will take.

    Attributes:
        family: a key of ``FAMILIES``.
        blocks: by block, as "junction_1.feedforward".
        memory_bits: of its memories, as ``check`` counts them.
    """

    family: str
    blocks: dict[str, Use]
    memory_bits: int

    @property
    def total(self) -> Use:
        """Of the whole accelerator."""
        return sum(self.blocks.values(), Use()).rounded()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        total = asdict(self.total) | {"memory_bits": self.memory_bits}
        blocks = {name: asdict(use.rounded()) for name, use in self.blocks.items()}
        return {"family": self.family, **total, "blocks": blocks}


def estimate(schedule: Schedule, family: str, multipliers: int | None = None) -> Estimate:
    """What the accelerator of a design will take of an FPGA.

    Args:
        schedule: of the design, without clashes.
        family: a key of ``FAMILIES``.
        multipliers: DSP blocks there are; as many as it takes if not given.
    """
    named = bills(schedule)
    given = share_out(named.values(), FAMILIES[family], multipliers)
    blocks = {name: take(bill, FAMILIES[family], given) for name, bill in named.items()}
    bits = sum(part.memory_bits(schedule.design)["total"] for part in schedule.junctions)
    return Estimate(family, blocks, bits)


def bills(schedule: Schedule) -> dict[str, Bill]:
    """What the blocks are built from."""
    found = {"host": control.host(schedule), "sequencer": control.sequencer(schedule)}
    for part in schedule.junctions:
        facts = Facts(schedule, part)
        found[f"layer_{part.shape.index - 1}"] = _layer(facts)
        for bill in _junction(facts):
            found[f"junction_{part.shape.index}.{bill.name}"] = bill
    found["cost"] = banks.cost(facts)
    if facts.quadratic and facts.trains:
        found["output delta"] = arithmetic.output_delta(facts)
    return found


def _layer(facts: Facts) -> Bill:
    design, left_banks = facts.design, facts.shape.left_banks
    if facts.is_first:
        slots = design.pixels_per_beat
        bases = {beat * slots % left_banks for beat in range(facts.schedule.beats)}
        return banks.layer(facts, slots, tuple(sorted(bases)))
    before = design.shapes[facts.shape.index - 2]
    return banks.layer(facts, before.right_banks, NaturalOrder(before).bases(left_banks))


def _junction(facts: Facts) -> list[Bill]:
    blocks = [
        control.interleaver, control.networks, delays, control.cursors,
        arithmetic.natural_order, banks.parameters, arithmetic.feedforward, arithmetic.activation,
    ]  # fmt: skip
    blocks += [arithmetic.slope] if facts.has_slope else []
    blocks += [arithmetic.update] if facts.trains else []
    blocks += [arithmetic.backprop] if facts.has_delta else []
    return [block(facts) for block in blocks]
