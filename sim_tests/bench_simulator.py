"""cocotb tests that test_simulator.py runs on its counter: two must pass and one must fail."""

import os

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge


async def _reset(dut) -> None:
    # After time 0, or Icarus keeps some combinational signals unknown.
    Clock(dut.clk, 2, "ns").start()
    for level in (0, 1, 0):
        dut.rst.value = level
        await FallingEdge(dut.clk)


@cocotb.test
async def total_grows_by_step(dut) -> None:
    """The output port follows an input port."""
    step = int(os.environ["STEP"])
    dut.step.value = step
    await _reset(dut)
    before = dut.total.value.to_unsigned()
    await FallingEdge(dut.clk)
    assert dut.total.value.to_unsigned() == before + step


@cocotb.test
async def memory_remembers_totals(dut) -> None:
    """A memory two levels down can be read word by word."""
    dut.step.value = 1
    await _reset(dut)
    for _ in range(8):
        total = dut.total.value.to_unsigned()
        await FallingEdge(dut.clk)
        assert dut.log.words[total % 4].value.to_unsigned() == total


@cocotb.test
async def fails(dut) -> None:
    """A test that fails, to see that somebody notices."""
    await _reset(dut)
    raise AssertionError("as it should")
