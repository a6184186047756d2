"""The accelerator alone on a few pins, for figures without the link.

Whatever the ports of a design, two registers as long as they are stand around them: one is filled
bit by bit and feeds the inputs, the other catches the outputs and is emptied bit by bit. No path
leads from a pin into the accelerator or out of it, and nothing can be optimised away.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl_gen.accelerator import Accelerator


class Harness(wiring.Component):
    """Shift registers around the ports of an accelerator.

    Args:
        accelerator: what is put between them.

    Attributes:
        rx (In): next bit of the inputs.
        tx (Out): next bit of the outputs; all are caught anew when the last one is out.
        busy (Out): outputs are being shifted out.
    """

    def __init__(self, accelerator: Accelerator) -> None:
        self.accelerator = accelerator
        super().__init__({"rx": In(1), "tx": Out(1), "busy": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.accelerator = self.accelerator
        ports = {flow: [] for flow in (In, Out)}
        for name, member in self.accelerator.signature.members.items():
            ports[member.flow].append(getattr(self.accelerator, name))
        inputs, outputs = Cat(ports[In]), Cat(ports[Out])
        filled, caught = Signal(len(inputs)), Signal(len(outputs))
        left = Signal(range(len(outputs)))
        empty = left == 0
        m.d.comb += [inputs.eq(filled), self.tx.eq(caught[0]), self.busy.eq(~empty)]
        m.d.sync += [
            filled.eq(Cat(self.rx, filled)),
            caught.eq(Mux(empty, outputs, caught[1:])),
            left.eq(Mux(empty, len(outputs) - 1, left - 1)),
        ]
        return m
