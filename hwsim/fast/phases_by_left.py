"""FF, BP and UP of a junction whose slots lie by left neuron (``layout_by_left``).

As in the hardware, a weight is read once: all phases of 32 edges follow one another, vector after
vector down a tile.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.backprop import (
    Bounds,
    Factors,
    bounds_of,
    clipped_sum,
    factors_of,
    plain_sum,
    quick_slope,
    quick_slope_short,
    quick_weight,
    quick_weight_short,
    times_slope,
    times_slope_short,
    times_weight,
    times_weight_short,
)
from hwsim.fast.compiled import if_as_wide, inlined
from hwsim.fast.feedforward import add_bundles, write_products
from hwsim.fast.fetch import AHEAD, Choice, read_far, read_near, read_within
from hwsim.fast.layout import NEAR, WITHIN
from hwsim.fast.llvm import LANES
from hwsim.fast.multiplication import multiply_fraction
from hwsim.fast.rearrangement import first_half
from hwsim.fast.tallies import BACK_PRODUCT, BACK_SUM
from hwsim.fast.update import Rate, is_beyond, quick_change, steps, update_carefully
from hwsim.fast.vectors import (
    add,
    any_above,
    convert,
    count_differing,
    element,
    load,
    prefetch,
    put,
    splat,
    store,
    subtract,
)

NO_BACKPROP, SUMMED, CHAINED = range(3)
"""What becomes of BP's products: there are none, in junction 1; they add up down the tile; or they
are kept, because their sums have to be followed one by one."""


@inlined
def work_tile(
    back: int, times: Any, plus: Any, quick: Any, read: Any,
    part: Any, number: Any, memory: Any, scratch: Any,
    factors: Factors, bounds: Bounds, rate: Rate, delta: Choice, k: int, begin: int, rows: int,
    partial: Any, tile: int, forward: int, backward: int, slope: int, tally: np.ndarray,
) -> tuple[Any, int]:  # fmt: skip
    """All phases of a tile, row after row; each has an edge of each of 32 left neurons.

    Hardly ever does anything leave the number range; where it does, the row is computed once more.

    Args:
        back: what becomes of BP's products.
        times: how BP multiplies.
        plus: how it adds.
        quick: both, where nothing leaves the number range.
        read: how to read ``delta``.
        part: the junction's record.
        number: the ``NUMBER`` record.
        memory: what the hardware has.
        scratch: overwritten.
        factors: of the junction.
        bounds: of its numbers.
        rate: at which to learn.
        delta: of the right neurons.
        k: the first of its tables.
        begin: first slot.
        rows: edges of each left neuron.
        partial: deltas of the left neurons so far.
        tile: first left neuron.
        forward: where the activations lie that FF reads.
        backward: the same for UP.
        slope: the same of the derivatives for BP.
        tally: saturation counts of this junction.

    Returns:
        ``partial`` after these rows, and the first table of the next tile.
    """
    a, old_a = load(memory.activation, forward + tile), load(memory.activation, backward + tile)
    a_slope = load(memory.slope, slope + tile)
    stride, at, is_half = part.product_stride, part.weight, part.product_stride < LANES
    to = tile
    for row in range(rows):
        slot = begin + row * LANES
        prefetch(memory.weight, at + slot + AHEAD)
        prefetch(delta.word, delta.word_at + slot + AHEAD)
        weight = load(memory.weight, at + slot)
        product = multiply_fraction(weight, a)
        if is_half:
            store(scratch.products, to, first_half(product))
        else:
            store(scratch.products, to, product)
        to += stride
        right, k = read(delta, k, slot)
        u = steps(right, rate)
        new = quick_change(weight, u, old_a)
        if back == NO_BACKPROP:
            if is_beyond(new, bounds):
                new = update_carefully(weight, u, old_a, number, tally)
        else:
            share, summed, distance = quick(
                weight, right, a_slope, factors, partial, bounds, subtract(new, bounds.sum)
            )
            if any_above(distance, bounds.span):
                new = update_carefully(weight, u, old_a, number, tally)
                share, summed = add_carefully(
                    back, times, plus, memory, partial, weight, right, a_slope, factors, tally
                )
            if back == CHAINED:
                store(scratch.contribution, slot, convert(scratch.contribution, share))
            else:
                partial = summed
        store(memory.weight, at + slot, new)
    return partial, k


@inlined
def add_carefully(
    back: int, times: Any, plus: Any, memory: Any, partial: Any,
    weight: Any, delta: Any, slope: Any, factors: Factors, tally: np.ndarray,
) -> Any:  # fmt: skip
    """What these edges add to deltas, and the deltas then, clipped and counted."""
    lowest, highest = splat(memory.delta, factors.low), splat(memory.delta, factors.high)
    share, clipped = times(weight, delta, slope, factors)
    added = convert(memory.delta, share)
    summed = plus(partial, added, lowest, highest)
    tally[BACK_PRODUCT] += clipped
    if back == SUMMED:
        tally[BACK_SUM] += count_differing(summed, add(partial, added))
    return share, summed


@inlined
def work_tiles(
    back: int, times: Any, plus: Any, quick: Any, read: Any,
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    rate: Rate, k: int, panel: int,
    forward: int, backward: int, slope: int, sums: int, tally: np.ndarray,
) -> int:  # fmt: skip
    """All phases of the tiles of a panel, and the first table of the next one."""
    delta = Choice(
        scratch.delta, 0, tables.table, tables.word, part.word, tables.source, part.source
    )  # fmt: skip
    factors, bounds = factors_of(part, number, memory.weight), bounds_of(number, memory.weight)
    at = part.tile + panel * part.tiles
    for t in range(part.tiles):
        begin, end = element(tables.tile, at + t), element(tables.tile, at + t + 1)
        tile, partial = t * LANES, splat(memory.delta, 0)
        if back == SUMMED and panel > 0:
            partial = load(memory.delta, sums + tile)
        partial, k = work_tile(
            back, times, plus, quick, read, part, number, memory, scratch, factors, bounds,
            rate, delta, k, begin, (end - begin) // LANES, partial,
            tile, forward, backward, slope, tally,
        )  # fmt: skip
        if back == SUMMED:
            store(memory.delta, sums + tile, partial)
    return k


@inlined
def keep_or_add(
    times: Any, plus: Any, quick: Any, read: Any, part: Any, number: Any, memory: Any, tables: Any,
    scratch: Any, rate: Rate, k: int, panel: int,
    forward: int, backward: int, slope: int, sums: int, tally: np.ndarray,
) -> int:  # fmt: skip
    """As ``work_tiles``, with what becomes of BP's products here."""
    if part.is_chained:
        return work_tiles(
            CHAINED, times, plus, quick, read, part, number, memory, tables, scratch,
            rate, k, panel, forward, backward, slope, sums, tally,
        )  # fmt: skip
    else:
        return work_tiles(
            SUMMED, times, plus, quick, read, part, number, memory, tables, scratch,
            rate, k, panel, forward, backward, slope, sums, tally,
        )  # fmt: skip


