"""Where the fast engine puts what: slots, memories and tables of a junction.

A *slot* is the place of one edge, and 32 of them are a vector. Edges can stand beside each other in
three ways, and each junction takes the one that costs it least:

- **by left neuron** (``layout_by_left``): the edges of a vector begin in different left neurons.
  What the right neurons have is looked up, and so are the products that go forward to them. Any
  pattern.
- **by bundle** (``layout_by_bundle``): the edges of a vector end in different right neurons. What
  the left neurons have is looked up, and sums grow where the right neurons lie. Any pattern, but
  only in junction 1, where nothing goes back.
- **by right neuron** (``layout_by_right``): the same, side by side as the hardware's lanes read
  them, out of banks of few words. What goes back is sorted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hwsim.design import JunctionShape
from hwsim.fast.llvm import LANES
from hwsim.interleaver import Index, Interleaver
from hwsim.schedule import JunctionSchedule

DIRECT, BUNDLED, NEAR, WITHIN, FAR = range(5)
"""How a junction reads the other side: by right neuron, in banks or looked up; by left neuron,
looked up among neurons that are near each other, or gathered, within a part or from anywhere."""


class Slots(Protocol):
    """The places of a junction's edges."""

    @property
    def size(self) -> int:
        """Slots, whole vectors."""

    @property
    def of_edge(self) -> Index:
        """(n_edges,) slot of each edge."""


def in_slots(slots: Slots, of_edges: NDArray) -> NDArray:
    """(n_edges,) values in edge order as (size,), zero where no edge is."""
    arranged = np.zeros(slots.size, dtype=of_edges.dtype)
    arranged[slots.of_edge] = of_edges
    return arranged


@dataclass(frozen=True, eq=False)
class Layout:
    """One junction.

    Attributes:
        kind: how it reads the other side.
        slots: places of its edges.
        right_order: (n_right,) right neurons in the order in which the engine has them.
        place: (n_left,) where each left neuron lies in a left memory of ``left_size`` words.
        left_size: see there.
        delta_place: (n_left,) the same for the deltas, in ``delta_size`` words.
        delta_size: see there.
        sizes: further numbers that its kernels want, by the names of their record.
        tables: arrays that its kernels read, by name.
    """

    kind: int
    slots: Slots
    right_order: Index
    place: Index
    left_size: int
    delta_place: Index
    delta_size: int
    sizes: dict[str, int] = field(default_factory=dict)
    tables: dict[str, Index] = field(default_factory=dict)

    @property
    def is_by_left(self) -> bool:
        return self.kind in (NEAR, FAR)

    @property
    def is_chained(self) -> bool:
        """Whether sums of deltas have to be followed one by one, because some are lost."""
        return "before" in self.tables

    def table(self, name: str) -> Index:
        """A table, empty where its kernels read none."""
        return self.tables.get(name, np.zeros(0, dtype=np.int64))


def whole_vectors(size: int) -> int:
    """``size`` rounded up to whole vectors."""
    return -(-size // LANES) * LANES


def places_by_bank(shape: JunctionShape) -> Index:
    """(n_left,) where left neurons lie bank after bank."""
    neuron = np.arange(shape.n_left)
    return neuron % shape.z * shape.depth + neuron // shape.z


def detached(part: JunctionSchedule) -> JunctionSchedule:
    """A copy: what is worked out on it goes when it goes, and is not kept in the schedule."""
    return replace(part, interleaver=Interleaver(part.shape, part.interleaver.left))


def loses_sums(part: JunctionSchedule) -> bool:
    """Whether an edge reads a sum that not all earlier edges of its left neuron are in."""
    order = part.interleaver.by_left
    left, clock = part.interleaver.left.ravel()[order], part.edge_clock.ravel()[order]
    return bool((np.diff(clock)[np.diff(left) == 0] < part.safe_distance).any())
