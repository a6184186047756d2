"""Activation functions: a table in memory for sigmoid, comparisons for ReLU.

Same values as ``hwsim.activation``, whose table fills the memory. Latency: 1 clock.
"""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwsim import activation as model
from rtl_gen.delay import delay
from rtl_gen.fixed_point import FixedPoint
from rtl_gen.lanes import Lanes, fill


class Activation(wiring.Component):
    """a and a' of several neurons per clock.

    Args:
        name: "sigmoid" or "relu".
        number: the format.
        slots: neurons per clock.

    Attributes:
        h (In): (slots,); activation, derivative (Out): (slots,), one clock later.
    """

    def __init__(self, name: str, number: FixedPoint, *, slots: int) -> None:
        self.name = name
        self.number = number
        self.slots = slots
        self.model = model.Activation(name, number)
        layout = Lanes(number.shape, slots)
        super().__init__({"h": In(layout), "activation": Out(layout), "derivative": Out(layout)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        values = self._sigmoid(m) if self.name == "sigmoid" else self._relu(m)
        activations, derivatives = zip(*values, strict=True)
        m.d.comb += [fill(self.activation, activations), fill(self.derivative, derivatives)]
        return m

    def _sigmoid(self, m: Module) -> list[tuple]:
        bits, limit = self.number.frac_bits, self.model.limit
        pair = data.StructLayout({"activation": unsigned(bits), "derivative": unsigned(bits)})
        rows = [
            {"activation": int(a), "derivative": int(da)}
            for a, da in zip(*self.model.table, strict=True)
        ]
        m.submodules.table = table = Memory(shape=pair, depth=len(rows), init=rows)
        values = []
        for slot in range(self.slots):
            read, h = table.read_port(), self.h[slot]
            below, above = h < -limit, h >= limit
            # Adding the limit makes the lowest x address 0; it only turns the top bit of the sum.
            m.d.comb += read.addr.eq((h + limit)[self.model.step_shift :])
            below, above = delay(m, below, 1, f"below_{slot}"), delay(m, above, 1, f"above_{slot}")
            inside = ~(below | above)
            top = self.number.one - 1
            a = Mux(inside, read.data.activation, Mux(above, top, 1))
            values.append((a, Mux(inside, read.data.derivative, 1)))
        return values

    def _relu(self, m: Module) -> list[tuple]:
        top = self.number.one - 1
        values = []
        for slot in range(self.slots):
            h = Signal(self.number.shape, name=f"h_{slot}")
            m.d.sync += h.eq(self.h[slot])
            inside = (h > 0) & (h <= top)
            a = Mux(inside, h, Mux(h > 0, top, 1))
            values.append((a, Mux(inside, top, 1)))
        return values
