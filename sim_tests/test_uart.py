"""UART: bytes at any rate from 4 clocks per bit on, at any phase, and what is no byte."""

from __future__ import annotations

import random

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.sim import Simulator

from fpga.link.uart import PHASE_BITS, Receiver, Transmitter, phase_step

CLOCK = 1e-8
RATES = (4.0, 4.34, 5.5, 8.0, 33.3)
"""Clocks per bit."""


def step_of(clocks_per_bit: float) -> int:
    return phase_step(clock_hz=clocks_per_bit * 1e6, baud=1e6)


def received(levels: list[tuple[int, float]], clocks_per_bit: float, phase: float) -> list[int]:
    """What a receiver makes of a wire: levels, and for how many bits each holds."""
    dut, found = Receiver(step=step_of(clocks_per_bit)), []

    async def wire(ctx) -> None:
        ctx.set(dut.rx, 1)
        await ctx.delay(CLOCK * (5 + phase))
        for level, bits in levels:
            ctx.set(dut.rx, level)
            await ctx.delay(bits * clocks_per_bit * CLOCK)
        await ctx.delay(CLOCK * 10)

    async def listen(ctx) -> None:
        async for _, _, valid, data in ctx.tick().sample(dut.valid, dut.data):
            if valid:
                found.append(data)

    simulator = Simulator(dut)
    simulator.add_clock(CLOCK)
    simulator.add_testbench(wire)
    simulator.add_testbench(listen, background=True)
    simulator.run()
    return found


def levels_of(content: bytes, bit: float = 1.0) -> list[tuple[int, float]]:
    return [
        (level, bit) for byte in content for level in (0, *((byte >> i) & 1 for i in range(8)), 1)
    ]


@pytest.mark.parametrize("clocks_per_bit", RATES)
@pytest.mark.parametrize("bit", [0.98, 1.0, 1.02])
def test_bytes_back_to_back_at_any_phase_and_two_percent_off(clocks_per_bit, bit):
    content = random.Random(1).randbytes(12) + b"\x00\xff\x55\xaa"
    for phase in (0.01, 0.35, 0.7, 0.99):
        levels = levels_of(content, bit)
        assert bytes(received(levels, clocks_per_bit, phase)) == content, phase


def test_what_is_no_byte_is_left_out():
    glitch = [(0, 0.2), (1, 3)]
    broken = [(0, 25), (1, 2)]
    stop_low = [*levels_of(b"\x41")[:-1], (0, 1), (1, 2)]
    levels = [*glitch, *levels_of(b"a"), *broken, *levels_of(b"b"), *stop_low, *levels_of(b"c")]
    assert bytes(received(levels, 8.0, 0.5)) == b"abc"


class Loop(wiring.Component):
    """A transmitter at one rate whose wire ends in a receiver."""

    def __init__(self, clocks_per_bit: float) -> None:
        step = step_of(clocks_per_bit)
        self.transmitter, self.receiver = Transmitter(step=step), Receiver(step=step)
        super().__init__({})

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules += [self.transmitter, self.receiver]
        m.d.comb += self.receiver.rx.eq(self.transmitter.tx)
        return m


@pytest.mark.parametrize("clocks_per_bit", RATES)
def test_a_transmitter_is_heard_and_keeps_its_rate(clocks_per_bit):
    dut, content, found, clocks = Loop(clocks_per_bit), bytes(range(7, 256, 23)), [], []

    async def send(ctx) -> None:
        source = dut.transmitter.bytes
        for byte in content:
            ctx.set(source.payload, byte)
            ctx.set(source.valid, 1)
            await ctx.tick().until(source.ready)
        ctx.set(source.valid, 0)
        await ctx.tick().repeat(round(12 * clocks_per_bit))

    async def listen(ctx) -> None:
        clock = 0
        async for _, _, valid, data in ctx.tick().sample(dut.receiver.valid, dut.receiver.data):
            clock += 1
            if valid:
                found.append(data)
                clocks.append(clock)

    simulator = Simulator(dut)
    simulator.add_clock(CLOCK)
    simulator.add_testbench(send)
    simulator.add_testbench(listen, background=True)
    simulator.run()
    assert bytes(found) == content
    per_byte = (clocks[-1] - clocks[0]) / (len(clocks) - 1)
    assert 10 * clocks_per_bit <= per_byte <= 10 * clocks_per_bit + 2


def test_rates():
    assert phase_step(clock_hz=100e6, baud=25e6) == 1 << (PHASE_BITS - 2)
    assert phase_step(clock_hz=100e6, baud=3e6) == round(0.03 * 2**24)
    assert abs(phase_step(clock_hz=100e6, baud=2981) / (2981 * 2**24 / 100e6) - 1) < 1e-3
    for baud in (0, -1, 26e6, 2980, float("nan")):
        with pytest.raises(ValueError, match="at 100 MHz baud must be from 2981 to 25000000"):
            phase_step(clock_hz=100e6, baud=baud)
