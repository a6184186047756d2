"""What pieces cost in a family of FPGAs.

Where nothing else is said, a cost is fitted to what yosys 0.70 makes of some thirty designs:
``python -m fpga.estimate.compare --fit`` does it again.
"""

from __future__ import annotations

from dataclasses import dataclass

from fpga.estimate.memories import Kind


@dataclass(frozen=True)
class Costs:
    """Look-up tables per bit, unless it says otherwise.

    Attributes:
        short_adder: of an adder too short for a carry chain.
        full_adder: where three numbers become two.
        select: of a multiplexer of two inputs.
        select_more: of each further input of a larger one.
        mask: let through or 0.
        saturate: of the result; ``beyond`` of those above it.
        equal: compared for equality.
        gate: per two-input gate.
        table: per 16 rows and bit of a table in logic.
        memory: of a memory in logic.
    """

    short_adder: float
    full_adder: float
    select: float
    select_more: float
    mask: float
    saturate: float
    beyond: float
    equal: float
    gate: float
    table: float
    memory: float


@dataclass(frozen=True)
class Family:
    """A family of FPGAs, as yosys maps to it.

    Attributes:
        name: for people.
        costs: of pieces in logic.
        carry: bits that a carry cell adds; an adder has whole ones.
        shortest_carry: bits from which on an adder is a carry chain.
        memories, tables: what RAM there is for each.
        multiplier: operands of a DSP block, wider one first; None if there are none.
        shift_register: clocks from which on a chain without reset is made of LUTs; None if never.
    """

    name: str
    costs: Costs
    carry: int
    shortest_carry: int
    memories: tuple[Kind, ...]
    tables: tuple[Kind, ...]
    multiplier: tuple[int, int] | None
    shift_register: int | None = None


# TRELLIS_DPR16X4 takes the LUTs of two slices' halves, 4 (fpga/synthesis.py); costs and shapes of
# both are those in yosys' techlibs/lattice (lutrams_trellis.txt, brams_16kd.txt).
_DPR16X4 = Kind(((16, 4),), cost=4, luts=4)
_PDPW16KD = Kind(((512, 36),), cost=128, blocks=1)
_DP16KD = Kind(
    ((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)), 128, blocks=1, ports=2
)

ECP5 = Family(
    name="ECP5 (LUT4; a CCU2C counts as 2)",
    costs=Costs(
        short_adder=0.65, full_adder=0.75, select=1.07, select_more=0.79, mask=0.55, saturate=0.66,
        beyond=0.4, equal=0.78, gate=1.02, table=3.37, memory=0.5,
    ),
    carry=2,  # CCU2C
    shortest_carry=5,  # up to 4 bits yosys' arith_map_ccu2c.v leaves to LUTs
    memories=(_DPR16X4, _DP16KD),
    tables=(_DP16KD,),
    multiplier=(18, 18),  # MULT18X18D
)  # fmt: skip

FAMILIES = {"ecp5": ECP5}
