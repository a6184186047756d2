"""Slots by left neuron: the layout for any pattern.

A vector holds edges of 32 left neurons, one each; those of the same 32 follow one another in the
order of time and make up a *tile*. So what the left neurons have is read once per tile, and their
deltas add up in the hardware's order down the tile. Left neurons keep their order; where they have
different numbers of edges, those with most come first, so that tiles have few empty slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np

from hwsim.design import JunctionShape
from hwsim.fast.layout import FAR, NEAR, WITHIN, Layout, loses_sums, whole_vectors
from hwsim.fast.llvm import LANES
from hwsim.fast.look_ups import (
    NOTHING,
    among_word,
    most_tables,
    table_lanes,
    tables_for,
)
from hwsim.interleaver import Index, Interleaver
from hwsim.schedule import JunctionSchedule

MOST_PACKED = 512
"""Left neurons whose rows of products follow one another closely: more need not, and hit caches."""

PANEL_WORDS = 1 << 13
"""Products of a panel, if it can be so small: they stay in the first cache until they are added."""

MOST_PANEL_WORDS = 1 << 18
"""Those that stay in the second cache."""

FEWEST_PANEL_ROWS = 4
"""Fewer make the tiles of a panel too short."""

MOST_WITHIN = 1 << 16
"""Products among which 16 bits say which one."""

LOAD_EACH_COST, LOOK_UP_COST, TABLE_COST, FOLD_COST, BUNDLE_COST = 22, 2, 2, 2, 6
"""About how many of a processor's clocks it takes to find a vector of products one by one or in
tables, to add up lanes, and for a bundle beside that."""


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
        kind: ``NEAR``, to be looked up, ``WITHIN`` or ``FAR``, to be loaded one by one.
        cost: clocks for a vector.
        tables: arrays that kernels read, by name.
    """

    kind: int
    cost: float
    tables: dict[str, Index]

    @classmethod
    def of(cls, bundles: Bundles, by_edge: Index, nowhere: int, bits: int) -> Products:
        """Places of (panels, neurons, edges) products, ascending, all before ``nowhere``."""
        places = np.full((len(by_edge), bundles.size), nowhere)
        places[:, bundles.of_edge] = by_edge.reshape(len(by_edge), -1)
        vectors = places.reshape(-1, LANES)
        is_some = vectors < nowhere
        first = np.where(is_some, vectors, nowhere - 1).min(axis=1) // LANES * LANES
        span = np.where(is_some, vectors, 0).max(axis=1) - first + 1
        count = np.maximum(1, tables_for(span, bits))
        cost = LOOK_UP_COST + TABLE_COST * float(count.mean())
        choice = {"product_reach": _reach(first, count, bits)}
        if count.max() <= most_tables() and cost <= LOAD_EACH_COST:
            word = np.where(is_some, among_word(vectors - first[:, None]), NOTHING)
            return cls(NEAR, cost, choice | {"product_word": word.ravel()})
        # Where there is no edge, any product does for neurons that do not exist, only a zero else.
        if span.max() <= MOST_WITHIN and bundles.d_in % bundles.at_once == 0:
            word = np.where(is_some, vectors - first[:, None], 0)
            return cls(WITHIN, LOAD_EACH_COST, choice | {"product_word": word.ravel()})
        return cls(FAR, LOAD_EACH_COST, {"product": places.ravel()})


@dataclass(frozen=True, eq=False)
class Columns:
    """The places of a junction's edges.

    Attributes:
        shape: of the junction.
        left: (junction_cycle, z) left neuron of each edge.
        rows: of a panel.
        panels: how many.
        tile: (panels * tiles + 1,) slot where each tile begins in each panel.
    """

    shape: JunctionShape
    left: Index
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
        interleaver = Interleaver(self.shape, self.left)
        panel, row = np.divmod(_earlier_edges(interleaver), self.rows)
        tile, lane = np.divmod(_places(interleaver)[self.left.ravel()], LANES)
        return self.tile[panel * self.tiles + tile] + row * LANES + lane


