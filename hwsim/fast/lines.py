"""A sigmoid as short lines that give the very bits of its table.

The table has hundreds of entries, of which a processor loads one after the other. Its values are
those of a smooth curve, rounded; so are those of a line as long as it stays near the curve. Left of
zero the curve is cut into pieces of equal length, as few as one look-up chooses from, and each gets
a line that gives every value of the piece; if one piece has no such line, there are no lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from hwsim.activation import Activation
from hwsim.fixed_point import FixedPoint
from hwsim.interleaver import Index

FRACTION_BITS = 15
"""Of a line's values; the number format keeps the first of them."""

WORD = 1 << FRACTION_BITS
"""What a word cannot hold."""

PIECES = 64
"""How many there are at most."""


@dataclass(frozen=True, eq=False)
class Lines:
    """a(-m) and a'(-m) of m = |h| on the lines of piece (m + offset) >> length_bits.

    Attributes:
        length_bits: a piece is 2^length_bits long.
        offset: the first piece begins that much below zero.
        last: from here on everything stays the same.
        a: (2, PIECES) where each line of a begins, and how much it rises over the piece.
        slope: the same of a'.
    """

    length_bits: int
    offset: int
    last: int
    a: Index
    slope: Index


@cache
def find_lines(name: str, number: FixedPoint) -> Lines | None:
    """The lines of ``hwsim.activation.Activation(name, number)``, if there are any."""
    spare = FRACTION_BITS - number.frac_bits
    if name != "sigmoid" or spare < 1:
        return None
    activation = Activation(name, number)
    both = np.stack(activation(-np.arange(-number.minimum + 1)))
    if not _is_even(activation, both, number):
        return None
    last = int(np.flatnonzero((both != both[:, -1:]).any(axis=0)).max()) + 1
    length_bits = max(0, (last // PIECES).bit_length())
    for offset in range(1 << length_bits):
        if (last + offset) >> length_bits < PIECES:
            lines = [_through(values[: last + 1], spare, length_bits, offset) for values in both]
            if lines[0] is not None and lines[1] is not None:
                return Lines(length_bits, offset, last, lines[0], lines[1])
    return None


def _is_even(activation: Activation, both: Index, number: FixedPoint) -> bool:
    """Whether a(m) = 1 - a(-m) and a'(m) = a'(-m)."""
    m = np.arange(1, number.maximum + 1)
    a, slope = activation(m)
    return bool((a == number.one - both[0, m]).all() and (slope == both[1, m]).all())


def _through(values: Index, spare: int, length_bits: int, offset: int) -> Index | None:
    """(2, PIECES) begin and rise of lines that give these values."""
    lines = np.zeros((2, PIECES), dtype=np.int64)
    piece, x = np.divmod(np.arange(len(values)) + offset, 1 << length_bits)
    for k in range(piece[-1] + 1):
        line = _line(values[piece == k] << spare, x[piece == k], spare, length_bits)
        if line is None:
            return None
        lines[:, k] = line
    return lines


def _line(values: Index, x: Index, spare: int, length_bits: int) -> tuple[int, int] | None:
    """Begin and rise of a line that is nowhere below the values, nor 2^spare above."""
    span = max(1, int(x[-1] - x[0]))
    chord = int(values[-1] - values[0]) * (1 << length_bits) // span
    rise = np.clip(chord + np.arange(-2 << spare, (2 << spare) + 1), -WORD, WORD - 1)
    part = x << (FRACTION_BITS - length_bits)
    risen = (rise[:, None] * part + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS
    least = (values - risen).max(axis=1)
    room = (values + (1 << spare) - 1 - risen).min(axis=1) - least
    best = int(np.argmax(room))
    begin = int(least[best] + room[best] // 2)
    if room[best] < 0 or not -WORD <= begin < WORD:
        return None
    return begin, int(rise[best])
