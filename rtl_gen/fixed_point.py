"""Fixed-point arithmetic as combinational logic; same names and bits as ``hwsim.fixed_point``.

Latency 0. Each method adds its logic to the module ``m`` and takes and returns Amaranth values;
where a list ``flags`` is given, the condition that the operation saturated is appended to it.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Value, signed

from hwsim import fixed_point as model
from rtl_gen.wire import wire

Flags = list[Value]


class FixedPoint(model.FixedPoint):
    """The number format of a design and its arithmetic, in gates."""

    @classmethod
    def of(cls, number: model.FixedPoint) -> FixedPoint:
        """The hardware of a model's format."""
        return cls(number.int_bits, number.frac_bits)

    @property
    def shape(self) -> Shape:
        return signed(self.width)

    def saturate(self, m: Module, value: Value, flags: Flags | None = None) -> Value:
        value = wire(m, value, "unsaturated")
        extra = value[self.width - 1 :]  # all equal to the sign where the value fits
        fits = wire(m, extra.all() | ~extra.any(), "fits")
        if flags is not None:
            flags.append(~fits)
        limit = Cat(~value[-1].replicate(self.width - 1), value[-1])
        return wire(m, Mux(fits, value[: self.width], limit).as_signed(), "saturated_value")

    def multiply(self, m: Module, left: Value, right: Value, flags: Flags | None = None) -> Value:
        return self.round(m, wire(m, left * right, "product"), flags)

    def multiply_wide(self, m: Module, left: Value, right: Value) -> Value:
        return self.round_wide(m, wire(m, left * right, "product"))

    def round(self, m: Module, product: Value, flags: Flags | None = None) -> Value:
        """A full product as a number."""
        floored = self.saturate(m, product[self.frac_bits :].as_signed(), flags)
        bit = product[self.frac_bits - 1] & (floored != self.maximum)
        return (floored + bit)[: self.width].as_signed()

    def round_wide(self, m: Module, product: Value) -> Value:
        """A full product without its lowest fraction bits, never saturated."""
        return product[self.frac_bits :].as_signed() + product[self.frac_bits - 1]

    def wide_shape(self, product: Shape) -> Shape:
        """Of what ``round_wide`` makes of such a product."""
        return signed(product.width - self.frac_bits + 1)

    def add(self, m: Module, left: Value, right: Value, flags: Flags | None = None) -> Value:
        return self.saturate(m, left + right, flags)

    def negate(self, m: Module, value: Value) -> Value:
        value = wire(m, value, "positive")
        return Mux(value == self.minimum, self.maximum, -value)[: self.width].as_signed()

    def shift_right(self, m: Module, value: Value, shift: Value) -> Value:
        extended = Cat(Const(0, 1), value).as_signed() >> shift
        shifted = wire(m, extended, "shifted")  # bit 0: the last one shifted out
        return (shifted[1:].as_signed() + shifted[0])[: self.width].as_signed()

    def from_pixel(self, pixel: Value) -> Value:
        up = self.frac_bits - 8
        placed = Cat(Const(0, up), pixel) if up > 0 else pixel[-up:] if up else pixel
        return Cat(placed, Const(0, 1)).as_signed()
