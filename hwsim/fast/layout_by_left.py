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
from hwsim.fast.layout import FAR, NEAR, Layout, loses_sums, whole_vectors
from hwsim.fast.llvm import LANES
from hwsim.fast.look_ups import NOTHING, among_word, widest_table
from hwsim.interleaver import Index, Interleaver
from hwsim.schedule import JunctionSchedule

PANEL_WORDS = 1 << 13
"""Products of a panel, if it can be so small: they stay in the first cache until they are added."""

MOST_PANEL_WORDS = 1 << 17
"""Those that stay in the second cache."""

FEWEST_PANEL_ROWS = 4
"""Fewer make the tiles of a panel too short."""

SLOTS_AT_ONCE = 4096
"""Slots of the tiles that are worked on together: their weights stay in the first cache."""


@dataclass(frozen=True)
class Parts:
    """How the edges of right neurons lie in vectors when their products are added up.

    A lane is one of ``parts`` equal parts of a right neuron's edges, the first parts of all neurons
    before all second ones: alone, few neurons would not fill their vectors.
    """

    n_right: int
    d_in: int
    parts: int

    @classmethod
    def of(cls, n_right: int, d_in: int) -> Parts:
        """The parts that cost least; adding them up costs one vector each."""
        fits = [cls(n_right, d_in, n) for n in range(1, min(d_in, LANES) + 1)]
        return min(fits, key=lambda parts: parts.size + parts.parts * LANES)

    @property
    def lanes(self) -> int:
        return self.n_right * self.parts

    @property
    def edges(self) -> int:
        return self.n_right * self.d_in

    @property
    def length(self) -> int:
        """Edges of a part."""
        return -(-self.d_in // self.parts)

    @property
    def size(self) -> int:
        return whole_vectors(self.lanes) * self.length

    @property
    def of_edge(self) -> Index:
        """(n_edges,) place of each edge: a vector for the first edges of 32 parts, and so on."""
        neuron, k = np.divmod(np.arange(self.edges), self.d_in)
        part, nth = np.divmod(k, self.length)
        vector, lane = np.divmod(part * self.n_right + neuron, LANES)
        return (vector * self.length + nth) * LANES + lane


@dataclass(frozen=True, eq=False)
class Columns:
    """The places of a junction's edges.

    Attributes:
        parts: of the right neurons of one panel.
        rows: of a panel.
        stride: words of a row of products, one row per edge of a left neuron: not a power of two.
        product: where the product of each edge lies in the rows of its panel, panel by panel in the
            order of ``parts``.
        tile: (panels * tiles + 1,) slot where each tile begins in each panel.
    """

    parts: Parts
    rows: int
    stride: int
    product: Index
    tile: Index

    @property
    def size(self) -> int:
        return int(self.tile[-1])

    @property
    def panels(self) -> int:
        return len(self.product) // self.parts.size

    @property
    def tiles(self) -> int:
        return (len(self.tile) - 1) // self.panels

    @property
    def no_product(self) -> int:
        """Where a zero stands for the product of no edge: behind all rows."""
        return self.rows * self.stride

    @property
    def of_edge(self) -> Index:
        """(n_edges,) slot of each edge."""
        panel = np.arange(self.panels)[:, None]
        product = self.product[panel * self.parts.size + self.parts.of_edge].ravel()
        row, place = np.divmod(product, self.stride)
        which, lane = np.divmod(place, LANES)
        panel = np.repeat(panel, self.parts.edges)
        return self.tile[panel * self.tiles + which] + row * LANES + lane


def by_left(part: JunctionSchedule, bits: int) -> Layout:
    """The layout of any junction, for words of 16 or 32 bits."""
    shape, interleaver = part.shape, part.interleaver
    place, row = _places(interleaver), _earlier_edges(interleaver)
    columns = _columns(interleaver, place, row)
    right = np.arange(shape.n_edges) // shape.d_in
    first, span = _reach(right, row)
    is_near = span <= widest_table(bits)
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
            "panel_neurons": columns.parts.n_right,
            "panel_places": columns.parts.size,
            "tiles": columns.tiles,
            "tiles_at_once": max(1, SLOTS_AT_ONCE // (columns.rows * LANES)),
            "span": span,
            "is_placed": is_placed,
            "product_stride": columns.stride,
            "lanes": columns.parts.lanes,
            "parts": columns.parts.parts,
            "part_length": columns.parts.length,
            "no_product": columns.no_product,
            # One segment for each right neuron, nothing is spread; and a zero behind the last.
            "segments": shape.n_right,
            "stride": whole_vectors(shape.n_right + 1),
            "segments_per_neuron": 1,
        },
        tables={"product": columns.product, "tile": columns.tile}
        | ({"place": place} if is_placed or is_chained else {})
        | (_near(columns, right, row, first) if is_near else _far(columns, right, shape.n_right))
        | (_chains(part, columns) if is_chained else {}),
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


def _columns(interleaver: Interleaver, place: Index, row: Index) -> Columns:
    shape, size = interleaver.shape, whole_vectors(len(place))
    # An odd number of vectors: rows of a power of two would all want the same lines of a cache.
    stride = (size // LANES | 1) * LANES
    rows, panels = _panels(shape, row, stride)
    degree = np.zeros(size, dtype=np.int64)
    degree[place] = interleaver.degree
    longest = degree.reshape(-1, LANES).max(axis=1)
    heights = np.clip(longest - rows * np.arange(panels)[:, None], 0, rows)
    parts = Parts.of(shape.n_right // panels, shape.d_in)
    product = np.full((panels, parts.size), rows * stride)
    product[:, parts.of_edge] = (row % rows * stride + place[interleaver.left.ravel()]).reshape(
        panels, parts.edges
    )
    tile = np.concatenate([[0], np.cumsum(heights * LANES)])
    return Columns(parts, rows, stride, product.ravel(), tile)


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


def _reach(right: Index, row: Index) -> tuple[Index, int]:
    """(rows,) first right neuron of each row of a tile, and how many a row reaches at most."""
    rows = int(row.max()) + 1
    first, last = np.full(rows, right[-1]), np.zeros(rows, dtype=np.int64)
    np.minimum.at(first, row, right)
    np.maximum.at(last, row, right)
    return first, int((last - first).max()) + 1


def _near(columns: Columns, right: Index, row: Index, first: Index) -> dict[str, Index]:
    word = np.full(columns.size, NOTHING)
    word[columns.of_edge] = among_word(right - first[row])
    return {"word": word, "first": first}


def _far(columns: Columns, right: Index, n_right: int) -> dict[str, Index]:
    # Empty slots read what lies behind the last neuron: a zero.
    source = np.full(columns.size, n_right)
    source[columns.of_edge] = right
    return {"source": source}


def _chains(part: JunctionSchedule, columns: Columns) -> dict[str, Index]:
    """Edges of each left neuron in the order of time, and which earlier sum each one finds."""
    interleaver = part.interleaver
    order, degree = interleaver.by_left, interleaver.degree
    left, clock = interleaver.left.ravel()[order], part.edge_clock.ravel()[order]
    return {
        "run": columns.of_edge[order],
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
