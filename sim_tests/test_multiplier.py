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


@pytest.mark.parametrize("registers", range(5))
def test_registers_are_where_dsp_blocks_have_them(registers):
    """The raw product's first, then the operands'; a reset would keep them outside."""
    number = FixedPoint.of(NUMBERS["q2_7"])
    block = Multiplier(number, lanes=2, left=signed(14), registers=registers)
    assert block.latency == registers
    verilog = to_verilog(block, "multiplier")
    assert ("reg [47:0] raw_1 " in verilog) == (registers >= 1)
    for name in ("reg [27:0] left_1 ", "reg [19:0] right_1 "):
        assert (name in verilog) == (registers >= 2)
    assert verilog.count("posedge clk") == [0, 1, 3, 5, 7][registers]
    assert "if (rst)" not in verilog
