"""Feedforward of some edges: products, summed per right neuron (``hwsim.feedforward``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.compiled import compiled
from hwsim.fast.fetch import Operand, Tiles
from hwsim.fast.llvm import LANES
from hwsim.fast.vectors import (
    add,
    convert,
    element,
    load,
    load_each,
    multiply_fraction,
    put,
    splat,
    store,
    widen,
)


@compiled
def add_products(
    weight: np.ndarray, at: int, read: Any, left: Operand, rows: int, all_rows: int, stride: int,
    sums: np.ndarray,
) -> None:  # fmt: skip
    """By right neuron: add w*a of ``rows`` rows of slots to the sums of their segments.

    Args:
        weight: all weights, tile by tile; the first row begins at ``at``.
        at: see there.
        read: how to read ``left``.
        left: activations as fractions.
        rows: no more than products fit into the width of a weight when summed.
        all_rows: rows of the junction.
        stride: slots of a row.
        sums: (stride,) twice as wide.
    """
    for v in range(0, stride, LANES):
        partial = splat(weight, 0)
        for row in range(rows):
            edge = load(weight, at + v * all_rows + row * LANES)
            product = multiply_fraction(edge, read(left, row, v))
            partial = add(partial, product)
        store(sums, v, add(load(sums, v), widen(partial)))


@compiled
def write_products(
    weight: np.ndarray, at: int, left: np.ndarray, left_at: int,
    tiles: Tiles, stride: int, products: np.ndarray,
) -> None:  # fmt: skip
    """By left neuron: w*a of each slot of some tiles.

    Args:
        weight: all weights; slot 0 is at ``at``.
        at: see there.
        left: activations as fractions, from ``left_at`` on.
        left_at: see there.
        tiles: which ones.
        stride: words of a row of products.
        products: (rows, stride) result: a row for each edge of the left neurons.
    """
    for t in range(tiles.first, tiles.last):
        a, to = load(left, left_at + t * LANES), t * LANES
        begin = element(tiles.begin, tiles.at + t)
        end = element(tiles.begin, tiles.at + t + 1)
        for slot in range(begin, end, LANES):
            store(products, to, multiply_fraction(load(weight, at + slot), a))
            to += stride


@compiled
def add_lanes(
    products: np.ndarray, none: int, place: np.ndarray, place_at: int, lanes: int, length: int,
    sums: np.ndarray, to: int,
) -> None:  # fmt: skip
    """By left neuron: the sum of the products of each part of a right neuron's edges.

    Args:
        products: of all edges of a panel.
        none: where a zero is put for edges that are not there.
        place: (vectors of lanes, length, LANES) where they lie, from ``place_at`` on.
        place_at: see there.
        lanes: parts.
        length: edges of a part.
        sums: (lanes,) result from ``to`` on, in whole vectors.
        to: see there.
    """
    put(products, none, 0)
    for lane in range(0, lanes, LANES):
        total = splat(sums, 0)
        for vector in range(lane * length, (lane + LANES) * length, LANES):
            product = load_each(products, load(place, place_at + vector))
            total = add(total, convert(sums, product))
        store(sums, to + lane, total)


@compiled
def add_parts(sums: np.ndarray, at: int, n_right: int, lanes: int) -> None:
    """By left neuron: the sums of right neurons from those of their parts.

    Args:
        sums: (parts, n_right) from ``at`` on, of which the first row becomes the result.
        at: see there.
        n_right: right neurons.
        lanes: of all parts.
    """
    for neuron in range(0, n_right, LANES):
        total = load(sums, at + neuron)
        part = neuron + n_right
        while part < lanes:
            total = add(total, load(sums, at + part))
            part += n_right
        store(sums, at + neuron, total)
