"""Windows: which tables the slots of each vector look their values up in.

A vector looks in one table after the other (``look_ups``), as few as hold all that its slots want.
Tables begin where vectors do: one that crosses a cache line more costs twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwsim.fast.llvm import LANES
from hwsim.fast.look_ups import NOTHING, among_word, most_tables, table_lanes
from hwsim.interleaver import Index

LOAD_EACH_COST, LOOK_UP_COST, TABLE_COST = 22, 2, 2
"""About how many of a processor's clocks it takes to find a vector of values one by one, or in
tables: as such, and for each of them."""

SURPRISE_COST, MOST_FORESEEN = 25, 1 << 15
"""Clocks that a branch takes which a processor has not foreseen, and about how many vectors it
remembers."""

SAMPLED_EDGES = 1 << 14
"""Edges by which costs are measured: all others are like them."""

FOLLOWED = 1
"""What the beginning of a table is marked with if another one follows: tables begin at vectors."""


@dataclass(frozen=True, eq=False)
class Windows:
    """The tables of some vectors.

    Attributes:
        places: (vectors, LANES) where the value of each slot lies.
        is_some: (vectors, LANES) whether there is one.
        bits: width of a value.
        vectors: of all of which these are some.
    """

    places: Index
    is_some: NDArray[np.bool_]
    bits: int
    vectors: int

    @property
    def _step(self) -> int:
        """Where tables can begin."""
        return min(LANES, table_lanes(self.bits))

    @cached_property
    def _line(self) -> Index:
        """Where a table could begin for each slot, in steps; those without a value want none."""
        line = self.places // self._step
        first = np.where(self.is_some, line, line.max(initial=0)).min(axis=1, keepdims=True)
        return np.where(self.is_some, line, first)

    @cached_property
    def _ascending(self) -> Index:
        """The same, each vector by itself in ascending order."""
        return np.sort(self._line, axis=1)

    @cached_property
    def _opens(self) -> NDArray[np.bool_]:
        """Of these, with which ones a table begins: of neighbours, with the first of each few."""
        gap = np.diff(self._ascending, axis=1, prepend=-2)
        is_new, begins = gap > 0, gap > 1
        number = np.cumsum(is_new, axis=1)
        run = np.maximum.accumulate(np.where(begins, number, 0), axis=1)
        return is_new & ((number - run) % (table_lanes(self.bits) // self._step) == 0)

    @cached_property
    def count(self) -> Index:
        """(vectors,) tables that each needs."""
        return self._opens.sum(axis=1)

    @property
    def are_few(self) -> bool:
        """Whether this costs no more than loading one by one."""
        few = self.count.max(initial=0) <= most_tables()
        return bool(few) and self.cost <= LOAD_EACH_COST

    @property
    def cost(self) -> float:
        """Clocks of a vector."""
        return LOOK_UP_COST + min(self._cost_as_needed, self._cost_even)

    @property
    def _cost_as_needed(self) -> float:
        """Of its tables; a processor foresees how many are next unless vectors are many."""
        cost = TABLE_COST * float(self.count.mean())
        if self.vectors > MOST_FORESEEN:
            cost += SURPRISE_COST * np.count_nonzero(np.diff(self.count)) / len(self.count)
        return cost

    @property
    def _cost_even(self) -> float:
        """Of its tables, if all vectors take as many."""
        return TABLE_COST * int(self.count.max(initial=1))

    @cached_property
    def _table(self) -> Index:
        """Where each that is needed begins, vector after vector."""
        return self._ascending[self._opens] * self._step

    @property
    def table(self) -> Index:
        """Where each begins, vector after vector, and whether another one of the vector follows."""
        last = np.cumsum(self.count) - 1
        if self._cost_even < self._cost_as_needed:
            # What is too much begins where the last one does.
            k = np.arange(self.count.max())
            taken = np.minimum(last[:, None] - self.count[:, None] + 1 + k, last[:, None])
            return self._table[taken] + np.where(k < k[-1], FOLLOWED, 0)
        marks = np.full(len(self._table), FOLLOWED)
        marks[last] = 0
        return self._table + marks

    @property
    def word(self) -> Index:
        """(vectors * LANES,) which value each slot takes, counted on from table to table."""
        order = np.argsort(self._line, axis=1, kind="stable")
        number = np.cumsum(self._opens, axis=1) - 1
        first = np.cumsum(self.count) - self.count
        begin = self._table[first[:, None] + number]
        place = np.take_along_axis(self.places, order, axis=1)
        found = np.empty_like(place)
        word = number * table_lanes(self.bits) + place - begin
        np.put_along_axis(found, order, word, axis=1)
        return np.where(self.is_some, among_word(found), NOTHING).ravel()
