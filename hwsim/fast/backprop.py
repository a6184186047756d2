"""Backpropagation of some lanes: what each edge adds to its left neuron (``hwsim.backprop``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.compiled import compiled
from hwsim.fast.fetch import Operand
from hwsim.fast.vectors import (
    LANES,
    add,
    convert,
    count_differing,
    load,
    maximum,
    minimum,
    multiply_fraction,
    multiply_low,
    multiply_wide,
    odd,
    shift_left,
    shift_right,
    splat,
    store,
    subtract,
    widen,
)


@compiled
def contribute_per_edge(
    weight: np.ndarray, at: int, read: Any, slope: Operand, delta: np.ndarray,
    rows: int, all_rows: int, stride: int, frac_bits: int, low: int, high: int,
    contribution: np.ndarray, to: int,
) -> int:  # fmt: skip
    """(delta*a')*w, each product rounded and saturated (profile "prototype").

    Args:
        weight: all weights, tile by tile; the first row begins at ``at``.
        at: see there.
        read: how to read ``slope``.
        slope: derivatives as fractions.
        delta: (stride,) delta of each segment.
        rows: how many rows.
        all_rows: rows of the junction.
        stride: slots of a row.
        frac_bits: of every number.
        low: the most negative number.
        high: the largest number.
        contribution: result; row by row from ``to`` on.
        to: see there.

    Returns:
        How many products were clipped.
    """
    lowest, highest = splat(widen(splat(weight, 0)), low), splat(widen(splat(weight, 0)), high)
    clipped = 0
    for v in range(0, stride, LANES):
        right = load(delta, v)
        for row in range(rows):
            edge = load(weight, at + v * all_rows + row * LANES)
            share = multiply_fraction(right, read(slope, row, v))
            product = multiply_wide(share, edge)
            floored = shift_right(product, frac_bits)
            inside = minimum(maximum(floored, lowest), highest)
            clipped += count_differing(inside, floored)
            rounded = add(inside, odd(shift_right(product, frac_bits - 1)))
            store(
                contribution,
                to + v + row * stride,
                convert(contribution, minimum(rounded, highest)),
            )
    return clipped


@compiled
def contribute_per_edge_short(
    weight: np.ndarray, at: int, read: Any, slope: Operand, delta: np.ndarray,
    rows: int, all_rows: int, stride: int, share_shift: int, weight_shift: int, low: int, high: int,
    contribution: np.ndarray, to: int,
) -> int:  # fmt: skip
    """As ``contribute_per_edge``, in half the width: for numbers that leave bits of a word free.

    Shifted left by ``share_shift`` and ``weight_shift``, the factors' product has its binary point
    where ``multiply_fraction`` cuts, and the bit that was rounded is in its lower half.
    """
    lowest, highest = splat(weight, low), splat(weight, high)
    rounded_bit = 8 * weight.itemsize - 2
    clipped = 0
    for v in range(0, stride, LANES):
        right = load(delta, v)
        for row in range(rows):
            edge = load(weight, at + v * all_rows + row * LANES)
            share = multiply_fraction(right, read(slope, row, v))
            left, edge = shift_left(share, share_shift), shift_left(edge, weight_shift)
            rounding = odd(shift_right(multiply_low(left, edge), rounded_bit))
            floored = subtract(multiply_fraction(left, edge), rounding)
            inside = minimum(maximum(floored, lowest), highest)
            clipped += count_differing(inside, floored)
            rounded = minimum(add(inside, rounding), highest)
            store(contribution, to + v + row * stride, convert(contribution, rounded))
    return clipped


@compiled
def contribute_short(
    weight: np.ndarray, at: int, delta: np.ndarray, rows: int, all_rows: int, stride: int,
    delta_shift: int, weight_shift: int, contribution: np.ndarray, to: int,
) -> None:  # fmt: skip
    """w*delta, rounded once, where that fits into a word (profile "default").

    Arguments are those of ``contribute_per_edge_short``.
    """
    for v in range(0, stride, LANES):
        right = shift_left(load(delta, v), delta_shift)
        for row in range(rows):
            edge = load(weight, at + v * all_rows + row * LANES)
            product = multiply_fraction(right, shift_left(edge, weight_shift))
            store(contribution, to + v + row * stride, convert(contribution, product))


@compiled
def contribute_wide(
    weight: np.ndarray, at: int, delta: np.ndarray,
    rows: int, all_rows: int, stride: int, frac_bits: int, contribution: np.ndarray, to: int,
) -> None:  # fmt: skip
    """w*delta, rounded once and never saturated (profile "default").

    Arguments are those of ``contribute_per_edge``; ``contribution`` is twice as wide.
    """
    for v in range(0, stride, LANES):
        right = load(delta, v)
        for row in range(rows):
            edge = load(weight, at + v * all_rows + row * LANES)
            product = multiply_wide(right, edge)
            floored = shift_right(product, frac_bits)
            rounded = add(floored, odd(shift_right(product, frac_bits - 1)))
            store(contribution, to + v + row * stride, convert(contribution, rounded))
