"""Fixed-point arithmetic as combinational logic; same names and bits as ``hwsim.fixed_point``.

Latency 0. Each method adds its logic to the module ``m`` and takes and returns Amaranth values;
where a list ``flags`` is given, the condition that the operation saturated is appended to it.
"""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Const, Module, Mux, Shape, Value, signed

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
        """A full product as a number: floored, saturated, the first dropped bit added.

        All three at once. A product below the range becomes its minimum, to which the bit is added.
        """
        floored, bit = product[self.frac_bits :].as_signed(), product[self.frac_bits - 1]
        extra = floored[self.width - 1 :]
        fits = wire(m, extra.all() | ~extra.any(), "fits")
        if flags is not None:
            flags.append(~fits)
        inside = floored[: self.width].as_signed()
        rounded = wire(m, (inside + bit)[: self.width], "rounded")
        lowest = Cat(bit, Const(0, self.width - 2), Const(1, 1))
        stays = Mux(fits, inside == self.maximum, ~product[-1])
        limit = Mux(stays, Const(self.maximum, self.width), lowest)
        return wire(m, Mux(fits & ~stays, rounded, limit).as_signed(), "number")

    def round_wide(self, m: Module, product: Value) -> Value:
        """A full product without its lowest fraction bits, never saturated."""
        return product[self.frac_bits :].as_signed() + product[self.frac_bits - 1]

    def wide_shape(self, product: Shape) -> Shape:
        """Of what ``round_wide`` makes of such a product."""
        return signed(product.width - self.frac_bits + 1)

    def add(self, m: Module, left: Value, right: Value, flags: Flags | None = None) -> Value:
        return self.saturate(m, left + right, flags)

    def step(self, m: Module, delta: Value, shift: Value) -> Value:
        """-delta * 2^-shift as ``shift_right(negate(delta), shift)`` has it, in one addition.

        -delta is ~delta + 1, and the last bit shifted out is added: so ~delta is shifted, and one
        added if the bits shifted out are no less than half of what they can be, less one.
        """
        inverted = wire(m, ~delta, "inverted").as_signed()
        rounds = [delta != self.minimum, Const(1)]  # the most negative number becomes the largest
        for bits in range(2, self.width):
            rounds.append(inverted[bits - 1] | inverted[: bits - 1].all())
        one = wire(m, Array(rounds)[shift], "rounds_up")
        return ((inverted >> shift) + one)[: self.width].as_signed()

    def from_pixel(self, pixel: Value) -> Value:
        up = self.frac_bits - 8
        placed = Cat(Const(0, up), pixel) if up > 0 else pixel[-up:] if up else pixel
        return Cat(placed, Const(0, 1)).as_signed()
