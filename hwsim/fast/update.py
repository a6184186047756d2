"""Update of some edges: w += u*a, saturating (``hwsim.update``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.compiled import compiled, inlined
from hwsim.fast.fetch import Operand
from hwsim.fast.llvm import LANES
from hwsim.fast.vectors import (
    add,
    add_saturating,
    count_differing,
    load,
    maximum,
    minimum,
    multiply_fraction,
    splat,
    store,
)


@inlined
def changed(old: Any, u: Any, a: Any, lowest: Any, highest: Any) -> Any:
    """New weights, and how many of them were clipped."""
    step = multiply_fraction(u, a)
    new = minimum(maximum(add_saturating(old, step), lowest), highest)
    return new, count_differing(new, add(old, step))


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
            new, count = changed(load(weight, slot), u, read(left, row, v), lowest, highest)
            store(weight, slot, new)
            clipped += count
    return clipped
