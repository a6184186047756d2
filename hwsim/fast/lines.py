"""A sigmoid as short lines that give the very bits of its table.

The table has hundreds of entries, of which a processor loads one after the other. Its values are
those of a smooth curve, rounded; so are those of a line as long as it stays near the curve. Left of
zero the curve is cut into pieces of equal length, as few as one look-up chooses from, and each gets
a line that gives every value of the piece. Where values are too fine for that, a line may be one
below some of them, and a bit for each says where. If one piece has no such line, there are no
lines.
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

CORRECTED = 1 << 11
"""Steps that have a bit, those before it."""

WORDS = CORRECTED // 16
"""Words of these bits."""


@dataclass(frozen=True, eq=False)
class Lines:
    """a and a' at -m steps of the table on the lines of piece (m + offset) >> length_bits.

    Attributes:
        length_bits: a piece is 2^length_bits long.
        offset: the first piece begins that much below zero.
        last: from here on everything stays the same.
        is_corrected: whether lines are one below some values.
        a: where each line of a begins, how much it rises over the piece (PIECES of both), and for
            each step whether the value is one more (WORDS, the first one's bit on top).
        slope: the same of a'.
    """

    length_bits: int
    offset: int
    last: int
    is_corrected: bool
    a: Index
    slope: Index


@cache
def find_lines(name: str, number: FixedPoint) -> Lines | None:
    """The lines of ``hwsim.activation.Activation(name, number)``, if there are any."""
    spare = FRACTION_BITS - number.frac_bits
    if name != "sigmoid" or spare < 0:
        return None
    activation = Activation(name, number)
    shift = activation.step_shift
    both = np.stack(activation(-(np.arange((-number.minimum >> shift) + 1) << shift)))
    if not _is_even(activation, both, number):
        return None
    last = int(np.flatnonzero((both != both[:, -1:]).any(axis=0)).max(initial=-1)) + 1
    length_bits = max(0, (last // PIECES).bit_length())
    for is_corrected in (False, True):
        for offset in range(1 << length_bits):
            if (last + offset) >> length_bits < PIECES:
                found = [
                    _through(values[: last + 1], spare, length_bits, offset, is_corrected)
                    for values in both
                ]
                if found[0] is not None and found[1] is not None:
                    return Lines(length_bits, offset, last, is_corrected, *found)
    return None


def _is_even(activation: Activation, both: Index, number: FixedPoint) -> bool:
    """Whether a(m) = 1 - a(-m) and a'(m) = a'(-m)."""
    m = np.arange(1, (number.maximum >> activation.step_shift) + 1)
    a, slope = activation(m << activation.step_shift)
    return bool((a == number.one - both[0, m]).all() and (slope == both[1, m]).all())


def _through(
    values: Index, spare: int, length_bits: int, offset: int, is_corrected: bool
) -> Index | None:
    """Begin and rise of lines that give these values, and where they are one more."""
    lines = np.zeros((2, PIECES), dtype=np.int64)
    m = np.arange(len(values))
    piece, x = np.divmod(m + offset, 1 << length_bits)
    x <<= FRACTION_BITS - length_bits
    lowest = (values - (is_corrected & (m < CORRECTED))) << spare
    highest = (values << spare) + (1 << spare) - 1
    for k in range(piece[-1] + 1):
        line = _line(lowest[piece == k], highest[piece == k], x[piece == k])
        if line is None:
            return None
        lines[:, k] = line
    begin, rise = lines[:, piece]
    is_more = np.zeros(CORRECTED, dtype=bool)
    corrected = slice(0, min(len(values), CORRECTED))
    is_more[corrected] = (values > (begin + _risen(rise, x) >> spare))[corrected]
    return np.concatenate([lines.ravel(), np.packbits(is_more).view(">i2")])


def _risen(rise: Index, x: Index) -> Index:
    """How much of a rise there is at x, a fraction of the piece."""
    return (rise * x + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS


def _line(lowest: Index, highest: Index, x: Index) -> tuple[int, int] | None:
    """Begin and rise of a line between those at x."""
    span = max(1, int(x[-1] - x[0]))
    middle = (lowest + highest) // 2
    chord = int(middle[-1] - middle[0]) * WORD // span
    around = 2 * int(highest[0] - lowest[0] + 1)
    rise = np.clip(chord + np.arange(-around, around + 1), -WORD, WORD - 1)
    risen = _risen(rise[:, None], x)
    least = (lowest - risen).max(axis=1)
    room = (highest - risen).min(axis=1) - least
    best = int(np.argmax(room))
    begin = int(least[best] + room[best] // 2)
    if room[best] < 0 or not -WORD <= begin < WORD:
        return None
    return begin, int(rise[best])
