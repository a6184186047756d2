"""Bytes over two wires: 8 data bits, no parity, one stop bit, from 4 clocks per bit on.

A phase accumulator makes the bit clock, so clocks per bit may be any number, whole or not.
"""

from __future__ import annotations

from math import ceil

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

PHASE_BITS = 24
"""Of the accumulators."""

LEAST_STEP = 500
"""From there on the rate is right to 0.1 %."""

FEWEST_CLOCKS = 4
"""Per bit: the receiver sees an edge up to one clock late, and must still sample within the bit."""

BITS = 10
"""On the wire per byte: start, 8 data bits, stop."""


def phase_step(*, clock_hz: float, baud: float) -> int:
    """What the accumulators add in each clock.

    Raises:
        ValueError: if there are fewer than ``FEWEST_CLOCKS`` clocks per bit, or so many that the
            rate would not be right.
    """
    least = ceil(LEAST_STEP * clock_hz / (1 << PHASE_BITS))
    if not least <= baud <= clock_hz / FEWEST_CLOCKS:
        raise ValueError(
            f"at {clock_hz / 1e6:g} MHz baud must be from {least} to {clock_hz / FEWEST_CLOCKS:.0f}"
        )
    return round(baud / clock_hz * (1 << PHASE_BITS))


class Receiver(wiring.Component):
    """Bytes from a wire.

    A byte comes out in the middle of its stop bit. One whose stop bit is low is not a byte: the
    line is broken, or the rate is wrong; it is left out.

    Args:
        step: see ``phase_step``.

    Attributes:
        rx (In): the wire, in no clock domain.
        data (Out): the byte, in the clock in which ``valid`` (Out) is set.
        quiet (Out): no byte is under way.
    """

    def __init__(self, *, step: int) -> None:
        self.step = step
        super().__init__({"rx": In(1, init=1), "data": Out(8), "valid": Out(1), "quiet": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        line, running, bit = Signal(init=1), Signal(), Signal(range(BITS + 1))
        m.submodules.synchronizer = FFSynchronizer(self.rx, line, init=1)
        phase, samples = Signal(PHASE_BITS), Signal()
        m.d.comb += self.quiet.eq(~running & line)
        m.d.sync += self.valid.eq(0)
        m.d.sync += Cat(phase, samples).eq(phase + self.step)
        with m.If(~running):
            # Half a bit ahead, so that the accumulator runs over in the middle of each bit, and two
            # clocks more: the carry is one late, edge and carry are up to one late each.
            ahead = (1 << (PHASE_BITS - 1)) + 2 * self.step
            m.d.sync += [Cat(phase, samples).eq(ahead), bit.eq(0)]
            m.d.sync += running.eq(~line)
        with m.Elif(samples):
            m.d.sync += bit.eq(bit + 1)
            with m.If(bit == 0):
                m.d.sync += running.eq(~line)  # high again: it was no start bit
            with m.Elif(bit == BITS - 1):
                m.d.sync += [self.valid.eq(line), running.eq(~line)]
            with m.Elif(bit == BITS):  # the stop bit was low: wait for the line to rest
                m.d.sync += [bit.eq(bit), running.eq(~line)]
            with m.Else():
                m.d.sync += self.data.eq(Cat(self.data[1:], line))
        return m


class Transmitter(wiring.Component):
    """Bytes onto a wire.

    Args:
        step: see ``phase_step``.

    Attributes:
        bytes (In): what to send; ready when the byte before has been sent, stop bit included.
        tx (Out): the wire.
    """

    def __init__(self, *, step: int) -> None:
        self.step = step
        super().__init__({"bytes": In(stream.Signature(8)), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits, left = Signal(BITS, init=-1), Signal(range(BITS + 1))
        phase, ends = Signal(PHASE_BITS), Signal()
        m.d.comb += self.bytes.ready.eq(left == 0)
        m.d.sync += self.tx.eq(bits[0])
        with m.If(left == 0):
            m.d.sync += Cat(phase, ends).eq(self.step)
            with m.If(self.bytes.valid):
                m.d.sync += bits.eq(Cat(Const(0, 1), self.bytes.payload, Const(1, 1)))
                m.d.sync += left.eq(BITS)
        with m.Else():
            m.d.sync += Cat(phase, ends).eq(phase + self.step)
            with m.If(ends):
                m.d.sync += [bits.eq(Cat(bits[1:], Const(1, 1))), left.eq(left - 1)]
        return m
