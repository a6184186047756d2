"""Update of some edges: w += u*a, saturating, u = -eta*delta (``hwsim.update``).

u costs less than looking it up: eta is a fraction.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from hwsim.fast.backprop import Bounds
from hwsim.fast.compiled import compiled, inlined
from hwsim.fast.fetch import Banks, read_banks
from hwsim.fast.llvm import LANES
from hwsim.fast.multiplication import multiply_fraction
from hwsim.fast.tallies import WEIGHT
from hwsim.fast.vectors import (
    add,
    add_saturating,
    any_above,
    count_differing,
    load,
    maximum,
    minimum,
    splat,
    store,
    subtract,
    subtract_unsigned,
)


class Rate(NamedTuple):
    """How a delta becomes a step.

    Attributes:
        minus_eta: as a fraction in every lane.
        lowest: the least delta that can be negated.
    """

    minus_eta: Any
    lowest: Any


@inlined
def rate_of(number: Any, word: np.ndarray, shift: int) -> Rate:
    """The rate for eta = 2^-shift; shifts leave a bit of a number."""
    one = 1 << (8 * word.itemsize - 1)
    return Rate(splat(word, -(one >> shift)), splat(word, -number.high))


@inlined
def steps(delta: Any, rate: Rate) -> Any:
    """u of right neurons, or of edges."""
    return multiply_fraction(maximum(delta, rate.lowest), rate.minus_eta)


@inlined
def changed(old: Any, u: Any, a: Any, lowest: Any, highest: Any) -> Any:
    """New weights, and how many of them were clipped."""
    step = multiply_fraction(u, a)
    new = minimum(maximum(add_saturating(old, step), lowest), highest)
    return new, count_differing(new, add(old, step))


@inlined
def quick_change(weight: Any, u: Any, a: Any) -> Any:
    """New weights, if none is to be clipped."""
    return add_saturating(weight, multiply_fraction(u, a))


@inlined
def is_beyond(new: Any, bounds: Bounds) -> bool:
    """Whether one is; hardly ever."""
    distance = subtract_unsigned(subtract(new, bounds.sum), bounds.one)
    return any_above(distance, bounds.span)


@inlined
def update_carefully(weight: Any, u: Any, a: Any, number: Any, tally: np.ndarray) -> Any:
    """New weights, clipped and counted."""
    lowest, highest = splat(weight, number.low), splat(weight, number.high)
    new, clipped = changed(weight, u, a, lowest, highest)
    tally[WEIGHT] += clipped
    return new


@compiled
def update_rows(
    weight: np.ndarray, at: int, left: Banks, delta: np.ndarray, rate: Rate,
    rows: int, all_rows: int, stride: int, low: int, high: int,
) -> int:  # fmt: skip
    """By right neuron: change the weights of ``rows`` rows of slots.

    Args:
        weight: all weights, tile by tile; the first row begins at ``at``.
        at: see there.
        left: activations as fractions.
        delta: (stride,) of each segment.
        rate: what makes steps of them.
        rows: how many rows.
        all_rows: rows of the junction.
        stride: slots of a row.
        low: the most negative number.
        high: the largest number.

    Returns:
        How many weights were clipped.
    """
    lowest, highest = splat(weight, low), splat(weight, high)
    clipped = 0
    for v in range(0, stride, LANES):
        u = steps(load(delta, v), rate)
        for row in range(rows):
            slot = at + v * all_rows + row * LANES
            new, count = changed(load(weight, slot), u, read_banks(left, row, v), lowest, highest)
            store(weight, slot, new)
            clipped += count
    return clipped
