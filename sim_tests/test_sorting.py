"""Sorting by digits gives what numpy's stable sort gives, on both sides of every limit."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.sorting import FEWEST, earlier_equals, stable_order, stable_row_order

BOUNDS = (1, 2, 5, 1 << 16, (1 << 16) + 1, 1 << 20, (1 << 32) + 5)


def keys_of(bound, size):
    """Half of the keys are small, so that some are equal, and the largest one is there."""
    rng = np.random.default_rng([bound, *np.atleast_1d(size)])
    near, far = rng.integers(min(bound, 9), size=size), rng.integers(bound, size=size)
    keys = np.where(rng.random(size) < 0.5, near, far)
    if keys.size:
        keys.flat[-1] = bound - 1
    return keys


@pytest.mark.parametrize("size", [0, 1, 2, 3000])
@pytest.mark.parametrize("bound", BOUNDS)
def test_stable_order(bound, size):
    keys = keys_of(bound, size)
    np.testing.assert_array_equal(stable_order(keys, bound), np.argsort(keys, kind="stable"))


@pytest.mark.parametrize(
    "size", [(0, 4), (40, 1), (9, FEWEST - 1), (9, FEWEST), (3, 3000)], ids=str
)
@pytest.mark.parametrize("bound", BOUNDS)
def test_rows(bound, size):
    keys = keys_of(bound, size)
    expected = np.argsort(keys, axis=1, kind="stable")
    np.testing.assert_array_equal(stable_row_order(keys, bound), expected)
    counts = [[row[:i].count(key) for i, key in enumerate(row)] for row in keys.tolist()]
    assert earlier_equals(keys, bound).tolist() == counts
