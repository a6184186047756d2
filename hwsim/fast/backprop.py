"""Backpropagation of some edges: what each adds to its left neuron (``hwsim.backprop``).

The product comes in four forms, ``times_...``: profile "prototype" multiplies by a' per edge, in
half the width where numbers leave bits of a word free, and its deltas are as wide as weights;
profile "default" does not, its deltas are wider, and its products may fit into a word or not. All
have the same arguments, edge, delta, a' and ``Factors``, and return the product and how many lanes
of it were clipped. Products are added up with ``..._sum``. Both in one are the four ``quick_...``,
which only tell whether there is something to clip.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from hwsim.fast.compiled import compiled, inlined
from hwsim.fast.fetch import Banks, read_banks
from hwsim.fast.llvm import LANES
from hwsim.fast.multiplication import multiply_fraction, multiply_low, multiply_wide
from hwsim.fast.vectors import (
    add,
    add_saturating,
    convert,
    count_differing,
    if_equal,
    load,
    maximum,
    maximum_unsigned,
    minimum,
    odd,
    shift_left,
    shift_right,
    splat,
    store,
    subtract,
    subtract_unsigned,
)


class Factors(NamedTuple):
    """How to multiply.

    Attributes:
        frac_bits: of every number.
        low: the most negative number.
        high: the largest number.
        share_shift: how far delta, or delta*a', is shifted left in half the width, and
        weight_shift: how far the weight is: their product then has its binary point where
            ``multiply_fraction`` cuts, and the bit that was rounded is in its lower half.
        rounded_bit: which bit of the lower half that is.
    """

    frac_bits: int
    low: int
    high: int
    share_shift: int
    weight_shift: int
    rounded_bit: int


@inlined
def factors_of(part: Any, number: Any, weight: np.ndarray) -> Factors:
    """How a junction multiplies."""
    return Factors(
        number.frac_bits, number.low, number.high,
        part.share_shift, part.weight_shift, 8 * weight.itemsize - 2,
    )  # fmt: skip


@inlined
def times_slope_short(edge: Any, delta: Any, slope: Any, factors: Factors) -> Any:
    """(delta*a')*w, each product rounded and saturated, in the width of a word."""
    lowest, highest = splat(edge, factors.low), splat(edge, factors.high)
    share = shift_left(multiply_fraction(delta, slope), factors.share_shift)
    edge = shift_left(edge, factors.weight_shift)
    rounding = odd(shift_right(multiply_low(share, edge), factors.rounded_bit))
    floored = subtract(multiply_fraction(share, edge), rounding)
    inside = minimum(maximum(floored, lowest), highest)
    return minimum(add(inside, rounding), highest), count_differing(inside, floored)


@inlined
def times_slope(edge: Any, delta: Any, slope: Any, factors: Factors) -> Any:
    """(delta*a')*w, each product rounded and saturated, for numbers that fill a word."""
    product = multiply_wide(multiply_fraction(delta, slope), edge)
    lowest, highest = splat(product, factors.low), splat(product, factors.high)
    floored = shift_right(product, factors.frac_bits)
    inside = minimum(maximum(floored, lowest), highest)
    rounded = add(inside, odd(shift_right(product, factors.frac_bits - 1)))
    return convert(edge, minimum(rounded, highest)), count_differing(inside, floored)


@inlined
def times_weight_short(edge: Any, delta: Any, slope: Any, factors: Factors) -> Any:
    """w*delta, rounded once and never saturated, where that fits into a word."""
    right = shift_left(delta, factors.share_shift)
    return multiply_fraction(right, shift_left(edge, factors.weight_shift)), 0


@inlined
def times_weight(edge: Any, delta: Any, slope: Any, factors: Factors) -> Any:
    """w*delta, rounded once and never saturated, twice as wide."""
    product = multiply_wide(delta, edge)
    floored = shift_right(product, factors.frac_bits)
    return add(floored, odd(shift_right(product, factors.frac_bits - 1))), 0


@inlined
def clipped_sum(partial: Any, added: Any, lowest: Any, highest: Any) -> Any:
    """One edge more, clipped to the limits (profile "prototype", where the order shows)."""
    return minimum(maximum(add_saturating(partial, added), lowest), highest)


@inlined
def plain_sum(partial: Any, added: Any, lowest: Any, highest: Any) -> Any:
    """One edge more, in lanes wide enough for every sum."""
    return add(partial, added)


class Quick(NamedTuple):
    """What BP gives for some edges if nothing leaves the number range.

    Attributes:
        share: what each adds to its left neuron's delta.
        partial: the deltas with it.
        distance: see ``Bounds``.
    """

    share: Any
    partial: Any
    distance: Any


class Bounds(NamedTuple):
    """How to tell whether anything is to be clipped.

    Distances are upwards, without sign: what is below the bound is far above it, and -1 is beyond
    every bound. A product at the lowest number may have been clipped or not; so may a sum at either
    limit, where numbers fill their words.

    Attributes:
        product: the least product that is not.
        sum: the least sum that is not.
        span: the greatest distance of a product from its bound, and of a sum, less ``one``.
        one: 1.
    """

    product: Any
    sum: Any
    span: Any
    one: Any


@inlined
def bounds_of(number: Any, weight: np.ndarray) -> Bounds:
    """The bounds of numbers and words."""
    return Bounds(
        splat(weight, number.low + 1), splat(weight, number.low + number.fills_word),
        splat(weight, number.high - number.low - 1 - 2 * number.fills_word), splat(weight, 1),
    )  # fmt: skip


@inlined
def quick_slope_short(
    edge: Any, delta: Any, slope: Any, factors: Factors, partial: Any, bounds: Bounds, distance: Any
) -> Quick:
    """As ``times_slope_short`` and ``clipped_sum``."""
    left = shift_left(multiply_fraction(delta, slope), factors.share_shift)
    share = multiply_fraction(left, shift_left(edge, factors.weight_shift))
    return _limited(share, partial, bounds, distance)


@inlined
def quick_slope(
    edge: Any, delta: Any, slope: Any, factors: Factors, partial: Any, bounds: Bounds, distance: Any
) -> Quick:
    """As ``times_slope`` and ``clipped_sum``, in the width of a word too.

    As long as delta*a', shifted, fits into it; else the distance is -1, the rest does not count.
    """
    quick = quick_slope_short(edge, delta, slope, factors, partial, bounds, distance)
    share, shift = multiply_fraction(delta, slope), factors.share_shift
    kept = shift_right(shift_left(share, shift), shift)
    distance = if_equal(kept, share, quick.distance, splat(distance, -1))
    return Quick(quick.share, quick.partial, distance)


@inlined
def _limited(share: Any, partial: Any, bounds: Bounds, distance: Any) -> Quick:
    partial = add_saturating(partial, share)
    sums = maximum_unsigned(distance, subtract(partial, bounds.sum))
    products = subtract(share, bounds.product)
    distance = maximum_unsigned(products, subtract_unsigned(sums, bounds.one))
    return Quick(share, partial, distance)


@inlined
def quick_weight_short(
    edge: Any, delta: Any, slope: Any, factors: Factors, partial: Any, bounds: Bounds, distance: Any
) -> Quick:
    """As ``times_weight_short`` and ``plain_sum``: neither has limits."""
    share, _ = times_weight_short(edge, delta, slope, factors)
    distance = subtract_unsigned(distance, bounds.one)
    return Quick(share, add(partial, convert(partial, share)), distance)


@inlined
def quick_weight(
    edge: Any, delta: Any, slope: Any, factors: Factors, partial: Any, bounds: Bounds, distance: Any
) -> Quick:
    """As ``times_weight`` and ``plain_sum``: neither has limits."""
    share, _ = times_weight(edge, delta, slope, factors)
    distance = subtract_unsigned(distance, bounds.one)
    return Quick(share, add(partial, convert(partial, share)), distance)


@compiled
def contribute(
    times: Any, factors: Factors, weight: np.ndarray, at: int, slope: Banks,
    delta: np.ndarray, rows: int, all_rows: int, stride: int, contribution: np.ndarray, to: int,
) -> int:  # fmt: skip
    """By right neuron: the products of some rows of slots.

    Args:
        times: see above.
        factors: for it.
        weight: all weights, tile by tile; the first row begins at ``at``.
        at: see there.
        slope: derivatives as fractions.
        delta: (stride,) delta of each segment.
        rows: how many rows.
        all_rows: rows of the junction.
        stride: slots of a row.
        contribution: result; row by row from ``to`` on.
        to: see there.

    Returns:
        How many products were clipped.
    """
    clipped = 0
    for v in range(0, stride, LANES):
        right = load(delta, v)
        for row in range(rows):
            edge = load(weight, at + v * all_rows + row * LANES)
            product, count = times(edge, right, read_banks(slope, row, v), factors)
            clipped += count
            store(contribution, to + v + row * stride, convert(contribution, product))
    return clipped
