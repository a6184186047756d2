"""What pieces cost in a family of FPGAs.

All ``Costs`` are fitted to what yosys 0.70 makes of the designs in ``samples``: ``python -m
fpga.estimate.compare --fit`` does it again. They are fitted together. One alone says little, since
a lane brings pieces of all kinds with it. Where other numbers come from stands beside them.
"""

from __future__ import annotations

from dataclasses import dataclass

from fpga.estimate.bill import BOTH, ONE, PRODUCT, Beside
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
        table: per bit and ``Family.table_rows`` rows of a table in logic.
        curve: per chunk of so many rows of an activation function's table, which is smooth.
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
    curve: float
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
        table_rows: of a table, in one LUT; and to yosys' ``memory_libmap``, which takes them for 1.
        multiplier: operands of a DSP block, wider one first; None if there are none.
        block_registers: in the block, by where they are beside it.
        has_product_register: the first one behind it, in the block.
        multiplier_bit: LUTs of a multiplier in logic, per bit of one operand and of the other.
        shift_register: clocks from which on a chain without reset is made of LUTs; None if never.
    """

    name: str
    costs: Costs
    carry: int
    shortest_carry: int
    memories: tuple[Kind, ...]
    tables: tuple[Kind, ...]
    table_rows: int
    multiplier: tuple[int, int] | None
    block_registers: tuple[tuple[Beside, int], ...]
    has_product_register: bool
    multiplier_bit: float
    shift_register: int | None = None


# TRELLIS_DPR16X4 takes the LUTs of two slices' halves, 4 (fpga/synthesis.py); costs and shapes of
# both are those in yosys' techlibs/lattice (lutrams_trellis.txt, brams_16kd.txt).
_DPR16X4 = Kind(((16, 4),), cost=4, luts=4)
_PDPW16KD = Kind(((512, 36),), cost=128, blocks=1, reads_old=False)
_DP16KD = Kind(
    ((1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)), cost=128, blocks=1, ports=2,
    reads_old=False,
)  # fmt: skip

ECP5 = Family(
    name="ECP5 (LUT4; a CCU2C counts as 2)",
    costs=Costs(
        short_adder=0.09, full_adder=1.25, select=1.04, select_more=0.67, mask=0.65, saturate=0.2,
        beyond=0.23, equal=1.61, gate=0.88, table=9.38, curve=0.94, memory=0.69,
    ),
    carry=2,  # CCU2C
    shortest_carry=5,  # up to 4 bits yosys' arith_map_ccu2c.v leaves to LUTs
    memories=(_DPR16X4, _DP16KD, _PDPW16KD),
    tables=(_DP16KD, _PDPW16KD),
    table_rows=16,
    multiplier=(18, 18),  # MULT18X18D
    block_registers=((BOTH, 1),),  # fpga/netlist/multiplier_registers.py
    has_product_register=True,
    multiplier_bit=2,  # counted: 1.95 to 2.2 from 8x8 to 16x16 bits
)  # fmt: skip

# Shapes and costs from yosys' techlibs/xilinx (lutrams_xc5v.txt, brams_xc4v.txt); every LUT RAM
# takes the 4 LUTs of a slice.
_LUT_RAM = Kind(((32, 6), (64, 3)), cost=8, by_bit=7, luts=4)
_RAMB18 = Kind(((1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1)), 129, blocks=0.5, ports=2)
_RAMB18_WIDE = Kind(((512, 36),), 129, blocks=0.5)
_RAMB36 = Kind(
    ((1024, 36), (2048, 18), (4096, 9), (8192, 4), (16384, 2), (32768, 1)), 257, blocks=1, ports=2
)
_RAMB36_WIDE = Kind(((512, 72),), 257, blocks=1)
_SERIES_7_BLOCKS = (_RAMB18_WIDE, _RAMB18, _RAMB36_WIDE, _RAMB36)

SERIES_7 = Family(
    name="7-series (LUT6; carry chains are not LUTs)",
    costs=Costs(
        short_adder=0.65, full_adder=1.18, select=0.2, select_more=0.44, mask=0.72, saturate=0.14,
        beyond=0.24, equal=0.12, gate=0.64, table=0.85, curve=2.28, memory=0.59,
    ),
    carry=1,  # a LUT before every bit of a CARRY4
    shortest_carry=1,
    memories=(_LUT_RAM, *_SERIES_7_BLOCKS),
    tables=_SERIES_7_BLOCKS,
    table_rows=64,  # -logic-cost-rom 0.015625 in yosys' synth_xilinx
    multiplier=(25, 18),  # DSP48E1
    block_registers=((BOTH, 2), (ONE, 2), (PRODUCT, 1)),  # yosys' xilinx_dsp
    has_product_register=False,  # split off, see fpga/yosys.py; not so where two are in a row
    multiplier_bit=1.5,  # counted: 1.4 to 1.6 from 8x8 to 16x16 bits
    shift_register=3,  # SRL16E, as yosys' shregmap -minlen 3
)  # fmt: skip

# techlibs/ice40/brams.txt; no LUT RAM.
_RAM40 = Kind(((256, 16), (512, 8), (1024, 4), (2048, 2)), cost=64, blocks=1, reads_old=False)

ICE40 = Family(
    name="iCE40 LP/HX (LUT4; no DSP blocks)",
    costs=Costs(
        short_adder=0.65, full_adder=3.44, select=0.6, select_more=1.65, mask=0.72, saturate=0.17,
        beyond=0.26, equal=0.24, gate=0.51, table=1.35, curve=1.1, memory=0.15,
    ),
    carry=1,  # the LUT of an SB_CARRY
    shortest_carry=1,
    memories=(_RAM40,),
    tables=(_RAM40,),
    table_rows=16,
    multiplier=None,
    block_registers=(),
    has_product_register=False,
    multiplier_bit=2,  # counted: 1.9 to 2 from 8x8 to 16x16 bits
)  # fmt: skip

FAMILIES = {"ecp5": ECP5, "xc7": SERIES_7, "ice40": ICE40}

FAMILY_OF = {"ecp5": "ecp5", "series-7": "xc7"}
"""By the family of a device, as ``fpga.boards`` has it."""
