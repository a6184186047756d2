"""Slots by left neuron: the layout for any pattern.

A vector holds edges of 32 left neurons, one each; those of the same 32 follow one another in the
order of time and make up a *tile*. So what the left neurons have is read once per tile, and their
deltas add up in the hardware's order down the tile. The order of neurons is free (``arrange``); but
where left neurons have different numbers of edges, those with most come first, so that tiles have
few empty slots.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import gcd

import numpy as np

from hwsim.design import JunctionShape
from hwsim.fast.bundles import Products
from hwsim.fast.layout import FAR, NEAR, Layout, loses_sums, whole_vectors
from hwsim.fast.llvm import LANES, OCTET
from hwsim.fast.orders import Orders
from hwsim.fast.windows import LOAD_EACH_COST, SAMPLED_EDGES, Windows
from hwsim.interleaver import Index, Interleaver
from hwsim.schedule import JunctionSchedule

MOST_PACKED = 512
"""Left neurons whose rows of products follow one another closely: more need not, and hit caches."""

PANEL_WORDS = 1 << 13
"""Products of a panel, if it can be so small: they stay in the first cache until they are added.
Up to twice as many are not taken in panels."""

MOST_PANEL_WORDS = 1 << 18
"""Those that stay in the second cache."""

FEWEST_PANEL_ROWS = 4
"""Fewer make the tiles of a panel too short."""

VECTOR_COST, FAR_PRODUCTS_COST = 7, 6
"""About how many of a processor's clocks a vector takes beside look-ups, and more if its products
do not stay in the first cache."""


@dataclass(frozen=True, eq=False)
class Columns:
    """The places of a junction's edges.

    Attributes:
        shape: of the junction.
        left: (junction_cycle, z) left neuron of each edge.
        place: (n_left,) where each left neuron lies.
        rows: of a panel.
        panels: how many.
        tile: (panels * tiles + 1,) slot where each tile begins in each panel.
    """

    shape: JunctionShape
    left: Index
    place: Index
    rows: int
    panels: int
    tile: Index

    @property
    def size(self) -> int:
        return int(self.tile[-1])

    @property
    def tiles(self) -> int:
        return (len(self.tile) - 1) // self.panels

    @property
    def of_edge(self) -> Index:
        """(n_edges,) slot of each edge; worked out anew."""
        earlier = _earlier_edges(Interleaver(self.shape, self.left))
        return self.slot(earlier, self.place[self.left.ravel()])

    def slot(self, earlier: Index, place: Index) -> Index:
        """Of an edge that has so many before it at the left neuron that lies there."""
        panel, row = np.divmod(earlier, self.rows)
        tile, lane = np.divmod(place, LANES)
        return self.tile[panel * self.tiles + tile] + row * LANES + lane


class ByLeft:
    """Any junction, arranged.

    Args:
        part: the junction.
        bits: of a word.
        orders: of its neurons.
    """

    def __init__(self, part: JunctionSchedule, bits: int, orders: Orders) -> None:
        self.part, self.bits, self.orders = part, bits, orders
        self.shape, self.interleaver = part.shape, part.interleaver
        self.row = _earlier_edges(self.interleaver)
        self.left = orders.place[self.interleaver.left.ravel()]
        self.right = orders.position[np.arange(self.shape.n_edges) // self.shape.d_in]
        self.stride = _stride(self.shape.n_left)
        self.columns = self._columns()

    def _columns(self) -> Columns:
        place = self.orders.place
        rows, panels = _panels(self.shape, self.row, self.right, self.stride)
        degree = np.zeros(whole_vectors(len(place)), dtype=np.int64)
        degree[place] = self.interleaver.degree
        longest = degree.reshape(-1, LANES).max(axis=1)
        heights = np.clip(longest - rows * np.arange(panels)[:, None], 0, rows)
        tile = np.concatenate([[0], np.cumsum(heights * LANES)])
        return Columns(self.shape, self.interleaver.left, place, rows, panels, tile)

    @property
    def nowhere(self) -> int:
        """Behind all products of a panel."""
        return self.columns.rows * self.stride

    @property
    def _by_neuron(self) -> Index:
        """(panels, neurons, edges) place of each product."""
        by_edge = self.row % self.columns.rows * self.stride + self.left
        by_neuron = by_edge.reshape(-1, self.shape.d_in)[self.orders.right]
        return by_neuron.reshape(self.columns.panels, -1, self.shape.d_in)

    @cached_property
    def _sample(self) -> Products:
        """Of some neurons of the first panel: all others are like them."""
        some = max(LANES, SAMPLED_EDGES // self.shape.d_in)
        by_neuron = np.sort(self._by_neuron[0, :some])
        return Products.cheapest(by_neuron, self.nowhere, self.bits, self.shape.n_edges)

    @property
    def products(self) -> Products:
        """All."""
        by_neuron = np.sort(self._by_neuron)
        bundles = replace(self._sample.bundles, n_right=by_neuron.shape[1])
        return Products.of(bundles, by_neuron, self.nowhere, self.bits, self.shape.n_edges)

    def rights(self, most: int) -> Windows:
        """Where edges find what the right neurons have, of no more vectors than that."""
        columns, size = self.columns, min(most * LANES, self.columns.size)
        slot = columns.slot(self.row, self.left)
        is_there = slot < size
        right = np.full(size, self.shape.n_right)
        right[slot[is_there]] = self.right[is_there]
        vectors = right.reshape(-1, LANES)
        is_some = vectors < self.shape.n_right
        return Windows(vectors, is_some, self.bits, columns.size // LANES)

    @property
    def cost(self) -> float:
        """Clocks."""
        rights = self.rights(SAMPLED_EDGES // LANES)
        look_up = rights.cost if rights.are_few else LOAD_EACH_COST
        if self.nowhere > 2 * PANEL_WORDS:
            look_up += FAR_PRODUCTS_COST
        by_neuron = self._sample.cost / self._sample.bundles.n_right
        return self.columns.size / LANES * (VECTOR_COST + look_up) + self.shape.n_right * by_neuron

    @property
    def layout(self) -> Layout:
        """As the engine has it."""
        part, shape, columns = self.part, self.shape, self.columns
        products, rights = self.products, self.rights(columns.size // LANES)
        bundles = products.bundles
        is_chained = shape.index > 1 and loses_sums(part)
        left_size = whole_vectors(shape.n_left + -shape.depth % OCTET)
        return Layout(
            kind=NEAR if rights.are_few else FAR,
            slots=columns,
            right_order=self.orders.right,
            place=self.orders.place,
            left_size=left_size,
            delta_place=self.orders.place,
            delta_size=0 if shape.index == 1 else left_size,
            sizes={
                "panels": columns.panels,
                "panel_neurons": bundles.n_right,
                "panel_places": bundles.size,
                "tiles": columns.tiles,
                "product_stride": self.stride,
                "bundles": bundles.count,
                "bundle_width": bundles.width,
                "bundle_length": bundles.length,
                "no_product": self.nowhere,
                "product_kind": products.kind,
                # One segment for each right neuron, nothing is spread; and a zero behind the last.
                "segments": shape.n_right,
                "stride": whole_vectors(shape.n_right + 1),
                "segments_per_neuron": 1,
            },
            tables={"tile": columns.tile}
            | products.tables
            | (_near(rights) if rights.are_few else {"source": rights.places.ravel()})
            | (_chains(part, columns.of_edge) if is_chained else {}),
        )


def _near(rights: Windows) -> dict[str, Index]:
    return {"table": rights.table, "word": rights.word}


def places_by_degree(interleaver: Interleaver) -> Index:
    """(n_left,) left neurons with most edges first, else in their own order."""
    place = np.empty(interleaver.shape.n_left, dtype=np.int64)
    place[np.argsort(-interleaver.degree, kind="stable")] = np.arange(len(place))
    return place


def rights_by_lane(part: JunctionSchedule) -> Index:
    """(n_right,) right neurons in the order of their lanes, as far as panels allow it."""
    shape, row = part.shape, _earlier_edges(part.interleaver)
    neuron = np.arange(shape.n_right)
    _, panels = _panels(shape, row, np.repeat(neuron, shape.d_in), _stride(shape.n_left))
    lane = neuron * shape.d_in % shape.z
    return np.lexsort((neuron, lane, neuron // (shape.n_right // panels)))


def _earlier_edges(interleaver: Interleaver) -> Index:
    """(n_edges,) how many edges the left neuron of each edge has before it."""
    order, degree = interleaver.by_left, interleaver.degree
    earlier = np.empty(len(order), dtype=np.int64)
    begin = np.cumsum(degree) - degree
    earlier[order] = np.arange(len(order)) - np.repeat(begin, degree)
    return earlier


def _stride(n_left: int) -> int:
    """Words of a row of products.

    Half a vector for few neurons. Long rows have an odd number of vectors: those of a power of two
    would all want the same lines of a cache.
    """
    if n_left <= LANES // 2:
        return LANES // 2
    size = whole_vectors(n_left)
    return size if size <= MOST_PACKED else (size // LANES | 1) * LANES


def _panels(shape: JunctionShape, row: Index, right: Index, stride: int) -> tuple[int, int]:
    """Rows of a panel, and how many panels: the edges of a right neuron must share one."""
    all_rows = int(row.max()) + 1
    is_regular = shape.n_edges == all_rows * shape.n_left
    if not is_regular or all_rows * stride <= 2 * PANEL_WORDS:
        return all_rows, 1
    step = shape.d_in // gcd(shape.n_left, shape.d_in)
    fits = [n for n in range(step, all_rows + 1, step) if all_rows % n == 0]
    small = [n for n in fits if n >= FEWEST_PANEL_ROWS and n * stride >= PANEL_WORDS]
    rows = small[0] if small else all_rows
    if rows * stride > MOST_PANEL_WORDS:
        rows = max((n for n in fits if n * stride <= MOST_PANEL_WORDS), default=fits[0])
    panel = right // (shape.n_right * rows // all_rows)
    return (rows, all_rows // rows) if (panel == row // rows).all() else (all_rows, 1)


def _chains(part: JunctionSchedule, slot: Index) -> dict[str, Index]:
    """Edges of each left neuron in the order of time, and which earlier sum each one finds."""
    interleaver = part.interleaver
    order, degree = interleaver.by_left, interleaver.degree
    left, clock = interleaver.left.ravel()[order], part.edge_clock.ravel()[order]
    return {
        "run": slot[order],
        "before": _predecessors(part, left, clock),
        "begin": np.concatenate([[0], np.cumsum(degree)]),
    }


def _predecessors(part: JunctionSchedule, left: Index, clock: Index) -> Index:
    """How many edges back the last one is whose sum has landed when this one reads; 0 if none."""
    # One ascending key for (neuron, clock): the clocks of a block fit into its span.
    span = int(clock.max()) + part.safe_distance + 2
    key = left * span + clock
    landed = np.searchsorted(key, key - part.safe_distance, side="right") - 1
    starts = np.searchsorted(left, left, side="left")
    found = landed >= starts
    return np.where(found, np.arange(len(left)) - landed, 0)
