"""BP, FF and UP of a junction whose slots lie by right neuron (``layout_by_right``).

Some rows of slots at a time, as many as products fit into a word when summed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.backprop import (
    contribute,
    factors_of,
    times_slope,
    times_slope_short,
    times_weight,
    times_weight_short,
)
from hwsim.fast.compiled import if_as_wide, inlined
from hwsim.fast.feedforward import add_products
from hwsim.fast.fetch import Banks
from hwsim.fast.llvm import LANES
from hwsim.fast.neurons import join_segments
from hwsim.fast.tallies import BACK_PRODUCT, WEIGHT
from hwsim.fast.update import Rate, update_rows
from hwsim.fast.vectors import fill


@inlined
def in_banks(part: Any, tables: Any, left: np.ndarray, at: int, row: int) -> Banks:
    """What lanes from ``row`` on of each group read in all clocks."""
    source_at, word_at = part.source + row, part.word + row * LANES
    return Banks(left, at, part.rows, tables.source, source_at, tables.word, word_at)


@inlined
def backpropagate(
    part: Any, number: Any, memory: Any, scratch: Any, slope: Banks, row: int, rows: int
) -> int:
    """What some rows of slots add to deltas; how many products were clipped."""
    weight, delta, to = memory.weight, scratch.delta, scratch.contribution
    first, at = part.weight + row * LANES, row * part.stride
    factors = factors_of(part, number, weight)
    by_neuron = if_as_wide(to, weight, times_weight_short, times_weight)
    if part.is_short:
        return contribute(
            if_as_wide(memory.delta, weight, times_slope_short, by_neuron),
            factors, weight, first, slope, delta, rows, part.rows, part.stride, to, at,
        )  # fmt: skip
    return contribute(
        if_as_wide(memory.delta, weight, times_slope, by_neuron),
        factors, weight, first, slope, delta, rows, part.rows, part.stride, to, at,
    )  # fmt: skip


@inlined
def of_segments(part: Any, scratch: Any) -> tuple[np.ndarray, int]:
    """Where the sum of each segment is."""
    if part.segments_per_neuron > 1:
        return scratch.sums, 0
    return scratch.h, part.h


@inlined
def feed_forward(left: Banks, part: Any, memory: Any, scratch: Any, row: int, rows: int) -> None:
    """The sums of some rows of slots."""
    at = part.weight + row * LANES
    sums, to = of_segments(part, scratch)
    add_products(memory.weight, at, left, rows, part.rows, part.stride, sums, to)


@inlined
def update(
    left: Banks, part: Any, number: Any, memory: Any, scratch: Any, rate: Rate,
    row: int, rows: int,
) -> int:  # fmt: skip
    """New weights of some rows of slots; how many were clipped."""
    return update_rows(
        memory.weight, part.weight + row * LANES, left, scratch.delta, rate,
        rows, part.rows, part.stride, number.low, number.high,
    )  # fmt: skip


@inlined
def work_by_right(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any, rate: Rate,
    forward: int, backward: int, slope: int, forwards: bool, trains: bool, tally: np.ndarray,
) -> None:  # fmt: skip
    """All phases of all edges.

    Args:
        part: the junction's record.
        number: the ``NUMBER`` record.
        memory: what the hardware has.
        tables: the pattern.
        scratch: overwritten.
        rate: at which to learn.
        forward: where the copy of activations lies that FF reads.
        backward: the same for UP.
        slope: where the derivatives lie that BP reads.
        forwards: whether there is an input to take forwards.
        trains: whether there is one to learn from.
        tally: saturation counts of this junction.
    """
    sums, to = of_segments(part, scratch)
    if forwards:
        fill(sums, to, part.stride)
    for row in range(0, part.rows, number.terms):
        rows = min(number.terms, part.rows - row)
        if forwards:
            left = in_banks(part, tables, memory.activation, forward, row)
            feed_forward(left, part, memory, scratch, row, rows)
        if trains and not part.is_first:
            left = in_banks(part, tables, memory.slope, slope, row)
            tally[BACK_PRODUCT] += backpropagate(part, number, memory, scratch, left, row, rows)
        if trains:
            left = in_banks(part, tables, memory.activation, backward, row)
            tally[WEIGHT] += update(left, part, number, memory, scratch, rate, row, rows)
    if forwards and part.segments_per_neuron > 1:
        join_segments(part, sums, tables.segment, scratch.h)
