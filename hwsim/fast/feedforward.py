"""Feedforward of some edges: products, summed per right neuron (``hwsim.feedforward``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.compiled import compiled, inlined
from hwsim.fast.fetch import AHEAD, Banks, Choice, read_banks
from hwsim.fast.llvm import LANES
from hwsim.fast.multiplication import multiply_fraction
from hwsim.fast.rearrangement import from_1, from_2, from_4, from_8, from_16
from hwsim.fast.vectors import add, element, load, prefetch, splat, store, widen


@compiled
def add_products(
    weight: np.ndarray, at: int, left: Banks, rows: int, all_rows: int, stride: int,
    sums: np.ndarray, to: int,
) -> None:  # fmt: skip
    """By right neuron: add w*a of ``rows`` rows of slots to the sums of their segments.

    Args:
        weight: all weights, tile by tile; the first row begins at ``at``.
        at: see there.
        left: activations as fractions.
        rows: no more than products fit into the width of a weight when summed.
        all_rows: rows of the junction.
        stride: slots of a row.
        sums: (stride,) twice as wide, from ``to`` on.
        to: see there.
    """
    for v in range(0, stride, LANES):
        partial = splat(weight, 0)
        for row in range(rows):
            edge = load(weight, at + v * all_rows + row * LANES)
            product = multiply_fraction(edge, read_banks(left, row, v))
            partial = add(partial, product)
        store(sums, to + v, add(load(sums, to + v), widen(partial)))


@compiled
def write_products(
    part: Any, memory: Any, tables: Any, scratch: Any, panel: int, left: int
) -> None:
    """By left neuron: w*a of each slot of a panel, where nothing is learned.

    Args:
        part: the junction's record.
        memory: what the hardware has.
        tables: the pattern.
        scratch: of which ``products`` is the result, a row for each edge of the left neurons.
        panel: which one.
        left: where the activations lie.
    """
    first = part.tile + panel * part.tiles
    for tile in range(part.tiles):
        a, to = load(memory.activation, left + tile * LANES), tile * LANES
        begin, end = element(tables.tile, first + tile), element(tables.tile, first + tile + 1)
        for slot in range(begin, end, LANES):
            weight = load(memory.weight, part.weight + slot)
            store(scratch.products, to, multiply_fraction(weight, a))
            to += part.product_stride


@inlined
def add_bundles(
    read: Any, products: Choice, k: int, part: Any, terms: int, sums: np.ndarray, to: int
) -> int:
    """By left neuron: the sums of right neurons, some at a time.

    Args:
        read: how to read ``products``.
        products: of a panel, one for each of (bundles, length, LANES) slots, see ``Bundles``.
        k: the first of its tables.
        part: the junction's record.
        terms: products that fit into their width when summed.
        sums: result, from ``to`` on.
        to: see there.

    Returns:
        The first table of the next panel.
    """
    vector, width = 0, part.bundle_width
    for _ in range(part.bundles):
        total = splat(sums, 0)
        end = vector + part.bundle_length
        while vector < end:
            partial = splat(products.values, 0)
            for one in range(vector, min(vector + terms, end)):
                prefetch(products.word, products.word_at + one * LANES + AHEAD)
                found, k = read(products, k, one * LANES)
                partial = add(partial, found)
            total = add(total, widen(partial))
            vector = min(vector + terms, end)
        # What is written too far, the next bundle replaces.
        store(sums, to, fold(total, width))
        to += width
    return k


@inlined
def fold(lanes: Any, width: int) -> Any:
    """Sums of the lanes that are ``width`` apart, a power of two, in the first lanes."""
    if width < 32:
        lanes = add(lanes, from_16(lanes))
    if width < 16:
        lanes = add(lanes, from_8(lanes))
    if width < 8:
        lanes = add(lanes, from_4(lanes))
    if width < 4:
        lanes = add(lanes, from_2(lanes))
    if width < 2:
        lanes = add(lanes, from_1(lanes))
    return lanes
