"""Backpropagation: what each edge adds to its left neuron's delta, and the addition.

Same sums as ``hwsim.backprop``. Latency: ``Backprop.latency``, all of it before the adder, so that
with forwarding only the adder is in the accumulation loop.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.data import View
from amaranth.lib.wiring import In, Out

from hwsim.backprop import sum_width
from hwsim.design import JunctionShape
from hwsim.registers import Registers
from rtl_gen.delay import any_raised, delay_data
from rtl_gen.fixed_point import FixedPoint, Flags
from rtl_gen.lanes import Lanes, fill
from rtl_gen.multiplier import Multiplier


class Backprop(wiring.Component):
    """New partial sums of the left neurons' deltas.

    Args:
        number: the format of operands.
        shape: the junction.
        registers: pipeline registers, of which stages multiplier and product are here.
        per_edge: multiply by a' at every edge (profile "prototype").

    Attributes:
        valid (In): operands of this clock count.
        weight, delta, derivative (In): (z,) operands; derivative only if per edge.
        fresh (In): (z,) the sum starts from zero; belongs to the clock of ``partial``.
        partial (In): (z,) partial sums, ``latency`` clocks after the operands.
        total (Out): (z,) new partial sums, in that clock.
        saturated (Out): an operation left the range, ``FLAG_CLOCKS`` before.
    """

    def __init__(
        self, number: FixedPoint, shape: JunctionShape, *, registers: Registers, per_edge: bool
    ) -> None:
        self.number = number
        self.shape = shape
        self.registers = registers
        self.per_edge = per_edge
        kind = {"lanes": shape.z, "left": number.shape, "registers": registers.multiplier}
        self.multiplier = Multiplier(number, wide=not per_edge, **kind)
        self.slope_multiplier = Multiplier(number, **kind) if per_edge else None
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

    @property
    def latency(self) -> int:
        """Clocks from operands to totals."""
        return self._slope_latency + self.multiplier.latency + self.registers.product

    @property
    def _slope_latency(self) -> int:
        return self.slope_multiplier.latency if self.per_edge else 0

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.multiplier = multiplier = self.multiplier
        weight = delay_data(m, self.weight, self._slope_latency, "weight")
        delta = self._slopes(m) if self.per_edge else self.delta
        m.d.comb += [multiplier.left.eq(delta), multiplier.right.eq(weight)]
        contribution = Signal(Lanes(self.sum_shape, self.shape.z))
        m.d.comb += fill(contribution, list(multiplier.product))
        contribution = delay_data(m, contribution, self.registers.product, "contribution")

        flags: Flags = []
        totals = [
            Mux(self.fresh[lane], 0, self.partial[lane]) + contribution[lane]
            for lane in range(self.shape.z)
        ]
        if self.per_edge:
            totals = [self.number.saturate(m, total, flags) for total in totals]
            self._flag(m, Cat(flags))
        m.d.comb += fill(self.total, totals)
        return m

    def _slopes(self, m: Module) -> View:
        """Delta times a' of every edge."""
        m.submodules.slope_multiplier = multiplier = self.slope_multiplier
        m.d.comb += [multiplier.left.eq(self.delta), multiplier.right.eq(self.derivative)]
        return multiplier.product

    def _flag(self, m: Module, sums: Value) -> None:
        """Products come a while before the sums that they are in."""
        slope, end = self._slope_latency, self.latency
        sources = {
            "slope_flag": (self.slope_multiplier.saturated, slope),
            "product_flag": (self.multiplier.saturated, slope + self.multiplier.latency),
            "sum_flag": (sums, end),
        }
        m.d.comb += self.saturated.eq(any_raised(m, sources, self.valid, until=end))
