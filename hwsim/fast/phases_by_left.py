"""FF, BP and UP of a junction whose slots lie by left neuron (``layout_by_left``).

Some tiles of slots at a time, so that their weights stay in the processor's first cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.backprop import (
    clipped_sum,
    contribute_columns,
    factors_of,
    is_per_edge,
    plain_sum,
    sum_columns,
    times_slope,
    times_slope_short,
    times_weight,
    times_weight_short,
)
from hwsim.fast.compiled import inlined
from hwsim.fast.feedforward import add_lanes, add_parts, write_products
from hwsim.fast.fetch import RightOperand, Tiles, read_far, read_near
from hwsim.fast.layout import NEAR
from hwsim.fast.tallies import BACK_PRODUCT, BACK_SUM, WEIGHT
from hwsim.fast.update import update_columns


@inlined
def multiply_and_add(
    times: Any, plus: Any, part: Any, number: Any, memory: Any, scratch: Any,
    read: Any, right: RightOperand, tiles: Tiles, begins: bool, slope: int, delta: int,
    tally: np.ndarray,
) -> None:  # fmt: skip
    """The deltas of some tiles; where they are chained, what each edge adds to them."""
    factors = factors_of(part, number, memory.weight)
    if part.is_chained:
        tally[BACK_PRODUCT] += contribute_columns(
            times, factors, memory.weight, part.weight, memory.slope, slope, read, right, tiles,
            scratch.contribution,
        )  # fmt: skip
    else:
        products, sums = sum_columns(
            times, plus, factors, memory.weight, part.weight, memory.slope, slope, read, right,
            tiles, begins, memory.delta, delta,
        )  # fmt: skip
        tally[BACK_PRODUCT] += products
        tally[BACK_SUM] += sums


@inlined
def backpropagate(
    part: Any, number: Any, memory: Any, scratch: Any,
    read: Any, right: RightOperand, tiles: Tiles, begins: bool, slope: int, delta: int,
    tally: np.ndarray,
) -> None:  # fmt: skip
    """As ``multiply_and_add``, the way that profile and numbers ask for."""
    if not is_per_edge(memory):
        if scratch.contribution.itemsize == memory.weight.itemsize:
            multiply_and_add(
                times_weight_short, plain_sum, part, number, memory, scratch,
                read, right, tiles, begins, slope, delta, tally,
            )  # fmt: skip
        else:
            multiply_and_add(
                times_weight, plain_sum, part, number, memory, scratch,
                read, right, tiles, begins, slope, delta, tally,
            )  # fmt: skip
    elif part.is_short:
        multiply_and_add(
            times_slope_short, clipped_sum, part, number, memory, scratch,
            read, right, tiles, begins, slope, delta, tally,
        )  # fmt: skip
    else:
        multiply_and_add(
            times_slope, clipped_sum, part, number, memory, scratch,
            read, right, tiles, begins, slope, delta, tally,
        )  # fmt: skip


@inlined
def learn(
    read: Any, part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    tiles: Tiles, panel: int, backward: int, slope: int, delta: int, tally: np.ndarray,
) -> None:  # fmt: skip
    """BP and UP of some tiles; ``read`` is how they find what the right neurons have."""
    first = part.first + panel * part.panel_rows
    where = (tables.first, first, part.span, tables.word, part.word, tables.source, part.source)
    if not part.is_first:
        backpropagate(
            part, number, memory, scratch, read, RightOperand(scratch.delta, *where),
            tiles, panel == 0, slope, delta, tally,
        )  # fmt: skip
    tally[WEIGHT] += update_columns(
        memory.weight, part.weight, memory.activation, backward,
        read, RightOperand(scratch.step, *where), tiles, number.low, number.high,
    )  # fmt: skip


@inlined
def sum_products(part: Any, tables: Any, scratch: Any, panel: int) -> None:
    """FF of the right neurons of a panel, once all its products are there."""
    place, sums = part.product + panel * part.panel_places, panel * part.panel_neurons
    add_lanes(
        scratch.products, part.no_product, tables.product, place, part.lanes, part.part_length,
        scratch.sums, sums,
    )  # fmt: skip
    if part.parts > 1:
        add_parts(scratch.sums, sums, part.panel_neurons, part.lanes)


@inlined
def work_by_left(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    forward: int, backward: int, slope: int, delta: int,
    forwards: bool, trains: bool, tally: np.ndarray,
) -> None:  # fmt: skip
    """All phases of all edges; ``delta`` is where BP writes, else as ``work_by_right``."""
    for panel in range(part.panels):
        at = part.tile + panel * part.tiles
        for tile in range(0, part.tiles, part.tiles_at_once):
            tiles = Tiles(tables.tile, at, tile, min(tile + part.tiles_at_once, part.tiles))
            if forwards:
                write_products(
                    memory.weight, part.weight, memory.activation, forward,
                    tiles, part.product_stride, scratch.products,
                )  # fmt: skip
            if trains and part.kind == NEAR:
                learn(
                    read_near, part, number, memory, tables, scratch,
                    tiles, panel, backward, slope, delta, tally,
                )  # fmt: skip
            elif trains:
                learn(
                    read_far, part, number, memory, tables, scratch,
                    tiles, panel, backward, slope, delta, tally,
                )  # fmt: skip
        if forwards:
            sum_products(part, tables, scratch, panel)
