"""Collecting: the contributions of all slots, added up per left neuron in the hardware's order.

The way back of ``fetch``, in the same three forms. ``plus`` is either ``clipped_sum`` (profile
"prototype", where the order shows) or ``plain_sum``, of lanes wide enough for every sum. Each
function returns how many sums were clipped.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.compiled import compiled, inlined
from hwsim.fast.vectors import (
    LANES,
    OCTET,
    add,
    add_saturating,
    convert,
    count_differing_first,
    element,
    first_octet,
    fourth_octet,
    lane_numbers,
    load,
    load_octet,
    maximum,
    minimum,
    put,
    second_octet,
    shuffle_octets,
    splat,
    store,
    third_octet,
    transposed_octets,
    where_less,
)


@inlined
def clipped_sum(partial: Any, added: Any, lowest: Any, highest: Any) -> Any:
    """Clip to the limits."""
    return minimum(maximum(add_saturating(partial, added), lowest), highest)


@inlined
def plain_sum(partial: Any, added: Any, lowest: Any, highest: Any) -> Any:
    """Leave the limits alone."""
    return add(partial, added)


@compiled
def collect_rotated(
    plus: Any, contribution: np.ndarray, at: int,
    run: np.ndarray, run_at: int, phi: np.ndarray, phi_at: int,
    n_sweeps: int, depth: int, z: int, low: int, high: int,
    delta: np.ndarray, delta_at: int, bank_stride: int,
) -> int:  # fmt: skip
    """Banks that count on from a seed: word w of a sweep is in slot (w - phi) mod depth of a run.

    Args:
        plus: see above.
        contribution: of all slots, with ``depth`` and ``LANES`` elements of room on both sides.
        at: where slot 0 lies in it.
        run: (z, n_sweeps) from ``run_at`` on: first slot of each bank's run in each sweep.
        run_at: see there.
        phi: (z, n_sweeps) from ``phi_at`` on: the word of that slot.
        phi_at: see there.
        n_sweeps: sweeps, d_out.
        depth: words of a bank.
        z: banks.
        low: limit of the sums.
        high: limit of the sums.
        delta: result, ``bank_stride`` elements per bank from ``delta_at`` on.
        delta_at: see there.
        bank_stride: ``depth`` in whole vectors.
    """
    zero, narrow_zero = splat(delta, 0), splat(contribution, 0)
    numbers = lane_numbers(narrow_zero)
    lowest, highest = splat(delta, low), splat(delta, high)
    clipped = 0
    for bank in range(z):
        for word in range(0, depth, LANES):
            partial = zero
            for sweep in range(bank * n_sweeps, (bank + 1) * n_sweeps):
                start = element(phi, phi_at + sweep)
                ahead = at + element(run, run_at + sweep) + word - start
                before = splat(narrow_zero, min(max(start - word, 0), LANES))
                read = where_less(
                    numbers, before,
                    load(contribution, ahead + depth), load(contribution, ahead),
                )  # fmt: skip
                added = convert(delta, read)
                wrapped = add(partial, added)
                partial = plus(partial, added, lowest, highest)
                clipped += count_differing_first(partial, wrapped, depth - word)
            store(delta, delta_at + bank * bank_stride + word, partial)
    return clipped


@compiled
def to_words(
    contribution: np.ndarray, at: int, order: np.ndarray, order_at: int,
    depth: int, cycle: int, by_word: np.ndarray, to: int,
) -> None:  # fmt: skip
    """One lane's contributions, of each sweep in the order of words instead of clocks.

    Args:
        contribution: of all slots; the lane's begin at ``at``.
        at: see there.
        order: (cycle,) from ``order_at`` on: which slot of the sweep is the next word's, as
            ``control_word``.
        order_at: see there.
        depth: slots of a sweep, up to eight.
        cycle: slots of the lane.
        by_word: result, (cycle,) from ``to`` on. What is written too far, the next one replaces.
        to: see there.
    """
    for t in range(0, cycle, depth):
        values, control = load_octet(contribution, at + t), load_octet(order, order_at + t)
        store(by_word, to + t, shuffle_octets(values, control))


@inlined
def in_words(values: np.ndarray, at: int, order: np.ndarray, order_at: int) -> Any:
    """Slots of a lane that ``to_words`` has put in order."""
    return load(values, at)


@inlined
def in_clocks(values: np.ndarray, at: int, order: np.ndarray, order_at: int) -> Any:
    """Slots of a lane whose octets hold whole sweeps, put in order now."""
    return shuffle_octets(load(values, at), load(order, order_at))


@compiled
def to_clocks(
    read: Any, values: np.ndarray, at: int, run: np.ndarray, run_at: int,
    order: np.ndarray, order_at: int, cycle: int, by_clock: np.ndarray,
) -> None:  # fmt: skip
    """Rows of ``LANES`` lanes as columns: eight lanes and eight clocks change places.

    Args:
        read: ``in_words`` or ``in_clocks``.
        values: contributions, with room for a vector.
        at: where slot 0 lies in it.
        run: (LANES,) from ``run_at`` on: first slot of each lane.
        run_at: see there.
        order: (LANES, cycle) from ``order_at`` on, for ``in_clocks``.
        order_at: see there.
        cycle: clocks.
        by_clock: (cycle + LANES, LANES) result.
    """
    for lane in range(0, LANES, OCTET):
        first, orders = run_at + lane, order_at + lane * cycle
        a, b = at + element(run, first), at + element(run, first + 1)
        c, d = at + element(run, first + 2), at + element(run, first + 3)
        e, f = at + element(run, first + 4), at + element(run, first + 5)
        g, h = at + element(run, first + 6), at + element(run, first + 7)
        for t in range(0, cycle, LANES):
            rows = transposed_octets(
                read(values, a + t, order, orders + t),
                read(values, b + t, order, orders + cycle + t),
                read(values, c + t, order, orders + 2 * cycle + t),
                read(values, d + t, order, orders + 3 * cycle + t),
                read(values, e + t, order, orders + 4 * cycle + t),
                read(values, f + t, order, orders + 5 * cycle + t),
                read(values, g + t, order, orders + 6 * cycle + t),
                read(values, h + t, order, orders + 7 * cycle + t),
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
def collect_looked_up(
    plus: Any, contribution: np.ndarray, at: int, run: np.ndarray, run_at: int,
    order: np.ndarray, order_at: int, cycle: int, depth: int, z: int, width: int,
    low: int, high: int, by_word: np.ndarray, rows: np.ndarray, by_clock: np.ndarray,
    delta: np.ndarray, delta_at: int,
) -> int:  # fmt: skip
    """Banks of up to eight words that always serve the same lane: many banks at a time.

    Args:
        plus: see above.
        contribution: of all slots, with ``LANES`` elements of room.
        at: where slot 0 lies in it.
        run: (width,) from ``run_at`` on: first slot of the lane that each bank serves.
        run_at: see there.
        order: (width, cycle) from ``order_at`` on: which slot is the next word's, counted within
            the octet if octets hold whole sweeps, else within the sweep.
        order_at: see there.
        cycle: clocks.
        depth: words of a bank.
        z: banks.
        width: ``z`` in whole vectors.
        low: limit of the sums.
        high: limit of the sums.
        by_word: scratch, (LANES, cycle in whole vectors and one more).
        rows: (LANES,) where the rows of ``by_word`` begin.
        by_clock: scratch, (cycle + LANES, LANES).
        delta: (depth, width) result, from ``delta_at`` on, a row more if ``depth`` is odd.
        delta_at: see there.
    """
    zero = splat(delta, 0)
    lowest, highest = splat(delta, low), splat(delta, high)
    stride = (cycle + 2 * LANES - 1) // LANES * LANES
    clipped = 0
    for lane in range(LANES):
        put(rows, lane, lane * stride)
    for first in range(0, width, LANES):
        orders = order_at + first * cycle
        if OCTET % depth == 0:
            to_clocks(
                in_clocks, contribution, at, run, run_at + first, order, orders, cycle, by_clock
            )
        else:
            for bank in range(min(LANES, z - first)):
                lane, ordered = at + element(run, run_at + first + bank), orders + bank * cycle
                to_words(contribution, lane, order, ordered, depth, cycle, by_word, bank * stride)
            to_clocks(in_words, by_word, 0, rows, 0, order, 0, cycle, by_clock)
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
                if k + 1 < depth:
                    clipped += count_differing_first(odd_sum, odd_raw, z - first)
            store(delta, delta_at + k * width + first, even_sum)
            store(delta, delta_at + (k + 1) * width + first, odd_sum)
    return clipped


@compiled
def collect_gathered(
    plus: Any, contribution: np.ndarray, at: int, slot: np.ndarray, slot_at: int,
    degree: int, stride: int, n_left: int, low: int, high: int, in_order: np.ndarray,
    delta: np.ndarray, delta_at: int,
) -> int:  # fmt: skip
    """Any pattern in which all left neurons have as many edges and no sum is lost.

    Args:
        plus: see above.
        contribution: of all slots.
        at: where slot 0 lies in it.
        slot: (degree, stride) from ``slot_at`` on: each left neuron's first edge, its second, ...
        slot_at: see there.
        degree: edges of a left neuron.
        stride: ``n_left`` in whole vectors.
        n_left: left neurons.
        low: limit of the sums.
        high: limit of the sums.
        in_order: scratch, (stride,).
        delta: (stride,) result, from ``delta_at`` on.
        delta_at: see there.
    """
    lowest, highest = splat(delta, low), splat(delta, high)
    clipped = 0
    for nth in range(degree):
        for neuron in range(n_left):
            place = element(slot, slot_at + nth * stride + neuron)
            put(in_order, neuron, element(contribution, at + place))
        for neuron in range(0, n_left, LANES):
            added, to = convert(delta, load(in_order, neuron)), delta_at + neuron
            partial = load(delta, to) if nth else splat(delta, 0)
            total = plus(partial, added, lowest, highest)
            clipped += count_differing_first(total, add(partial, added), n_left - neuron)
            store(delta, to, total)
    return clipped


@compiled
def collect_chained(
    contribution: np.ndarray, at: int, slot: np.ndarray, slot_at: int,
    before: np.ndarray, before_at: int,
    begin: np.ndarray, begin_at: int, n_left: int, low: int, high: int, partial: np.ndarray,
    delta: np.ndarray, delta_at: int,
) -> int:  # fmt: skip
    """Any pattern, with the partial sums that a delta hazard loses.

    Args:
        contribution: of all slots.
        at: where slot 0 lies in it.
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
        delta: result, (n_left,) from ``delta_at`` on.
        delta_at: see there.
    """
    clipped = 0
    for neuron in range(n_left):
        last = 0
        first = element(begin, begin_at + neuron)
        for edge in range(first, element(begin, begin_at + neuron + 1)):
            back = element(before, before_at + edge)
            last = element(contribution, at + element(slot, slot_at + edge))
            if back:
                last += element(partial, edge - back)
            clipped += (last < low) + (last > high)
            last = min(max(last, low), high)
            put(partial, edge, last)
        put(delta, delta_at + neuron, last)
    return clipped
