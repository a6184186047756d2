"""Multipliers side by side, with their registers: the first ones belong into a DSP block.

Same products as ``FixedPoint.multiply`` and ``multiply_wide``. Latency: ``registers`` clocks.
Throughput: one product per lane and clock.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Shape, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl_gen.delay import delay_data
from rtl_gen.fixed_point import FixedPoint, Flags
from rtl_gen.lanes import Lanes, fill


def raw_registers(registers: int) -> int:
    """How many of a multiplier's registers keep raw products."""
    return int(registers >= 1) + int(registers >= 4)


class Multiplier(wiring.Component):
    """left * right in every lane, rounded.

    The first register keeps the raw product, the second the operands, as DSP blocks have them, the
    third what has been rounded, the fourth once more the raw product, beside the logic that rounds
    it; all others what has been rounded. None of them is reset.

    Args:
        number: the format of the result.
        lanes: products per clock.
        left: shape of the left operands, any number of bits.
        registers: pipeline registers.
        wide: keep the rounded product at full width; else it saturates.

    Attributes:
        left, right (In): (lanes,) operands; the right ones are numbers of the format.
        product (Out): (lanes,) rounded.
        saturated (Out): (lanes,) the product left the range; not if wide.
    """

    def __init__(
        self, number: FixedPoint, *, lanes: int, left: Shape, registers: int, wide: bool = False
    ) -> None:
        self.number = number
        self.lanes = lanes
        self.registers = registers
        self.wide = wide
        self.raw_shape = signed(left.width + number.width)
        product = number.wide_shape(self.raw_shape) if wide else number.shape
        ports = {
            "left": In(Lanes(left, lanes)),
            "right": In(Lanes(number.shape, lanes)),
            "product": Out(Lanes(product, lanes)),
        }
        super().__init__(ports | ({} if wide else {"saturated": Out(lanes)}))

    @property
    def latency(self) -> int:
        """Clocks from operands to products."""
        return self.registers

    def elaborate(self, platform: object) -> Module:
        m = Module()
        of_operands, of_raw = int(self.registers >= 2), raw_registers(self.registers)
        left = delay_data(m, self.left, of_operands, "left")
        right = delay_data(m, self.right, of_operands, "right")
        raw = Signal(Lanes(self.raw_shape, self.lanes))
        m.d.comb += fill(raw, [left[lane] * right[lane] for lane in range(self.lanes)])
        raw = delay_data(m, raw, of_raw, "raw")

        flags: Flags = []
        rounded = Signal(self.product.shape())
        round_ = self.number.round_wide if self.wide else self.number.round
        more = [] if self.wide else [flags]
        m.d.comb += fill(rounded, [round_(m, product, *more) for product in raw])
        late = self.registers - of_operands - of_raw
        m.d.comb += self.product.eq(delay_data(m, rounded, late, "rounded"))
        if not self.wide:
            m.d.comb += self.saturated.eq(delay_data(m, Cat(flags), late, "flags"))
        return m
