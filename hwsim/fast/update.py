"""Update of some edges: w += u*a, saturating (``hwsim.update``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.compiled import compiled, inlined
from hwsim.fast.fetch import Operand, RightOperand, Tiles
from hwsim.fast.llvm import LANES
from hwsim.fast.vectors import (
    add,
    add_saturating,
    count_differing,
    element,
    load,
    maximum,
    minimum,
    multiply_fraction,
    splat,
    store,
)


@inlined
def change(weight: np.ndarray, slot: int, u: Any, a: Any, lowest: Any, highest: Any) -> int:
    """Change one vector of weights; how many were clipped."""
    old, step = load(weight, slot), multiply_fraction(u, a)
    new = minimum(maximum(add_saturating(old, step), lowest), highest)
    store(weight, slot, new)
    return count_differing(new, add(old, step))


@compiled
def update_rows(
    weight: np.ndarray, at: int, read: Any, left: Operand, step: np.ndarray,
    rows: int, all_rows: int, stride: int, low: int, high: int,
) -> int:  # fmt: skip
    """By right neuron: change the weights of ``rows`` rows of slots.

    Args:
        weight: all weights, tile by tile; the first row begins at ``at``.
        at: see there.
        read: how to read ``left``.
        left: activations as fractions.
        step: (stride,) u of each segment.
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
        u = load(step, v)
        for row in range(rows):
            slot = at + v * all_rows + row * LANES
            clipped += change(weight, slot, u, read(left, row, v), lowest, highest)
    return clipped


@compiled
def update_columns(
    weight: np.ndarray, at: int, left: np.ndarray, left_at: int, read: Any, right: RightOperand,
    tiles: Tiles, low: int, high: int,
) -> int:  # fmt: skip
    """By left neuron: change the weights of some tiles.

    Args:
        weight: all weights; slot 0 is at ``at``.
        at: see there.
        left: activations as fractions, from ``left_at`` on.
        left_at: see there.
        read: how to read ``right``.
        right: u of the right neurons.
        tiles: which ones.
        low: the most negative number.
        high: the largest number.

    Returns:
        How many weights were clipped.
    """
    lowest, highest = splat(weight, low), splat(weight, high)
    clipped = 0
    for t in range(tiles.first, tiles.last):
        a = load(left, left_at + t * LANES)
        begin = element(tiles.begin, tiles.at + t)
        end = element(tiles.begin, tiles.at + t + 1)
        for slot in range(begin, end, LANES):
            u = read(right, (slot - begin) // LANES, slot)
            clipped += change(weight, at + slot, u, a, lowest, highest)
    return clipped
