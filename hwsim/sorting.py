"""Sorting of many small integers, in time that grows with their number alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DIGIT_BITS = 16
"""numpy sorts integers of this width by counting; wider ones by comparing, some times slower."""

FEWEST = 64
"""Keys per row below which the tables of a counting sort cost more than comparing."""


def stable_order(keys: NDArray[np.int64], bound: int) -> NDArray[np.int64]:
    """What ``np.argsort(keys, kind="stable")`` gives, digit by digit.

    Args:
        keys: (n,) integers from 0 to ``bound`` - 1.
        bound: beyond the largest key.
    """
    order = np.argsort(keys.astype(np.uint16), kind="stable")  # the lowest digit: astype wraps
    for shift in range(DIGIT_BITS, (bound - 1).bit_length(), DIGIT_BITS):
        digit = (keys >> shift).astype(np.uint16)
        order = order[np.argsort(digit[order], kind="stable")]
    return order


def stable_row_order(keys: NDArray[np.int64], bound: int) -> NDArray[np.int64]:
    """What ``np.argsort(keys, axis=1, kind="stable")`` gives, for keys as ``stable_order``'s.

    Args:
        keys: (rows, n) integers from 0 to ``bound`` - 1.
        bound: beyond the largest key.
    """
    is_counted = bound <= 1 << DIGIT_BITS and keys.shape[1] >= FEWEST
    digits = keys.astype(np.uint16) if is_counted else keys
    return np.argsort(digits, axis=1, kind="stable")


def earlier_equals(keys: NDArray[np.int64], bound: int) -> NDArray[np.int64]:
    """(rows, n) how many equal keys stand before each one in its row; as ``stable_row_order``."""
    order = stable_row_order(keys, bound)
    ranked = np.take_along_axis(keys, order, axis=1)
    position = np.broadcast_to(np.arange(keys.shape[1]), ranked.shape)
    is_new = np.ones_like(ranked, dtype=bool)
    is_new[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    run_start = np.maximum.accumulate(np.where(is_new, position, 0), axis=1)
    earlier = np.empty_like(ranked)
    np.put_along_axis(earlier, order, position - run_start, axis=1)
    return earlier
