"""How FF adds up the products of a junction whose slots lie by left neuron."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwsim.fast.layout import FAR, NEAR, WITHIN
from hwsim.fast.llvm import LANES
from hwsim.fast.windows import LOAD_EACH_COST, Windows
from hwsim.interleaver import Index

MOST_WITHIN = 1 << 16
"""Products among which 16 bits say which one."""

FOLD_COST, BUNDLE_COST = 2, 6
"""About how many of a processor's clocks it takes to add up lanes, and for a bundle beside that."""


@dataclass(frozen=True)
class Bundles:
    """How the edges of right neurons lie in vectors when their products are added up.

    A bundle has the edges of ``width`` neighbouring neurons, a power of two, in vectors of as many
    successive ones of each as fit: the more neurons, the fewer sums of lanes; the fewer, the nearer
    to each other their products lie. FF adds exactly, so a neuron's edges may come in any order:
    they come in that of their products.
    """

    n_right: int
    d_in: int
    width: int

    @property
    def at_once(self) -> int:
        """Edges of a neuron in a vector."""
        return LANES // self.width

    @property
    def length(self) -> int:
        """Vectors of a bundle."""
        return -(-self.d_in // self.at_once)

    @property
    def count(self) -> int:
        return -(-self.n_right // self.width)

    @property
    def size(self) -> int:
        return self.count * self.length * LANES

    def cost(self, look_up: float) -> float:
        """Clocks, if one vector of products takes ``look_up``."""
        folds = self.at_once.bit_length() - 1
        return self.count * (self.length * look_up + FOLD_COST * folds + BUNDLE_COST)

    @property
    def of_edge(self) -> Index:
        """(n_right * d_in,) place of each edge, those of a neuron in any order."""
        neuron, k = np.divmod(np.arange(self.n_right * self.d_in), self.d_in)
        bundle, column = np.divmod(neuron, self.width)
        vector, row = np.divmod(k, self.at_once)
        return (bundle * self.length + vector) * LANES + row * self.width + column


@dataclass(frozen=True, eq=False)
class Products:
    """Where FF finds the products that it adds up: in the order of ``Bundles``, panel by panel.

    Attributes:
        bundles: of a panel.
        windows: where they are looked up.
        nowhere: behind all products.
    """

    bundles: Bundles
    windows: Windows
    nowhere: int

    @classmethod
    def of(
        cls, bundles: Bundles, by_neuron: Index, nowhere: int, bits: int, edges: int
    ) -> Products:
        """Places of (panels, neurons, edges) products, ascending, all before ``nowhere``.

        They are some of those of so many ``edges``.
        """
        places = np.full((len(by_neuron), bundles.size), nowhere)
        places[:, bundles.of_edge] = by_neuron.reshape(len(by_neuron), -1)
        vectors = places.reshape(-1, LANES)
        return cls(bundles, Windows(vectors, vectors < nowhere, bits, edges // LANES), nowhere)

    @classmethod
    def cheapest(cls, by_neuron: Index, nowhere: int, bits: int, edges: int) -> Products:
        """Those of one panel in the bundles that cost least."""
        fits = [Bundles(*by_neuron.shape, 2**k) for k in range(LANES.bit_length())]
        found = [cls.of(bundles, by_neuron[None], nowhere, bits, edges) for bundles in fits]
        return min(found, key=lambda products: products.cost)

    @property
    def cost(self) -> float:
        """Clocks of a panel."""
        look_up = self.windows.cost if self.windows.are_few else LOAD_EACH_COST
        return self.bundles.cost(look_up)

    @property
    def kind(self) -> int:
        """``NEAR``, to be looked up, ``WITHIN`` or ``FAR``, to be loaded one by one."""
        if self.windows.are_few:
            return NEAR
        # Where there is no edge, any product does for neurons that do not exist, only a zero else.
        is_whole = self.bundles.d_in % self.bundles.at_once == 0
        return WITHIN if is_whole and self._within.max() < MOST_WITHIN else FAR

    @property
    def _first(self) -> Index:
        """(vectors, 1) the first product of each."""
        some = np.where(self.windows.is_some, self.windows.places, self.nowhere)
        return some.min(axis=1, keepdims=True)

    @property
    def _within(self) -> Index:
        return np.where(self.windows.is_some, self.windows.places - self._first, 0)

    @property
    def tables(self) -> dict[str, Index]:
        """As the kernels read it."""
        if self.kind == NEAR:
            return {"product_table": self.windows.table, "product_word": self.windows.word}
        if self.kind == WITHIN:
            return {"product_table": self._first, "product_word": self._within}
        return {"product": np.where(self.windows.is_some, self.windows.places, self.nowhere)}
