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
"""Of a line's values, which fill a word of 16 bits; the number format keeps the first of them."""

ONE = 1 << FRACTION_BITS
"""What no word holds."""

PIECES = 64
"""How many there are at most: one look-up chooses among as many words."""

STEP_BITS = 4
"""Of the number of a step within its word of corrections."""

CORRECTION_WORDS = 2 * PIECES
"""Two look-ups choose among them."""

CORRECTED = CORRECTION_WORDS << STEP_BITS
"""Steps that have a correction, those before it."""

RISES, CORRECTIONS, FUNCTION = PIECES, 2 * PIECES, 2 * PIECES + CORRECTION_WORDS
"""Where in the words of a function, behind what its lines begin with, their rises lie, and its
corrections; and how many words there are."""


@dataclass(frozen=True, eq=False)
class Lines:
    """a and a' at -m steps of the table on the lines of piece (m + offset) >> length_bits.

    Attributes:
        step_shift: low bits of h within a step.
        length_bits: a piece is 2^length_bits steps long.
        offset: the first piece begins that many below zero.
        last: from here on everything stays the same.
        is_corrected: whether lines are one below some values.
        a: (FUNCTION,) where each line of a begins, how much it rises over the piece, and for each
            step whether the value is one more, the first step of a word on top.
        slope: (FUNCTION,) the same of a'.
    """

    step_shift: int
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
    if name != "sigmoid" or spare < 1:
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
                    return Lines(shift, length_bits, offset, last, is_corrected, *found)
    return None


def _is_even(activation: Activation, both: Index, number: FixedPoint) -> bool:
    """Whether a(m) = 1 - a(-m) and a'(m) = a'(-m)."""
    m = np.arange(1, (number.maximum >> activation.step_shift) + 1)
    a, slope = activation(m << activation.step_shift)
    return bool((a == number.one - both[0, m]).all() and (slope == both[1, m]).all())


def _through(
    values: Index, spare: int, length_bits: int, offset: int, is_corrected: bool
) -> Index | None:
    """The words of a function with these values; None if a piece has no line."""
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
    """Begin and rise of a line between these values at x; None if there is none."""
    span = max(1, int(x[-1] - x[0]))
    middle = (lowest + highest) // 2
    chord = int(middle[-1] - middle[0]) * ONE // span
    around = 2 * int(highest[0] - lowest[0] + 1)
    rise = np.clip(chord + np.arange(-around, around + 1), -ONE, ONE - 1)
    risen = _risen(rise[:, None], x)
    least = (lowest - risen).max(axis=1)
    room = (highest - risen).min(axis=1) - least
    best = int(np.argmax(room))
    begin = int(least[best] + room[best] // 2)
    if room[best] < 0 or not -ONE <= begin < ONE:
        return None
    return begin, int(rise[best])
