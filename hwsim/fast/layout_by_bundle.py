"""Slots by right neuron, looked up: a layout of junction 1, for any pattern.

Vectors are those in which FF adds up (``Bundles``), 32 right neurons wide: an edge of each. What
the right neurons have lies in their lanes, and sums grow there; what the left neurons have is
looked up. There is no way back to the left neurons, nor needs junction 1 one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hwsim.fast.bundles import Bundles
from hwsim.fast.layout import BUNDLED, Layout, whole_vectors
from hwsim.fast.llvm import LANES, OCTET
from hwsim.fast.orders import Orders
from hwsim.fast.windows import SAMPLED_EDGES, Windows
from hwsim.interleaver import Index
from hwsim.schedule import JunctionSchedule

VECTOR_COST, BUNDLE_COST = 7, 8
"""About how many of a processor's clocks a vector takes beside look-ups, and a bundle beside its
vectors."""


@dataclass(frozen=True, eq=False)
class BundledSlots:
    """The places of junction 1's edges.

    Attributes:
        bundles: of all right neurons.
        left: (n_right, d_in) place of the left neuron of each edge.
        right: (n_right,) right neurons in their order.
    """

    bundles: Bundles
    left: Index
    right: Index

    @property
    def size(self) -> int:
        return self.bundles.size

    @property
    def of_edge(self) -> Index:
        """(n_edges,) slot of each edge; those of a neuron in the order of left places."""
        edge = np.arange(self.left.size).reshape(self.left.shape)[self.right]
        ascending = np.argsort(self.left[self.right], axis=1, kind="stable")
        slot = np.empty(self.left.size, dtype=np.int64)
        slot[np.take_along_axis(edge, ascending, axis=1).ravel()] = self.bundles.of_edge
        return slot


@dataclass(frozen=True, eq=False)
class ByBundle:
    """Junction 1, arranged.

    Attributes:
        part: the junction.
        bits: of a word.
        orders: of its neurons.
    """

    part: JunctionSchedule
    bits: int
    orders: Orders

    @cached_property
    def slots(self) -> BundledSlots:
        shape = self.part.shape
        left = self.orders.place[self.part.interleaver.left].reshape(shape.n_right, shape.d_in)
        return BundledSlots(Bundles(shape.n_right, shape.d_in, LANES), left, self.orders.right)

    def lefts(self, most: int) -> Windows:
        """Where slots find what their left neurons have, of no more right neurons than that."""
        nowhere, right = self.part.shape.n_left, self.orders.right[:most]
        left = np.sort(self.slots.left[right], axis=1)
        bundles = replace(self.slots.bundles, n_right=len(right))
        place = np.full(bundles.size, nowhere)
        place[bundles.of_edge] = left.ravel()
        vectors = place.reshape(-1, LANES)
        return Windows(vectors, vectors < nowhere, self.bits, self.slots.size // LANES)

    @cached_property
    def _sample(self) -> Windows:
        return self.lefts(max(LANES, SAMPLED_EDGES // self.part.shape.d_in))

    @property
    def is_possible(self) -> bool:
        if self.part.shape.index > 1 or not self._sample.are_few:
            return False
        return self.lefts(self.part.shape.n_right).are_few

    @property
    def cost(self) -> float:
        """Clocks."""
        bundles = self.slots.bundles
        vector = VECTOR_COST + 2 * self._sample.cost
        return bundles.count * (bundles.length * vector + BUNDLE_COST)

    @property
    def layout(self) -> Layout:
        """As the engine has it."""
        shape, place = self.part.shape, self.orders.place
        lefts = self.lefts(shape.n_right)
        return Layout(
            kind=BUNDLED,
            slots=self.slots,
            right_order=self.orders.right,
            place=place,
            # Tables reach beyond the last neuron.
            left_size=whole_vectors(shape.n_left + -shape.depth % OCTET) + LANES,
            delta_place=place,
            delta_size=0,
            sizes={
                "bundles": self.slots.bundles.count,
                "bundle_length": self.slots.bundles.length,
                "segments": shape.n_right,
                "stride": whole_vectors(shape.n_right),
                "segments_per_neuron": 1,
            },
            tables={"table": lefts.table, "word": lefts.word},
        )
