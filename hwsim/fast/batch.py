"""Feedforward of a batch, one input in each lane."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.compiled import compiled, kept
from hwsim.fast.llvm import LANES, OCTET
from hwsim.fast.multiplication import multiply_fraction
from hwsim.fast.rearrangement import first_octet, second_octet, transposed
from hwsim.fast.vectors import (
    add,
    count_differing_first,
    element,
    lane_of,
    load,
    load_two_octets,
    maximum,
    minimum,
    pixel_words,
    put,
    shift_right,
    splat,
    store,
    widen,
)

BATCH = LANES
"""Inputs that are computed together."""


@kept
def infer_batches(
    junctions: Any, weight: np.ndarray, left: np.ndarray, bias: np.ndarray, curve: np.ndarray,
    winning: np.ndarray, values: np.ndarray, pixels: np.ndarray, n_inputs: int,
    low: int, high: int, terms: int, down: int, up: int,
    predictions: np.ndarray, clipped: np.ndarray,
) -> None:  # fmt: skip
    """Predictions of whole batches.

    Args:
        junctions: (L,) records, see ``inference.JUNCTION``.
        weight: (edges,) in edge order, all junctions.
        left: (edges,) left neuron of each edge.
        bias: (right neurons,), all junctions.
        curve: activations as fractions, all junctions.
        winning: output neurons, the winner of equals first.
        values: scratch, (neurons, BATCH) of all layers.
        pixels: (batches * BATCH * n_left,) uint8.
        n_inputs: how many of them count.
        low: the most negative number.
        high: the largest number.
        terms: products that fit into a word when summed.
        down: bits that pixels lose.
        up: bits that they then move.
        predictions: (batches * BATCH,) result.
        clipped: (L,) sums that were clipped, added to.
    """
    n_left, last = junctions[0].n_left, junctions[len(junctions) - 1]
    for first in range(0, n_inputs, BATCH):
        real = min(BATCH, n_inputs - first)
        spread_pixels(values, pixels, first * n_left, n_left, down, up)
        for j in range(len(junctions)):
            clipped[j] += feed_forward(
                junctions[j], weight, left, bias, curve, values, low, high, terms, real
            )
        for lane in range(BATCH):
            put(predictions, first + lane, _winner(winning, values, last, lane))


@compiled
def _winner(winning: np.ndarray, values: np.ndarray, last: Any, lane: int) -> int:
    best, winner = 0, 0
    for k in range(last.n_right):
        neuron = element(winning, k)
        value = element(values, last.right + neuron * BATCH + lane)
        if value > best:
            best, winner = value, neuron
    return winner


@compiled
def spread_pixels(
    values: np.ndarray, pixels: np.ndarray, at: int, n_left: int, down: int, up: int
) -> None:
    """Pixels as fractions, (n_left, BATCH): inputs and pixels change places."""
    whole = n_left // (2 * OCTET) * (2 * OCTET)
    for lane in range(0, BATCH, OCTET):
        begin = at + lane * n_left
        for neuron in range(0, whole, 2 * OCTET):
            pairs = transposed(
                load_two_octets(pixels, begin + neuron),
                load_two_octets(pixels, begin + neuron + n_left),
                load_two_octets(pixels, begin + neuron + 2 * n_left),
                load_two_octets(pixels, begin + neuron + 3 * n_left),
                load_two_octets(pixels, begin + neuron + 4 * n_left),
                load_two_octets(pixels, begin + neuron + 5 * n_left),
                load_two_octets(pixels, begin + neuron + 6 * n_left),
                load_two_octets(pixels, begin + neuron + 7 * n_left),
            )
            for k in range(OCTET):
                words, to = pixel_words(values, pairs[k], down, up), neuron + 2 * k
                store(values, to * BATCH + lane, first_octet(words))
                store(values, (to + 1) * BATCH + lane, second_octet(words))
        for neuron in range(whole, n_left):
            for k in range(OCTET):
                pixel = element(pixels, begin + k * n_left + neuron)
                put(values, neuron * BATCH + lane + k, pixel >> down << up)


@compiled
def feed_forward(
    part: Any, weight: np.ndarray, left: np.ndarray, bias: np.ndarray, curve: np.ndarray,
    values: np.ndarray, low: int, high: int, terms: int, real: int,
) -> int:  # fmt: skip
    """One junction; how many sums of the first ``real`` inputs were clipped."""
    wide = widen(splat(weight, 0))
    lowest, highest = splat(wide, low), splat(wide, high)
    limit, one = splat(wide, part.limit), splat(wide, 1)
    zero, last = splat(wide, 0), splat(wide, part.last_address)
    edge, end = part.edge, part.edge
    clipped = 0
    for neuron in range(part.n_right):
        end += part.d_in
        total = splat(wide, element(bias, part.bias + neuron))
        while edge < end:
            partial = splat(weight, 0)
            for e in range(edge, min(edge + terms, end)):
                a = load(values, part.left + element(left, e) * BATCH)
                partial = add(partial, multiply_fraction(splat(weight, element(weight, e)), a))
            total = add(total, widen(partial))
            edge = min(edge + terms, end)
        h = minimum(maximum(total, lowest), highest)
        clipped += count_differing_first(h, total, real)
        step = add(shift_right(add(h, limit), part.step_shift), one)
        address = minimum(maximum(step, zero), last)
        look_up_curve(address, part.curve, curve, values, part.right + neuron * BATCH)
    return clipped


@compiled
def look_up_curve(address: Any, at: int, curve: np.ndarray, values: np.ndarray, to: int) -> None:
    """Activations at these addresses, one after the other."""
    for lane in range(LANES):
        put(values, to + lane, element(curve, at + lane_of(address, lane)))
