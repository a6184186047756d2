"""Activation functions: a table in memory for sigmoid, comparisons for ReLU.

Same values as ``hwsim.activation``, whose table fills the memory. Latency: ``Activation.latency``,
1 clock and the registers around the table.
"""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.data import View
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwsim import activation as model
from rtl_gen.delay import delay_data
from rtl_gen.fixed_point import FixedPoint
from rtl_gen.lanes import Lanes, fill


class Activation(wiring.Component):
    """a and a' of several neurons per clock.

    Args:
        name: "sigmoid" or "relu".
        number: the format.
        slots: neurons per clock.
        registers: the first lies before the table, further ones behind it.

    Attributes:
        h (In): (slots,); activation, derivative (Out): (slots,), ``latency`` clocks later.
    """

    def __init__(self, name: str, number: FixedPoint, *, slots: int, registers: int = 0) -> None:
        self.name = name
        self.number = number
        self.slots = slots
        self.registers = registers
        self.model = model.Activation(name, number)
        layout = Lanes(number.shape, slots)
        super().__init__({"h": In(layout), "activation": Out(layout), "derivative": Out(layout)})

    @property
    def latency(self) -> int:
        """Clocks from h to a and a'."""
        return 1 + self.registers

    def elaborate(self, platform: object) -> Module:
        m = Module()
        before = min(self.registers, 1)
        h = delay_data(m, self.h, before, "h")
        values = self._sigmoid(m, h) if self.name == "sigmoid" else self._relu(m, h)
        found = Signal.like(self.activation), Signal.like(self.derivative)
        for chosen, signal in zip(zip(*values, strict=True), found, strict=True):
            m.d.comb += fill(signal, chosen)
        late = self.registers - before
        m.d.comb += [
            self.activation.eq(delay_data(m, found[0], late, "activation")),
            self.derivative.eq(delay_data(m, found[1], late, "derivative")),
        ]
        return m

    def _sigmoid(self, m: Module, given: View) -> list[tuple]:
        bits, limit = self.number.frac_bits, self.model.limit
        pair = data.StructLayout({"activation": unsigned(bits), "derivative": unsigned(bits)})
        rows = [
            {"activation": int(a), "derivative": int(da)}
            for a, da in zip(*self.model.table, strict=True)
        ]
        m.submodules.table = table = Memory(shape=pair, depth=len(rows), init=rows)
        values = []
        for slot in range(self.slots):
            read, h = table.read_port(), given[slot]
            below, above = h < -limit, h >= limit
            # Adding the limit makes the lowest x address 0; it only turns the top bit of the sum.
            m.d.comb += read.addr.eq((h + limit)[self.model.step_shift :])
            below = delay_data(m, below, 1, f"below_{slot}")
            above = delay_data(m, above, 1, f"above_{slot}")
            inside = ~(below | above)
            top = self.number.one - 1
            a = Mux(inside, read.data.activation, Mux(above, top, 1))
            values.append((a, Mux(inside, read.data.derivative, 1)))
        return values

    def _relu(self, m: Module, given: View) -> list[tuple]:
        top = self.number.one - 1
        values = []
        for h in delay_data(m, given, 1, "h_of_relu"):
            inside = (h > 0) & (h <= top)
            a = Mux(inside, h, Mux(h > 0, top, 1))
            values.append((a, Mux(inside, top, 1)))
        return values
