"""``hwsim.fast.lines`` and what the kernels make of them: the very bits of the activations."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from small_nets import small_net

from hwsim.activation import Activation
from hwsim.fast.activation import values_of
from hwsim.fast.engine import FastPipeline
from hwsim.fast.lines import (
    CORRECTED,
    CORRECTIONS,
    FRACTION_BITS,
    PIECES,
    RISES,
    Lines,
    find_lines,
)
from hwsim.fast.llvm import LANES
from hwsim.fast.look_ups import table_lanes
from hwsim.fast.vectors import load, store
from hwsim.fixed_point import FixedPoint

FORMATS = [FixedPoint(i, f) for i in range(1, 13) for f in range(3, 15) if 1 + i + f <= 16]

LINED = [number for number in FORMATS if number != FixedPoint(2, 13)]
"""Those whose sigmoid has lines."""


def on_lines(lines: Lines, number: FixedPoint, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the kernel computes where one look-up reaches over all lines, here on any processor."""
    step = h >> Activation("sigmoid", number).step_shift
    m = np.minimum(np.abs(step), lines.last)
    piece, x = np.divmod(m + lines.offset, 1 << lines.length_bits)
    part = x << (FRACTION_BITS - lines.length_bits)

    def value(table: np.ndarray) -> np.ndarray:
        begin, rise = table[piece], table[RISES + piece]
        risen = (rise * part + (1 << 14)) >> 15
        words = np.append(table[CORRECTIONS:], 0)
        is_more = words[np.minimum(m, CORRECTED) >> 4] >> (15 - (m & 15)) & 1
        return ((begin + risen) >> (FRACTION_BITS - number.frac_bits)) + is_more

    a, slope = value(lines.a), value(lines.slope)
    return np.where(h < 0, a, number.one - a), slope


@pytest.mark.parametrize("number", LINED, ids=str)
def test_lines_give_every_bit(number):
    lines = find_lines("sigmoid", number)
    for words in (lines.a, lines.slope):
        assert words.min() >= -(1 << FRACTION_BITS) and words.max() < 1 << FRACTION_BITS
    h = np.arange(number.minimum, number.maximum + 1)
    for found, wanted in zip(
        on_lines(lines, number, h), Activation("sigmoid", number)(h), strict=True
    ):
        np.testing.assert_array_equal(found, wanted)


def test_usual_formats_need_no_corrections():
    for number in [*(FixedPoint(3, f) for f in range(4, 9)), FixedPoint(2, 7)]:
        assert not find_lines("sigmoid", number).is_corrected


def test_what_has_no_lines():
    # A function that bends, values that change up to the last step, and that 16 bits do not hold.
    assert find_lines("relu", FixedPoint(3, 8)) is None
    assert find_lines("sigmoid", FixedPoint(2, 13)) is None
    assert find_lines("sigmoid", FixedPoint(3, 15)) is None


@numba.njit
def all_values(parts, numbers, memory, tables, scratch, h, a, slope):
    """a and a' of all h, as the kernels of the first junction work them out."""
    for k in range(0, len(h) - LANES, LANES):
        found, found_slope = values_of(parts[0], numbers[0], memory, tables, scratch, load(h, k), 0)
        store(a, k, found)
        store(slope, k, found_slope)


@pytest.mark.parametrize("name", ["sigmoid", "relu"])
def test_kernels_work_out_every_bit(name):
    """Of all numbers of all formats."""
    for number in [*FORMATS, FixedPoint(4, 12), FixedPoint(3, 15)]:
        design = small_net(
            "four junctions", activations=[name, "sigmoid", "sigmoid", "sigmoid"],
            int_bits=number.int_bits, frac_bits=number.frac_bits,
        )  # fmt: skip
        at = FastPipeline(design).map
        has_lines = name == "sigmoid" and number in LINED and table_lanes(at.bits) >= PIECES
        assert at.junctions["has_lines"][0] == has_lines
        every = np.arange(number.minimum, number.maximum + 1)
        h = np.zeros(len(every) + 2 * LANES, dtype=at.scratch.h.dtype)
        h[: len(every)] = every
        a, slope = (np.zeros(len(h), dtype=at.memory.activation.dtype) for _ in range(2))
        all_values(at.junctions, at.numbers, at.memory, at.tables, at.scratch, h, a, slope)
        shift = int(at.numbers["fraction_shift"][0])
        for found, wanted in zip((a, slope), Activation(name, number)(every), strict=True):
            np.testing.assert_array_equal(found[: len(every)], wanted << shift, str(number))


def test_no_more_pieces_than_one_look_up_reaches():
    for number in LINED:
        lines = find_lines("sigmoid", number)
        assert (lines.last + lines.offset) >> lines.length_bits < PIECES
