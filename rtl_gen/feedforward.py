"""Feedforward: multipliers, one adder tree per right neuron touched, partial sums.

Same sums as ``hwsim.feedforward``. Latency: ``registers`` clocks, after the multipliers.
Throughput: z edges per clock.
"""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value, ValueLike, signed
from amaranth.lib import wiring
from amaranth.lib.data import View
from amaranth.lib.wiring import In, Out

from hwsim.design import JunctionShape
from rtl_gen.delay import delay
from rtl_gen.fixed_point import FixedPoint, Flags
from rtl_gen.lanes import Lanes, fill
from rtl_gen.natural_order import slot_of_lane


class FeedForward(wiring.Component):
    """h of the right neurons that finish.

    Args:
        number: the format.
        shape: the junction.
        registers: pipeline registers between multipliers and adders.

    Attributes:
        valid, phase, finishing (In): from ``NaturalOrder``, for the operands of this clock.
        weight, activation (In): (z,) operands.
        bias (In): (right_banks,) of the neurons touched.
        h (Out): (right_banks,) results; the first ``finishing`` count.
        saturated (Out): an operation left the range.
    """

    def __init__(self, number: FixedPoint, shape: JunctionShape, *, registers: int) -> None:
        self.number = number
        self.shape = shape
        self.registers = registers
        lanes = Lanes(number.shape, shape.z)
        slots = Lanes(number.shape, shape.right_banks)
        super().__init__(
            {
                "valid": In(1),
                "phase": In(range(max(2, shape.d_in))),
                "finishing": In(range(shape.right_banks + 1)),
                "weight": In(lanes),
                "activation": In(lanes),
                "bias": In(slots),
                "h": Out(slots),
                "saturated": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        product_flags: Flags = []
        products = Signal(Lanes(self.number.shape, self.shape.z))
        m.d.comb += fill(
            products,
            [
                self.number.multiply(m, self.weight[lane], self.activation[lane], product_flags)
                for lane in range(self.shape.z)
            ],
        )

        late = self.registers
        products = delay(m, products, late, "products")
        phase = delay(m, self.phase, late, "phase")
        finishing = delay(m, self.finishing, late, "finishing")
        bias = delay(m, self.bias, late, "bias")
        valid = delay(m, self.valid, late, "valid")
        product_flag = delay(m, self.valid & Cat(product_flags).any(), late, "product_flag")

        totals = self._totals(m, products, phase, finishing, valid)
        flags: Flags = []
        sums = [total + bias[slot] for slot, total in enumerate(totals)]
        m.d.comb += fill(self.h, [self.number.saturate(m, total, flags) for total in sums])
        sum_flags = [flag & (finishing > slot) for slot, flag in enumerate(flags)]
        m.d.comb += self.saturated.eq(product_flag | (valid & Cat(sum_flags).any()))
        return m

    def _totals(
        self, m: Module, products: View, phase: Value, finishing: Value, valid: Value
    ) -> list[Signal]:
        """Full-width sums per slot; the one that does not finish is carried to the next clock."""
        width = self.number.width + self.shape.d_in.bit_length()
        carried = Signal(signed(width))
        totals = [Signal(signed(width), name=f"total_{s}") for s in range(self.shape.right_banks)]
        terms: list[list] = [[] for _ in totals]
        for lane in range(self.shape.z):
            slot, is_next = slot_of_lane(self.shape, lane, phase)
            terms[slot].append(Mux(is_next, 0, products[lane]))
            if slot + 1 < len(totals):
                terms[slot + 1].append(Mux(is_next, products[lane], 0))
        for slot, total in enumerate(totals):
            m.d.comb += total.eq(tree(terms[slot]) + (carried if slot == 0 else 0))
        with m.If(valid):
            m.d.sync += carried.eq(Array([*totals, 0])[finishing])
        return totals


def tree(terms: list[ValueLike]) -> ValueLike:
    """Balanced sum."""
    if len(terms) <= 1:
        return terms[0] if terms else 0
    half = len(terms) // 2
    return tree(terms[:half]) + tree(terms[half:])
