"""Activation functions as the hardware has them: a table for sigmoid, comparisons for ReLU.

The sigmoid table covers x in [-m, m), m = min(8, 2^int_bits), with one entry per representable x
up to 4096 entries, and the top 12 bits of x beyond. Neither a nor a' is ever 0
(arXiv:1806.01087 section III-E; formulas checked against the prototype's own tables).
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from hwsim.fixed_point import FixedPoint, Raw, constant

MAX_ENTRIES = 4096


class Activation:
    """A(h) and A'(h) of one junction.

    Latency in hardware: one clock (a synchronous table, or a register).

    Args:
        name: "sigmoid" or "relu".
        number: the format of h, a and a'.

    >>> a, da = Activation("relu", FixedPoint(3, 8))(np.array([-5, 100, 256]))
    >>> a.tolist(), da.tolist()
    ([1, 100, 255], [1, 255, 1])
    """

    def __init__(self, name: str, number: FixedPoint) -> None:
        self.name = name
        self.number = number

    def __call__(self, h: Raw) -> tuple[Raw, Raw]:
        """a and a' of h, all raw, of one shape."""
        return self._sigmoid(h) if self.name == "sigmoid" else self._relu(h)

    @cached_property
    def limit(self) -> int:
        """Raw m: the table covers [-limit, limit)."""
        return min(8, 1 << self.number.int_bits) << self.number.frac_bits

    @cached_property
    def step_shift(self) -> int:
        """Low bits of x that the table address leaves out."""
        return max(0, (2 * self.limit).bit_length() - 1 - (MAX_ENTRIES.bit_length() - 1))

    @cached_property
    def table(self) -> tuple[Raw, Raw]:
        """a and a' for every table address, lowest x first."""
        x = np.arange(-self.limit, self.limit, 1 << self.step_shift) / self.number.one
        s = 1 / (1 + np.exp(-x))
        one = self.number.one
        a = np.clip(np.rint(s * one), 1, one - 1).astype(np.int64)
        da = np.clip(np.rint(s * (1 - s) * one), 1, one // 4 - 1).astype(np.int64)
        return a, da

    @cached_property
    def _padded_table(self) -> Raw:
        """``table`` with an entry more at each end, for every x below and every x above it."""
        a, da = self.table
        below, above = [[1], [1]], [[self.number.one - 1], [1]]
        return np.hstack([below, [a, da], above])

    def _sigmoid(self, h: Raw) -> tuple[Raw, Raw]:
        from_below = h + constant(self.limit + (1 << self.step_shift))
        address = from_below >> constant(self.step_shift)
        a, da = self._padded_table.take(address, axis=1, mode="clip")
        return a, da

    def _relu(self, h: Raw) -> tuple[Raw, Raw]:
        low, high = constant(1), constant(self.number.one - 1)
        a = np.minimum(np.maximum(h, low), high)
        inside = (h > 0) & (h <= high)
        return a, np.where(inside, high, low)
