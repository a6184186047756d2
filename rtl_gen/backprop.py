"""Backpropagation: what each edge adds to its left neuron's delta, and the addition.

Same sums as ``hwsim.backprop``. Latency: ``registers`` clocks, after the multipliers and before
the adder, so that with forwarding only the adder is in the accumulation loop.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwsim.backprop import sum_width
from hwsim.design import JunctionShape
from rtl_gen.delay import delay
from rtl_gen.fixed_point import FixedPoint, Flags
from rtl_gen.lanes import Lanes, fill


class Backprop(wiring.Component):
    """New partial sums of the left neurons' deltas.

    Args:
        number: the format of operands.
        shape: the junction.
        registers: pipeline registers between multipliers and adder.
        per_edge: multiply by a' at every edge (profile "prototype").

    Attributes:
        valid (In): operands of this clock count.
        weight, delta, derivative (In): (z,) operands; derivative only if per edge.
        fresh (In): (z,) the sum starts from zero; belongs to the clock of ``partial``.
        partial (In): (z,) partial sums, ``registers`` clocks after the operands.
        total (Out): (z,) new partial sums, in that clock.
        saturated (Out): an operation left the range.
    """

    def __init__(
        self, number: FixedPoint, shape: JunctionShape, *, registers: int, per_edge: bool
    ) -> None:
        self.number = number
        self.shape = shape
        self.registers = registers
        self.per_edge = per_edge
        lanes = Lanes(number.shape, shape.z)
        self.sum_shape = signed(sum_width(number, shape.d_out, per_edge=per_edge))
        sums = Lanes(self.sum_shape, shape.z)
        ports = {
            "valid": In(1),
            "weight": In(lanes),
            "delta": In(lanes),
            "fresh": In(shape.z),
            "partial": In(sums),
            "total": Out(sums),
            "saturated": Out(1),
        }
        super().__init__(ports | ({"derivative": In(lanes)} if per_edge else {}))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        product_flags: Flags = []
        contribution = Signal(Lanes(self.sum_shape, self.shape.z))
        lanes = range(self.shape.z)
        m.d.comb += fill(contribution, [self._contribution(m, x, product_flags) for x in lanes])
        flag = self.valid & Cat(product_flags).any() if product_flags else 0

        contribution = delay(m, contribution, self.registers, "contribution")
        valid = delay(m, self.valid, self.registers, "valid")
        flag = delay(m, flag, self.registers, "flag") if product_flags else 0

        sum_flags: Flags = []
        totals = [
            Mux(self.fresh[lane], 0, self.partial[lane]) + contribution[lane] for lane in lanes
        ]
        if self.per_edge:
            totals = [self.number.saturate(m, total, sum_flags) for total in totals]
        m.d.comb += fill(self.total, totals)
        m.d.comb += self.saturated.eq(flag | (valid & Cat(sum_flags).any()))
        return m

    def _contribution(self, m: Module, lane: int, flags: Flags) -> Value:
        number, weight, delta = self.number, self.weight[lane], self.delta[lane]
        if not self.per_edge:
            return number.multiply_wide(m, weight, delta)
        slope = number.multiply(m, delta, self.derivative[lane], flags)
        return number.multiply(m, slope, weight, flags)
