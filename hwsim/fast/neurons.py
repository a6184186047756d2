"""The right side of a junction before its activations: what few neurons need, not many edges.

Backwards, each right neuron's delta is read and spread over the neuron's segments, and the bias
learns. Forwards, the segments and the bias are added up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.compiled import inlined
from hwsim.fast.gather import load_each
from hwsim.fast.layout import FAR
from hwsim.fast.llvm import LANES
from hwsim.fast.multiplication import multiply_low
from hwsim.fast.update import Rate, steps
from hwsim.fast.vectors import (
    add,
    add_saturating,
    bits_of_both,
    convert,
    count_differing_first,
    element,
    lane_of,
    lengthen,
    load,
    maximum,
    minimum,
    odd,
    put,
    shift_right,
    splat,
    store,
    subtract,
)


@inlined
def read_output_deltas(part: Any, output_delta: np.ndarray, block: int, delta: np.ndarray) -> None:
    """Deltas of the last layer."""
    at = (block - part.lag) % part.output_copies * part.output_stride
    for neuron in range(0, part.n_right, LANES):
        store(delta, neuron, load(output_delta, at + neuron))


@inlined
def delta_copy(part: Any, block: int) -> int:
    """Which copy of the deltas the junction to the right has written for the input learnt from."""
    return (block - part.lag + 1 + part.right_lag) % 2


@inlined
def read_layer_deltas(
    part: Any, number: Any, memory: Any, tables: Any, block: int, delta: np.ndarray
) -> int:
    """Deltas of a layer that has a' in them already (profile "prototype"): none is clipped."""
    at = part.right_delta + delta_copy(part, block) * part.right_delta_size
    for neuron in range(0, part.n_right, LANES):
        store(delta, neuron, load_deltas(part, memory.delta, at, tables.right_delta_place, neuron))
    return 0


@inlined
def load_deltas(part: Any, memory: np.ndarray, at: int, place: np.ndarray, neuron: int) -> Any:
    """Deltas of a vector of right neurons, of the copy that begins at ``at``."""
    if part.right_deltas_in_order:
        return load(memory, at + neuron)
    return load_each(memory, at, place, part.right_delta_place + neuron)


@inlined
def load_slopes(part: Any, memory: np.ndarray, at: int, place: np.ndarray, neuron: int) -> Any:
    """Derivatives, likewise."""
    if part.right_in_order:
        return load(memory, at + neuron)
    return load_each(memory, at, place, part.right_place + neuron)


@inlined
def read_layer_sums(
    part: Any, number: Any, memory: Any, tables: Any, block: int, delta: np.ndarray
) -> int:
    """Deltas of a layer, a' multiplied in now (profile "default"); how many were clipped.

    The hardware multiplies in each clock that touches the neuron, and counts each time.
    """
    at = part.right_delta + delta_copy(part, block) * part.right_delta_size
    slope_at = part.right_slope + (block - part.lag) % part.right_slope_copies * part.right_size
    count = 0
    for neuron in range(0, part.n_right, LANES):
        total = load_deltas(part, memory.delta, at, tables.right_delta_place, neuron)
        fraction = load_slopes(part, memory.slope, slope_at, tables.right_place, neuron)
        slope = shift_right(fraction, number.fraction_shift)
        if number.are_deltas_short:
            near = nearer(total, number)
            count += write_deltas(part, number, tables.touches, near, slope, neuron, delta)
        else:
            long = lengthen(total)
            count += write_deltas(part, number, tables.touches, long, slope, neuron, delta)
    return count


@inlined
def nearer(total: Any, number: Any) -> Any:
    """A sum whose product with a' is beyond the limits where that of ``total`` is.

    Its last bits are the same: a product is rounded after it is clipped.
    """
    furthest = splat(total, number.furthest)
    last_bits = bits_of_both(total, splat(total, number.one - 1))
    return minimum(maximum(total, subtract(last_bits, furthest)), furthest)


@inlined
def write_deltas(
    part: Any, number: Any, touches: np.ndarray, total: Any, slope: Any, neuron: int,
    delta: np.ndarray,
) -> int:  # fmt: skip
    """Deltas of a vector of right neurons, in lanes wide enough; how many were clipped."""
    product = multiply_low(total, convert(total, slope))
    lowest, highest = splat(product, number.low), splat(product, number.high)
    floored = shift_right(product, number.frac_bits)
    inside = minimum(maximum(floored, lowest), highest)
    rounded = add(inside, odd(shift_right(product, number.frac_bits - 1)))
    store(delta, neuron, convert(delta, minimum(rounded, highest)))
    count, real = 0, min(LANES, part.n_right - neuron)
    if count_differing_first(inside, floored, real):
        for lane in range(real):
            if lane_of(inside, lane) != lane_of(floored, lane):
                count += element(touches, part.touches + neuron + lane)
    return count


@inlined
def spread(part: Any, delta: np.ndarray, right: np.ndarray, of_segment: np.ndarray) -> None:
    """Give each segment what its right neuron has, if it is not the whole neuron.

    Behind the last one is a zero, for slots without an edge that are not looked up.
    """
    if part.segments_per_neuron > 1:
        for segment in range(part.segments):
            neuron = element(right, part.right + segment)
            put(of_segment, segment, element(delta, neuron))
    if part.kind == FAR:
        put(of_segment, part.segments, 0)


@inlined
def join_segments(part: Any, sums: np.ndarray, segment: np.ndarray, h: np.ndarray) -> None:
    """Sums of right neurons that several segments belong to."""
    k, each = part.segment, part.segments_per_neuron
    for neuron in range(part.n_right):
        total = np.int64(0)
        for _ in range(each):
            total += element(sums, element(segment, k))
            k += 1
        put(h, part.h + neuron, total)


@inlined
def learnt_bias(part: Any, number: Any, old: Any, u: Any, neuron: int) -> tuple[Any, int]:
    """b + u of a vector of right neurons, and how many were clipped."""
    lowest, highest = splat(old, number.low), splat(old, number.high)
    new = minimum(maximum(add_saturating(old, u), lowest), highest)
    return new, count_differing_first(new, add(old, u), part.n_right - neuron)


@inlined
def work_biases(
    part: Any, number: Any, bias: np.ndarray, delta: np.ndarray, rate: Rate,
    forwards: bool, trains: bool, h: np.ndarray,
) -> int:  # fmt: skip
    """Forwards h += b, backwards b += u; how many biases were clipped."""
    count = 0
    for neuron in range(0, part.n_right, LANES):
        at, to = part.bias + neuron, part.h + neuron
        old = load(bias, at)
        if forwards:
            store(h, to, add(load(h, to), convert(h, old)))
        if trains:
            u = steps(load(delta, neuron), rate)
            new, clipped = learnt_bias(part, number, old, u, neuron)
            count += clipped
            store(bias, at, new)
    return count
