"""Feedforward of some lanes: products, summed per segment (``hwsim.feedforward``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.compiled import compiled
from hwsim.fast.fetch import Operand
from hwsim.fast.vectors import LANES, add, load, multiply_fraction, splat, store, widen


@compiled
def add_products(
    weight: np.ndarray, at: int, read: Any, left: Operand, rows: int, all_rows: int, stride: int,
    sums: np.ndarray,
) -> None:  # fmt: skip
    """Add w*a of ``rows`` rows of slots to the sums of their segments.

    Args:
        weight: all weights, tile by tile; the first row begins at ``at``.
        at: see there.
        read: how to read ``left``.
        left: activations as fractions.
        rows: no more than products fit into the width of a weight when summed.
        all_rows: rows of the junction.
        stride: slots of a row.
        sums: (stride,) twice as wide.
    """
    for v in range(0, stride, LANES):
        partial = splat(weight, 0)
        for row in range(rows):
            edge = load(weight, at + v * all_rows + row * LANES)
            product = multiply_fraction(edge, read(left, row, v))
            partial = add(partial, product)
        store(sums, v, add(load(sums, v), widen(partial)))
