"""Pipeline registers."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Delay(Generic[Item]):
    """A shift register: what goes in comes out ``clocks`` clocks later.

    >>> delay = Delay(2)
    >>> [delay.shift(item) for item in "abcd"]
    [None, None, 'a', 'b']
    """

    def __init__(self, clocks: int) -> None:
        self._registers: deque[Item | None] = deque([None] * clocks)

    def shift(self, item: Item | None) -> Item | None:
        """One clock: take ``item``, give the one of ``clocks`` clocks ago."""
        self._registers.append(item)
        return self._registers.popleft()
