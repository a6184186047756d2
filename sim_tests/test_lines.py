"""``hwsim.fast.lines``: the very bits of the sigmoid's table."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.activation import Activation
from hwsim.fast.lines import FRACTION_BITS, PIECES, Lines, find_lines
from hwsim.fixed_point import FixedPoint

FORMATS = [FixedPoint(i, f) for i in range(1, 8) for f in range(2, 15) if 1 + i + f <= 16]


def on_lines(lines: Lines, number: FixedPoint, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the kernel computes, with 16-bit words."""
    m = np.minimum(np.abs(h), lines.last) + lines.offset
    piece, x = m >> lines.length_bits, m & ((1 << lines.length_bits) - 1)
    part = x << (FRACTION_BITS - lines.length_bits)
    spare = FRACTION_BITS - number.frac_bits

    def value(table: np.ndarray) -> np.ndarray:
        begin, rise = table.astype(np.int16).astype(np.int64)[:, piece]
        return (begin + ((rise * part + (1 << 14)) >> 15)) >> spare

    a, slope = value(lines.a), value(lines.slope)
    return np.where(h < 0, a, number.one - a), slope


@pytest.mark.parametrize("number", FORMATS, ids=str)
def test_lines_give_every_bit(number):
    lines = find_lines("sigmoid", number)
    if lines is None:
        return
    h = np.arange(number.minimum, number.maximum + 1)
    for found, wanted in zip(
        on_lines(lines, number, h), Activation("sigmoid", number)(h), strict=True
    ):
        np.testing.assert_array_equal(found, wanted)


def test_usual_formats_have_lines():
    assert all(find_lines("sigmoid", FixedPoint(3, f)) for f in range(4, 9))
    assert find_lines("sigmoid", FixedPoint(2, 7)) is not None


def test_what_has_no_lines():
    # Too coarse a table, a function that bends, no bit to spare.
    assert find_lines("sigmoid", FixedPoint(3, 12)) is None
    assert find_lines("relu", FixedPoint(3, 8)) is None
    assert find_lines("sigmoid", FixedPoint(0, 15)) is None


def test_no_more_pieces_than_one_look_up_reaches():
    for number in FORMATS:
        lines = find_lines("sigmoid", number)
        if lines is not None:
            assert (lines.last + lines.offset) >> lines.length_bits < PIECES
