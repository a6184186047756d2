"""The order of an epoch as the hardware makes it: a permutation of 0 .. n-1, one index at a time.

Rounds of ``x = x + (x << up) + key`` and ``x ^= x >> down`` permute the numbers below the next
power of two: an odd multiplier and an addition can be undone, and so can the shift. What lands at
n or above is sent through once more, until it does not (cycle walking): n is more than half of that
power of two, so on average that takes less than two passes. The keys are drawn from seed and epoch
by numpy's ``SeedSequence``, which is documented never to change.

>>> Shuffle.of(5, seed=1, epoch=0).order().tolist()
[3, 2, 4, 0, 1]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwsim.interleaver import Index

ROUNDS = ((1, 1), (3, 2), (2, 5), (4, 1), (1, 3), (5, 7), (2, 1), (3, 4))
"""(up, down) of each round."""


@dataclass(frozen=True)
class Shuffle:
    """One permutation.

    Args:
        size: n, at least 1.
        keys: one number below 2^32 for each round.
    """

    size: int
    keys: tuple[int, ...]

    @classmethod
    def of(cls, size: int, *, seed: int, epoch: int) -> Shuffle:
        """The permutation of an epoch, counted from 0 since the initial weights."""
        drawn = np.random.SeedSequence([seed, epoch]).generate_state(len(ROUNDS))
        return cls(size, tuple(int(key) for key in drawn))

    @property
    def mask(self) -> int:
        """The next power of two, minus 1."""
        return (1 << (self.size - 1).bit_length()) - 1

    def order(self) -> Index:
        """(n,) the index at every position."""
        found = self._pass(np.arange(self.size))
        while (outside := found >= self.size).any():
            found[outside] = self._pass(found[outside])
        return found

    def _pass(self, x: Index) -> Index:
        """Once through all rounds."""
        for (up, down), key in zip(ROUNDS, self.keys, strict=True):
            x = (x + (x << up) + key) & self.mask
            x = x ^ (x >> down)
        return x
