"""Collecting: the contributions of all slots, added up per left neuron in the hardware's order.

What does not add up down a tile by itself: by right neuron, slots are brought into the
order of left neurons first; and where a delta hazard loses sums, each edge finds the sum that it
would have read. Both return how many sums were clipped.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.compiled import compiled, inlined
from hwsim.fast.llvm import LANES, OCTET
from hwsim.fast.look_ups import shuffle_octets
from hwsim.fast.rearrangement import (
    first_octet,
    fourth_octet,
    second_octet,
    third_octet,
    transposed_octets,
)
from hwsim.fast.vectors import add, convert, count_differing_first, element, load, put, splat, store


@inlined
def in_words(values: np.ndarray, at: int, order: np.ndarray, order_at: int) -> Any:
    """Slots of a lane, whose octets hold whole sweeps, in the order of words."""
    return shuffle_octets(load(values, at), load(order, order_at))


@compiled
def to_clocks(
    values: np.ndarray, run: np.ndarray, run_at: int,
    order: np.ndarray, order_at: int, cycle: int, by_clock: np.ndarray,
) -> None:  # fmt: skip
    """Rows of ``LANES`` lanes as columns: eight lanes and eight clocks change places.

    Args:
        values: contributions.
        run: (LANES,) from ``run_at`` on: first slot of each lane.
        run_at: see there.
        order: (LANES, cycle) from ``order_at`` on: which slot of its octet is the next
            word's, as ``control_word``.
        order_at: see there.
        cycle: clocks, whole vectors.
        by_clock: (cycle, LANES) result.
    """
    for lane in range(0, LANES, OCTET):
        first, orders = run_at + lane, order_at + lane * cycle
        a, b = element(run, first), element(run, first + 1)
        c, d = element(run, first + 2), element(run, first + 3)
        e, f = element(run, first + 4), element(run, first + 5)
        g, h = element(run, first + 6), element(run, first + 7)
        for t in range(0, cycle, LANES):
            rows = transposed_octets(
                in_words(values, a + t, order, orders + t),
                in_words(values, b + t, order, orders + cycle + t),
                in_words(values, c + t, order, orders + 2 * cycle + t),
                in_words(values, d + t, order, orders + 3 * cycle + t),
                in_words(values, e + t, order, orders + 4 * cycle + t),
                in_words(values, f + t, order, orders + 5 * cycle + t),
                in_words(values, g + t, order, orders + 6 * cycle + t),
                in_words(values, h + t, order, orders + 7 * cycle + t),
            )
            to = t * LANES + lane
            store_clock(by_clock, to, rows[0])
            store_clock(by_clock, to + LANES, rows[1])
            store_clock(by_clock, to + 2 * LANES, rows[2])
            store_clock(by_clock, to + 3 * LANES, rows[3])
            store_clock(by_clock, to + 4 * LANES, rows[4])
            store_clock(by_clock, to + 5 * LANES, rows[5])
            store_clock(by_clock, to + 6 * LANES, rows[6])
            store_clock(by_clock, to + 7 * LANES, rows[7])


@inlined
def store_clock(by_clock: np.ndarray, to: int, octets: Any) -> None:
    """Eight banks in clocks that are eight apart."""
    store(by_clock, to, first_octet(octets))
    store(by_clock, to + 8 * LANES, second_octet(octets))
    store(by_clock, to + 16 * LANES, third_octet(octets))
    store(by_clock, to + 24 * LANES, fourth_octet(octets))


@compiled
def collect_lanes(
    plus: Any, contribution: np.ndarray, run: np.ndarray, run_at: int,
    order: np.ndarray, order_at: int, cycle: int, depth: int, z: int, width: int,
    low: int, high: int, by_clock: np.ndarray,
    delta: np.ndarray, delta_at: int,
) -> int:  # fmt: skip
    """By right neuron: banks that always serve the same lane, many at a time.

    Args:
        plus: see ``backprop``.
        contribution: of all slots.
        run: (width,) from ``run_at`` on: first slot of the lane that each bank serves.
        run_at: see there.
        order: (width, cycle) from ``order_at`` on: see ``to_clocks``.
        order_at: see there.
        cycle: clocks, whole vectors.
        depth: words of a bank: two, four or eight.
        z: banks.
        width: ``z`` in whole vectors.
        low: limit of the sums.
        high: limit of the sums.
        by_clock: scratch, (cycle, LANES).
        delta: (depth, width) result, from ``delta_at`` on.
        delta_at: see there.
    """
    zero = splat(delta, 0)
    lowest, highest = splat(delta, low), splat(delta, high)
    clipped = 0
    for first in range(0, width, LANES):
        orders = order_at + first * cycle
        to_clocks(contribution, run, run_at + first, order, orders, cycle, by_clock)
        # Two words at a time: one sum would wait for itself.
        for k in range(0, depth, 2):
            even_sum = odd_sum = zero
            for clock in range(k, cycle, depth):
                even = convert(delta, load(by_clock, clock * LANES))
                odd = convert(delta, load(by_clock, (clock + 1) * LANES))
                even_raw, odd_raw = add(even_sum, even), add(odd_sum, odd)
                even_sum = plus(even_sum, even, lowest, highest)
                odd_sum = plus(odd_sum, odd, lowest, highest)
                clipped += count_differing_first(even_sum, even_raw, z - first)
                clipped += count_differing_first(odd_sum, odd_raw, z - first)
            store(delta, delta_at + k * width + first, even_sum)
            store(delta, delta_at + (k + 1) * width + first, odd_sum)
    return clipped


@compiled
def collect_chained(
    contribution: np.ndarray, slot: np.ndarray, slot_at: int,
    before: np.ndarray, before_at: int,
    begin: np.ndarray, begin_at: int, n_left: int, low: int, high: int, partial: np.ndarray,
    place: np.ndarray, place_at: int, delta: np.ndarray, delta_at: int,
) -> int:  # fmt: skip
    """By left neuron: any pattern, with the partial sums that a delta hazard loses.

    Args:
        contribution: of all slots.
        slot: (n_edges,) from ``slot_at`` on: slots in the order of left neurons, then of time.
        slot_at: see there.
        before: (n_edges,) from ``before_at`` on: how many edges further back the one is whose
            sum this one reads; 0 if it begins the sum.
        before_at: see there.
        begin: (n_left + 1,) from ``begin_at`` on: first edge of each left neuron.
        begin_at: see there.
        n_left: left neurons.
        low: limit of the sums.
        high: limit of the sums.
        partial: scratch, (n_edges,).
        place: where the delta of each left neuron lies, from ``place_at`` on.
        place_at: see there.
        delta: result, from ``delta_at`` on.
        delta_at: see there.
    """
    clipped = 0
    for neuron in range(n_left):
        last = 0
        first = element(begin, begin_at + neuron)
        for edge in range(first, element(begin, begin_at + neuron + 1)):
            back = element(before, before_at + edge)
            last = element(contribution, element(slot, slot_at + edge))
            if back:
                last += element(partial, edge - back)
            clipped += (last < low) + (last > high)
            last = min(max(last, low), high)
            put(partial, edge, last)
        put(delta, delta_at + element(place, place_at + neuron), last)
    return clipped
