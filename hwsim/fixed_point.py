"""Fixed-point arithmetic: signed (1, int_bits, frac_bits) numbers as raw integers.

Rounding and saturation follow the FPGA prototype bit for bit (arXiv:1806.01087 section III-D).
Values are numpy integers in units of one LSB, 2^-frac_bits; every method works on arrays of any
shape and returns int64.

>>> number = FixedPoint(int_bits=3, frac_bits=8)
>>> int(number.multiply(np.int64(384), np.int64(-3)))          # 1.5 * -3 LSB = -4.5 LSB
-4
>>> int(number.add(number.maximum, 1)) == number.maximum       # sums saturate
True
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Raw = NDArray[np.int64]


@cache
def constant(value: int) -> Raw:
    """``value`` as an array without axes, which numpy takes in half the time of a Python int."""
    return np.asarray(value, dtype=np.int64)


@dataclass(slots=True)
class Tally:
    """How often an operation left the number range."""

    saturated: int = 0
    operations: int = 0


@dataclass(frozen=True)
class FixedPoint:
    """The number format of a design and its arithmetic."""

    int_bits: int
    frac_bits: int

    @cached_property
    def width(self) -> int:
        return 1 + self.int_bits + self.frac_bits

    @cached_property
    def minimum(self) -> int:
        return -(1 << (self.width - 1))

    @cached_property
    def maximum(self) -> int:
        return (1 << (self.width - 1)) - 1

    @property
    def one(self) -> int:
        return 1 << self.frac_bits

    @cached_property
    def _half_lsb(self) -> Raw:
        """Of a product, at twice the fraction bits."""
        return constant(1 << (self.frac_bits - 1))

    @cached_property
    def _shift(self) -> Raw:
        """From a product to a number."""
        return constant(self.frac_bits)

    def saturate(self, value: Raw, tally: Tally | None = None) -> Raw:
        """``value`` clipped to the range; what is clipped is counted in ``tally``."""
        if tally is not None:
            tally.operations += value.size
        if self._is_inside(value):
            return value
        clipped = np.minimum(np.maximum(value, self.minimum), self.maximum)
        if tally is not None:
            tally.saturated += int(np.count_nonzero(clipped != value))
        return clipped

    def _is_inside(self, value: Raw) -> bool:
        """Whether all of ``value`` is between minimum and maximum: mostly so, and soon seen."""
        if not value.size:
            return True
        lowest, highest = value.item(value.argmin()), value.item(value.argmax())
        return self.minimum < lowest and highest < self.maximum

    def multiply(self, left: Raw, right: Raw, tally: Tally | None = None) -> Raw:
        """Full product, floored to frac_bits, saturated, then plus the first dropped bit.

        The maximum takes no rounding bit; a product below the minimum can come out as minimum + 1.
        """
        product = left * right
        rounded = self._round(product)
        if self._is_inside(rounded):
            if tally is not None:
                tally.operations += rounded.size
            return rounded
        floored = product >> self.frac_bits
        return np.minimum(self.saturate(floored, tally) + (rounded - floored), self.maximum)

    def multiply_wide(self, left: Raw, right: Raw) -> Raw:
        """Full product, floored to frac_bits, plus the first dropped bit, never saturated."""
        return self._round(left * right)

    def _round(self, product: Raw) -> Raw:
        """Floored to frac_bits, plus the first dropped bit: half an LSB before the floor."""
        return (product + self._half_lsb) >> self._shift

    def add(self, left: Raw, right: ArrayLike, tally: Tally | None = None) -> Raw:
        """Saturating sum."""
        return self.saturate(np.asarray(left + right), tally)

    def negate(self, value: Raw) -> Raw:
        """-value; the most negative number becomes the largest."""
        return np.minimum(-value, constant(self.maximum))

    def shift_right(self, value: Raw, shift: int) -> Raw:
        """value / 2^shift, rounded by adding the last bit shifted out: half, before the shift."""
        return (value + constant(1 << (shift - 1))) >> constant(shift) if shift else value

    def from_pixel(self, pixel: Raw) -> Raw:
        """An unsigned 8-bit pixel in the top fraction bits, so that 255 is just below one."""
        up = self.frac_bits - 8
        return pixel << constant(up) if up >= 0 else pixel >> constant(-up)

    def from_float(self, value: ArrayLike) -> Raw:
        """The nearest representable number, clipped to the range."""
        raw = np.rint(np.asarray(value) * self.one)
        return np.clip(raw, self.minimum, self.maximum).astype(np.int64)
