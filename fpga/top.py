"""What goes into the FPGA: a clock, three pins, and what stands between them."""

from __future__ import annotations

from amaranth.hdl import ClockDomain, Elaboratable, Module
from amaranth.lib import io, wiring
from amaranth.lib.cdc import FFSynchronizer

from fpga.clock import ClockMaker, clock_pin

NAME = "top"


class Top(Elaboratable):
    """A component with ``rx``, ``tx`` and ``busy`` on a board's UART and first LED.

    Args:
        system: the component.
        clock: the clock it runs at.
    """

    def __init__(self, system: wiring.Component, clock: ClockMaker) -> None:
        self.system = system
        self.clock = clock

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.clock = self.clock
        m.submodules.system = system = self.system
        # Other pins of the UART (flow control) stay as the FPGA leaves pins that are not used.
        uart = platform.request("uart", 0, dir="-")
        led = platform.request("led", 0, dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.submodules.led = led = io.Buffer("o", led)
        m.submodules.rx_synchronizer = FFSynchronizer(rx.i, system.rx, init=1)
        m.d.comb += [
            self.clock.oscillator.eq(clock_pin(m, platform)),
            tx.o.eq(system.tx),
            led.o.eq(system.busy),
        ]
        return m
