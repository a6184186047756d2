"""cocotb tests of the top module's registers; run by ``test_accelerator``."""

from __future__ import annotations

import os

import cocotb
from cocotb.triggers import FallingEdge

from rtl_gen import register_map as regs
from rtl_gen.verification.cocotb_bench import JOB_VARIABLE, Bench, Job, reset
from rtl_gen.verification.stimulus import Offer

OKAY, SLVERR = 0, 2


async def fresh(dut) -> Bench:
    bench = Bench(dut, Job.load(os.environ[JOB_VARIABLE]))
    bench.rest()
    await reset(dut)
    return bench


async def response(bench, address: int, value: int, strobe: int = 15) -> int:
    bench.dut.s_axi_wstrb.value = strobe
    await bench.write(address, value)
    bench.dut.s_axi_wstrb.value = 15
    return int(bench.dut.s_axi_bresp.value)


@cocotb.test()
async def identity_and_plain_registers(dut):
    bench = await fresh(dut)
    assert await bench.read(regs.IDENTITY.address) == regs.IDENTITY_VALUE
    for register, value in ((regs.CONTROL, 3), (regs.ETA, 5), (regs.PARAMETER_WORD, 2),
                            (regs.PARAMETER_BANK, 4), (regs.PARAMETER_SELECT, 0x101)):  # fmt: skip
        assert await response(bench, register.address, value) == OKAY
        assert await bench.read(register.address) == value
    assert await bench.read(regs.PARAMETER_WORD.address) == 0  # select starts from the beginning
    assert await bench.read(regs.STATUS.address) == 3


@cocotb.test()
async def partial_writes_are_errors_and_change_nothing(dut):
    bench = await fresh(dut)
    assert await response(bench, regs.ETA.address, 2) == OKAY
    assert await response(bench, regs.ETA.address, 5, strobe=1) == SLVERR
    assert await bench.read(regs.ETA.address) == 2


@cocotb.test()
async def parameters_go_on_from_element_to_element(dut):
    bench = await fresh(dut)
    shape = bench.design.shapes[1]
    values = [(7 * k) % 200 - 100 for k in range(shape.n_edges)]
    await bench.write(regs.PARAMETER_SELECT.address, 2)
    for value in values:
        await bench.write(regs.PARAMETER_DATA.address, value)
    await bench.write(regs.PARAMETER_SELECT.address, 2)
    assert [await bench.read(regs.PARAMETER_DATA.address) for _ in values] == values
    await bench.write(regs.PARAMETER_WORD.address, 3)
    await bench.write(regs.PARAMETER_BANK.address, 2)
    assert await bench.read(regs.PARAMETER_DATA.address) == values[3 * shape.z + 2]


@cocotb.test()
async def parameters_that_are_not_there_are_refused(dut):
    bench = await fresh(dut)
    for select, word in ((0, 0), (3, 0), (1, bench.design.shapes[0].junction_cycle)):
        await bench.write(regs.PARAMETER_SELECT.address, select)
        await bench.write(regs.PARAMETER_WORD.address, word)
        assert await response(bench, regs.PARAMETER_DATA.address, 1) == SLVERR
    assert await bench.read(regs.ERRORS.address) == 2


async def offer_one_beat(bench, *, last: bool) -> None:
    """The first beat of an input, by hand."""
    image = bench.inputs[0]
    bench.drive(Offer(image, 0, drain=False, take=True))
    bench.dut.s_axis_tlast.value = int(last)
    await FallingEdge(bench.dut.clk)
    bench.dut.s_axis_tvalid.value = 0


@cocotb.test()
async def frame_error_is_sticky_until_cleared(dut):
    bench = await fresh(dut)
    await offer_one_beat(bench, last=True)  # an input has more beats than one
    assert await bench.read(regs.ERRORS.address) == 1
    await bench.write(regs.ERRORS.address, 2)
    assert await bench.read(regs.ERRORS.address) == 1
    await bench.write(regs.ERRORS.address, 1)
    assert await bench.read(regs.ERRORS.address) == 0


@cocotb.test()
async def parameters_are_refused_while_a_block_runs(dut):
    bench = await fresh(dut)
    await bench.write(regs.PARAMETER_SELECT.address, 1)
    await bench.write(regs.PARAMETER_DATA.address, 33)
    await offer_one_beat(bench, last=False)
    await bench.write(regs.PARAMETER_SELECT.address, 1)
    assert await response(bench, regs.PARAMETER_DATA.address, -5) == SLVERR
    assert await bench.read(regs.STATUS.address) & 1 == 0
    assert await bench.read(regs.ERRORS.address) & 2 == 2
    assert await bench.read(regs.PARAMETER_BANK.address) == 0


@cocotb.test()
async def saturation_flags(dut):
    """Largest weights and pixels: feedforward of junction 1 saturates."""
    bench = await fresh(dut)
    await bench.write(regs.PARAMETER_SELECT.address, 1)
    for _ in range(bench.design.shapes[0].n_edges):
        await bench.write(regs.PARAMETER_DATA.address, bench.design.fixed_point.maximum)
    assert await bench.read(regs.saturation(1).address) == 0
    beats, white = bench.schedule.beats, bench.inputs[0]
    white.pixels[:] = 255
    for beat in range(beats):
        bench.drive(Offer(white, beat, drain=False, take=True))
        await FallingEdge(dut.clk)
    dut.s_axis_tvalid.value = 0
    await bench.write(regs.CONTROL.address, 1)
    for _ in range(bench.schedule.clocks(1) + 5):
        await FallingEdge(dut.clk)
    assert await bench.read(regs.STATUS.address) == 3
    assert await bench.read(regs.saturation(1).address) & 1 == 1
    await bench.write(regs.saturation(1).address, 7)
    assert await bench.read(regs.saturation(1).address) == 0