@inlined
def learn_by_edge(
    read: Any, part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    rate: Rate, k: int, panel: int,
    forward: int, backward: int, slope: int, sums: int, tally: np.ndarray,
) -> int:  # fmt: skip
    """As ``work_tiles``, in profile "prototype" behind junction 1."""
    if part.is_short:
        return keep_or_add(
            times_slope_short, clipped_sum, quick_slope_short, read,
            part, number, memory, tables, scratch, rate,
            k, panel, forward, backward, slope, sums, tally,
        )  # fmt: skip
    else:
        return keep_or_add(
            times_slope, clipped_sum, quick_slope, read,
            part, number, memory, tables, scratch, rate,
            k, panel, forward, backward, slope, sums, tally,
        )  # fmt: skip


@inlined
def learn_by_neuron(
    read: Any, part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    rate: Rate, k: int, panel: int,
    forward: int, backward: int, slope: int, sums: int, tally: np.ndarray,
) -> int:  # fmt: skip
    """As ``work_tiles``, in profile "default" behind junction 1."""
    share, word = scratch.contribution, memory.weight
    return keep_or_add(
        if_as_wide(share, word, times_weight_short, times_weight), plain_sum,
        if_as_wide(share, word, quick_weight_short, quick_weight), read,
        part, number, memory, tables, scratch, rate,
        k, panel, forward, backward, slope, sums, tally,
    )  # fmt: skip


@inlined
def learn(
    read: Any, part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    rate: Rate, k: int, panel: int,
    forward: int, backward: int, slope: int, sums: int, tally: np.ndarray,
) -> int:  # fmt: skip
    """As ``work_tiles``, the way that junction, profile and numbers ask for."""
    if part.is_first:
        # The functions of BP are not called.
        return work_tiles(
            NO_BACKPROP, times_weight, plain_sum, quick_weight, read,
            part, number, memory, tables, scratch, rate,
            k, panel, forward, backward, slope, sums, tally,
        )  # fmt: skip
    else:
        learn_behind = if_as_wide(memory.delta, memory.weight, learn_by_edge, learn_by_neuron)
        return learn_behind(
            read, part, number, memory, tables, scratch, rate,
            k, panel, forward, backward, slope, sums, tally,
        )  # fmt: skip


@inlined
def sum_products(part: Any, number: Any, tables: Any, scratch: Any, k: int, panel: int) -> int:
    """FF of the right neurons of a panel, once all its products are there.

    ``k`` is the first of its tables; the first of the next one's is returned.
    """
    first, to = panel * part.panel_places, part.h + panel * part.panel_neurons
    products = Choice(
        scratch.products, 0, tables.product_table, tables.product_word, part.product_word + first,
        tables.product, part.product + first,
    )  # fmt: skip
    if part.product_kind == NEAR:
        return add_bundles(read_near, products, k, part, number.terms, scratch.h, to)
    if part.product_kind == WITHIN:
        return add_bundles(read_within, products, k, part, number.terms, scratch.h, to)
    put(scratch.products, part.no_product, 0)
    return add_bundles(read_far, products, k, part, number.terms, scratch.h, to)


@inlined
def work_by_left(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any, rate: Rate,
    forward: int, backward: int, slope: int, delta: int,
    forwards: bool, trains: bool, tally: np.ndarray,
) -> None:  # fmt: skip
    """All phases of all edges; ``delta`` is where BP writes, else as ``work_by_right``."""
    right, product = part.table, part.product_table
    for panel in range(part.panels):
        if not trains:
            write_products(part, memory, tables, scratch, panel, forward)
        elif part.kind == NEAR:
            right = learn(
                read_near, part, number, memory, tables, scratch,
                rate, right, panel, forward, backward, slope, delta, tally,
            )  # fmt: skip
        else:
            right = learn(
                read_far, part, number, memory, tables, scratch,
                rate, right, panel, forward, backward, slope, delta, tally,
            )  # fmt: skip
        if forwards:
            product = sum_products(part, number, tables, scratch, product, panel)
