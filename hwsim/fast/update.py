"""Update of some lanes: w += u*a, saturating (``hwsim.update``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.compiled import compiled
from hwsim.fast.fetch import Operand
from hwsim.fast.vectors import (
    LANES,
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


@compiled
def update_weights(
    weight: np.ndarray, at: int, read: Any, left: Operand, step: np.ndarray,
    rows: int, all_rows: int, stride: int, low: int, high: int,
) -> int:  # fmt: skip
    """Change the weights of ``rows`` rows of slots.

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
            old = load(weight, slot)
            change = multiply_fraction(u, read(left, row, v))
            new = minimum(maximum(add_saturating(old, change), lowest), highest)
            store(weight, slot, new)
            clipped += count_differing(new, add(old, change))
    return clipped
