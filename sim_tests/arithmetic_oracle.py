"""The arithmetic of ARCHITECTURE section 6 a second time: one value at a time, exact fractions.

Written from the text and not from ``hwsim``, so that a slip in one of them shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from hypothesis import strategies as st

from hwsim.fixed_point import FixedPoint

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Oracle:
    """Signed numbers of 1 + int_bits + frac_bits bits, in units of the last place."""

    int_bits: int
    frac_bits: int

    @classmethod
    def of(cls, number: FixedPoint) -> Oracle:
        return cls(number.int_bits, number.frac_bits)

    @property
    def high(self) -> int:
        return 2 ** (self.int_bits + self.frac_bits) - 1

    @property
    def low(self) -> int:
        return -self.high - 1

    def clip(self, value: int) -> int:
        return max(self.low, min(self.high, value))

    def multiply(self, x: int, y: int) -> int:
        """Floor, saturate, then the first dropped bit unless the value is the maximum."""
        exact = Fraction(x * y, 2**self.frac_bits)
        result = self.clip(floor(exact))
        rounds_up = exact - floor(exact) >= HALF
        return result + 1 if rounds_up and result < self.high else result

    def multiply_wide(self, x: int, y: int) -> int:
        return floor(Fraction(x * y, 2**self.frac_bits) + HALF)

    def add(self, x: int, y: int) -> int:
        return self.clip(x + y)

    def negate(self, x: int) -> int:
        return self.clip(-x)

    def shift_right(self, x: int, shift: int) -> int:
        return floor(Fraction(x, 2**shift) + (HALF if shift else 0))

    def from_pixel(self, pixel: int) -> int:
        return floor(Fraction(pixel, 256) * 2**self.frac_bits)

    def feedforward(self, weights: Sequence[int], values: Sequence[int], bias: int) -> int:
        """The h of one neuron: rounded products and the bias, saturated once."""
        products = [self.multiply(w, a) for w, a in zip(weights, values, strict=True)]
        return self.clip(sum(products) + bias)

    def delta_by_edge(self, edges: Sequence[tuple[int, int]], slope: int) -> int:
        """Profile "prototype": edges are (weight, delta); rounded and saturated on the way."""
        total = 0
        for weight, delta in edges:
            total = self.add(total, self.multiply(self.multiply(delta, slope), weight))
        return total

    def delta_at_full_width(self, edges: Sequence[tuple[int, int]], slope: int) -> int:
        """Profile "default": one multiplication by a' at the end."""
        total = sum(self.multiply_wide(weight, delta) for weight, delta in edges)
        return self.multiply(total, slope)

    def step(self, delta: int, eta_shift: int) -> int:
        return self.shift_right(self.negate(delta), eta_shift)

    def new_weight(self, weight: int, delta: int, eta_shift: int, value: int) -> int:
        return self.add(weight, self.multiply(self.step(delta, eta_shift), value))


def formats() -> st.SearchStrategy[FixedPoint]:
    """Number formats of every kind."""
    return st.builds(FixedPoint, st.integers(1, 4), st.integers(3, 12))


def values_of(number: FixedPoint) -> st.SearchStrategy[int]:
    """Any value, and the limits and their neighbours more often than chance has them."""
    low, high, one = number.minimum, number.maximum, number.one
    corners = [low, low + 1, -one, -1, 0, 1, one - 1, one, high - 1, high]
    return st.sampled_from(corners) | st.integers(low, high)
