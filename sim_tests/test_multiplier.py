"""Multipliers: hardware and model agree, and no register of theirs is reset."""

from __future__ import annotations

import pytest
from amaranth.hdl import signed
from block_points import NUMBERS

from rtl_gen.fixed_point import FixedPoint
from rtl_gen.multiplier import Multiplier
from rtl_gen.verilog import to_verilog


def test_rtl_equals_model(run_bench):
    run_bench("bench_multiplier")


@pytest.mark.parametrize("registers", range(6))
def test_registers_are_where_dsp_blocks_have_them(registers):
    """The raw product's first, then the operands', the rounded product's, the raw one's again.

    A reset would keep them outside.
    """
    number = FixedPoint.of(NUMBERS["q2_7"])
    block = Multiplier(number, lanes=2, left=signed(14), registers=registers)
    assert block.latency == registers
    verilog = to_verilog(block, "multiplier")
    assert ("reg [47:0] raw_1 " in verilog) == (registers >= 1)
    for name in ("reg [27:0] left_1 ", "reg [19:0] right_1 "):
        assert (name in verilog) == (registers >= 2)
    for name, since in (("raw_2", 4), ("rounded_1", 3), ("rounded_2", 5)):
        assert (f" {name} " in verilog) == (registers >= since), name
    assert "if (rst)" not in verilog