def by_left(part: JunctionSchedule, bits: int) -> Layout:
    """The layout of any junction, for words of 16 or 32 bits."""
    shape, interleaver = part.shape, part.interleaver
    place, row = _places(interleaver), _earlier_edges(interleaver)
    stride = _stride(shape.n_left)
    columns = _columns(interleaver, place, row, stride)
    slot = columns.of_edge
    by_edge = row % columns.rows * stride + place[interleaver.left.ravel()]
    by_neuron = np.sort(by_edge.reshape(columns.panels, -1, shape.d_in))
    bundles, products = _bundled(by_neuron, stride, columns.rows * stride, bits)
    right = np.arange(shape.n_edges) // shape.d_in
    first, count = _right_tables(right, row, bits)
    is_near = count.max() <= most_tables()
    is_placed = not np.array_equal(place, np.arange(shape.n_left))
    is_chained = shape.index > 1 and loses_sums(part)
    left_size = whole_vectors(shape.n_left)
    return Layout(
        kind=NEAR if is_near else FAR,
        slots=columns,
        right_order=np.arange(shape.n_right),
        place=place,
        left_size=left_size,
        delta_place=place,
        delta_size=0 if shape.index == 1 else left_size,
        sizes={
            "panels": columns.panels,
            "panel_rows": columns.rows,
            "panel_neurons": bundles.n_right,
            "panel_places": bundles.size,
            "tiles": columns.tiles,
            "is_placed": is_placed,
            "product_stride": stride,
            "bundles": bundles.count,
            "bundle_width": bundles.width,
            "bundle_length": bundles.length,
            "no_product": columns.rows * stride,
            "product_kind": products.kind,
            # One segment for each right neuron, nothing is spread; and a zero behind the last.
            "segments": shape.n_right,
            "stride": whole_vectors(shape.n_right + 1),
            "segments_per_neuron": 1,
        },
        tables={"tile": columns.tile}
        | products.tables
        | ({"place": place} if is_placed or is_chained else {})
        | (
            _near(slot, columns, right, row, first, count, bits)
            if is_near
            else _far(slot, columns, right)
        )
        | (_chains(part, slot) if is_chained else {}),
    )


def _places(interleaver: Interleaver) -> Index:
    """(n_left,) left neurons with most edges first, else in their own order."""
    place = np.empty(interleaver.shape.n_left, dtype=np.int64)
    place[np.argsort(-interleaver.degree, kind="stable")] = np.arange(len(place))
    return place


def _earlier_edges(interleaver: Interleaver) -> Index:
    """(n_edges,) how many edges the left neuron of each edge has before it."""
    order, degree = interleaver.by_left, interleaver.degree
    earlier = np.empty(len(order), dtype=np.int64)
    begin = np.cumsum(degree) - degree
    earlier[order] = np.arange(len(order)) - np.repeat(begin, degree)
    return earlier


def _columns(interleaver: Interleaver, place: Index, row: Index, stride: int) -> Columns:
    shape = interleaver.shape
    rows, panels = _panels(shape, row, stride)
    degree = np.zeros(whole_vectors(len(place)), dtype=np.int64)
    degree[place] = interleaver.degree
    longest = degree.reshape(-1, LANES).max(axis=1)
    heights = np.clip(longest - rows * np.arange(panels)[:, None], 0, rows)
    tile = np.concatenate([[0], np.cumsum(heights * LANES)])
    return Columns(shape, interleaver.left, rows, panels, tile)


def _bundled(by_neuron: Index, stride: int, nowhere: int, bits: int) -> tuple[Bundles, Products]:
    """The bundles that cost least, and where they find the products."""
    _, n_right, d_in = by_neuron.shape
    fits = [Bundles(n_right, d_in, 2**k) for k in range(LANES.bit_length())]
    found = [(bundles, Products.of(bundles, by_neuron, nowhere, bits)) for bundles in fits]
    return min(found, key=lambda pair: pair[0].cost(pair[1].cost))


def _stride(n_left: int) -> int:
    """Words of a row of products.

    Half a vector for few neurons. Long rows have an odd number of vectors: those of a power of two
    would all want the same lines of a cache.
    """
    if n_left <= LANES // 2:
        return LANES // 2
    size = whole_vectors(n_left)
    return size if size <= MOST_PACKED else (size // LANES | 1) * LANES


def _panels(shape: JunctionShape, row: Index, stride: int) -> tuple[int, int]:
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
    panel = np.arange(shape.n_edges) // (rows * shape.n_left)
    return (rows, all_rows // rows) if (panel == row // rows).all() else (all_rows, 1)


def _reach(first: Index, count: Index, bits: int) -> Index:
    """Where the first and the last of so many tables begin, one after the other."""
    return np.stack([first, first + (count - 1) * table_lanes(bits)], axis=1).ravel()


def _right_tables(right: Index, row: Index, bits: int) -> tuple[Index, Index]:
    """(rows,) first right neuron of each row of a tile, and how many tables a row reaches."""
    rows = int(row.max()) + 1
    first, last = np.full(rows, right[-1]), np.zeros(rows, dtype=np.int64)
    np.minimum.at(first, row, right)
    np.maximum.at(last, row, right)
    aligned = first // LANES * LANES
    fewest = tables_for(last - first + 1, bits)
    first = np.where(tables_for(last - aligned + 1, bits) > fewest, first, aligned)
    return first, fewest


def _near(
    slot: Index, columns: Columns, right: Index, row: Index, first: Index, count: Index, bits: int
) -> dict[str, Index]:
    word = np.full(columns.size, NOTHING)
    word[slot] = among_word(right - first[row])
    return {"word": word, "reach": _reach(first, count, bits)}


def _far(slot: Index, columns: Columns, right: Index) -> dict[str, Index]:
    # Empty slots read what lies behind the last neuron: a zero.
    source = np.full(columns.size, columns.shape.n_right)
    source[slot] = right
    return {"source": source}


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
