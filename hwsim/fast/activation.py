"""The right side of a junction: activations of its neurons, to the right layer or to the cost.

Activation functions are tables: address 0 is what lies below the domain, the last one what lies
above. Where a sigmoid is made of lines as well (``lines``), its values are worked out, 32 at once,
and so are those of ReLU.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.compiled import inlined
from hwsim.fast.gather import load_each, lower_half, upper_half
from hwsim.fast.lines import CORRECTIONS, FRACTION_BITS, FUNCTION, PIECES, RISES, STEP_BITS
from hwsim.fast.llvm import LANES
from hwsim.fast.look_ups import behind, load_table, look_up_among
from hwsim.fast.multiplication import multiply_fraction
from hwsim.fast.vectors import (
    add,
    bits_of_both,
    convert,
    count_differing_first,
    element,
    greatest,
    if_equal,
    if_negative,
    lengthen,
    load,
    maximum,
    minimum,
    put,
    shift_left,
    shift_left_each,
    shift_right,
    splat,
    store,
    subtract,
    subtract_saturating,
)

PRIORITY_BITS = 32
"""Of equal outputs; their values stand above."""

NEVER = -(1 << 63)
"""The priority of what is no output."""


@inlined
def multiply(x: int, y: int, frac_bits: int, low: int, high: int) -> tuple[int, bool]:
    """Multiply as ``FixedPoint.multiply``; and whether the product was clipped."""
    product = x * y
    floored = product >> frac_bits
    inside = min(max(floored, low), high)
    return min(inside + ((product >> (frac_bits - 1)) & 1), high), inside != floored


@inlined
def limited(part: Any, number: Any, h: np.ndarray, neuron: int) -> tuple[Any, int]:
    """h of a vector of right neurons, clipped once; and how many were."""
    raw = load(h, part.h + neuron)
    clipped = minimum(maximum(raw, splat(h, number.low)), splat(h, number.high))
    return clipped, count_differing_first(clipped, raw, part.n_right - neuron)


@inlined
def values_of(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any, h: Any, neuron: int
) -> tuple[Any, Any]:
    """a and a' of a vector of right neurons, as fractions."""
    if part.has_lines:
        return on_lines(part, number, tables.lines, convert(memory.activation, h))
    if part.is_relu:
        return on_relu(number, memory.activation, h)
    address = scratch.address
    step = shift_right(add(convert(address, h), splat(address, part.limit)), part.step_shift)
    step = maximum(add(step, splat(address, 1)), splat(address, 0))
    store(address, neuron, minimum(step, splat(address, part.last_address)))
    both = load_each(tables.curve, part.curve, address, neuron)
    return lower_half(memory.activation, both), upper_half(memory.slope, both)


@inlined
def on_relu(number: Any, like: np.ndarray, h: Any) -> tuple[Any, Any]:
    """a and a' of some h: between 0 and 1, h and 1 (``hwsim.activation``)."""
    lowest, highest = splat(h, 1), splat(h, number.one - 1)
    a = minimum(maximum(h, lowest), highest)
    slope = if_equal(a, h, highest, lowest)
    shift = number.fraction_shift
    return shift_left(convert(like, a), shift), shift_left(convert(like, slope), shift)


@inlined
def on_lines(part: Any, number: Any, lines: np.ndarray, h: Any) -> tuple[Any, Any]:
    """a and a' of some h: those of -|h|, mirrored where h is not negative."""
    zero, step = splat(lines, 0), shift_right(h, part.step_shift)
    m = minimum(maximum(step, subtract_saturating(zero, step)), splat(lines, part.line_last))
    a = on_line(part, number, lines, part.lines, m)
    slope = on_line(part, number, lines, part.lines + FUNCTION, m)
    return if_negative(h, a, subtract(splat(lines, -1 << FRACTION_BITS), a)), slope


@inlined
def on_line(part: Any, number: Any, lines: np.ndarray, at: int, m: Any) -> Any:
    """Values of the function whose words begin at ``at``, m steps left of zero."""
    zero, bits = splat(lines, 0), part.line_bits
    along = add(m, splat(lines, part.line_offset))
    piece = shift_right(along, bits)
    x = shift_left(bits_of_both(along, splat(lines, (1 << bits) - 1)), FRACTION_BITS - bits)
    begin = look_up_among(zero, load_table(lines, at), piece)
    rise = look_up_among(zero, load_table(lines, at + RISES), piece)
    value = add(begin, multiply_fraction(rise, x))
    if part.is_corrected:
        is_more = correction(lines, at + CORRECTIONS, m)
        value = if_negative(is_more, add(value, splat(lines, 1 << number.fraction_shift)), value)
    return bits_of_both(value, splat(lines, -1 << number.fraction_shift))


@inlined
def correction(lines: np.ndarray, at: int, m: Any) -> Any:
    """Less than zero where the value is one more than the line's."""
    word = shift_right(m, STEP_BITS)
    table, more = load_table(lines, at), load_table(lines, at + PIECES)
    found = look_up_among(splat(lines, 0), table, word)
    found = look_up_among(found, more, behind(word, table))
    return shift_left_each(found, bits_of_both(m, splat(lines, (1 << STEP_BITS) - 1)))


@inlined
def write_layer(part: Any, number: Any, memory: Any, tables: Any, scratch: Any, block: int) -> int:
    """a and a' to the left memories of the junction to the right; how many sums were clipped."""
    a_at = part.right_activation + block % part.right_copies * part.right_size
    slope_at = part.right_slope + block % max(1, part.right_slope_copies) * part.right_size
    count = 0
    for neuron in range(0, part.n_right, LANES):
        h, clipped = limited(part, number, scratch.h, neuron)
        count += clipped
        a, slope = values_of(part, number, memory, tables, scratch, h, neuron)
        if part.right_in_order:
            store(memory.activation, a_at + neuron, a)
            store(memory.slope, slope_at + neuron, slope)
        else:
            store(scratch.fraction, 0, a)
            store(scratch.fraction, LANES, slope)
            for lane in range(min(LANES, part.n_right - neuron)):
                to = element(tables.right_place, part.right_place + neuron + lane)
                put(memory.activation, a_at + to, element(scratch.fraction, lane))
                put(memory.slope, slope_at + to, element(scratch.fraction, LANES + lane))
    return count


@inlined
def write_cost(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any, block: int, label: int
) -> tuple[int, int]:
    """a, and a - y, for the quadratic cost times a' (``hwsim.cost``).

    How many sums were clipped, and how many differences.
    """
    at, n_right = block % part.output_copies * part.output_stride, part.n_right
    low, high, shift = number.low, number.high, number.fraction_shift
    output_delta, count = memory.output_delta, 0
    for neuron in range(0, n_right, LANES):
        h, clipped = limited(part, number, scratch.h, neuron)
        count += clipped
        a, slope = values_of(part, number, memory, tables, scratch, h, neuron)
        outputs = shift_right(convert(scratch.a, a), shift)
        store(scratch.a, neuron, outputs)
        store(output_delta, at + neuron, convert(output_delta, outputs))
        store(scratch.slope, neuron, shift_right(slope, shift))
    raw = element(scratch.a, label) - number.one
    put(output_delta, at + label, min(max(raw, low), high))
    differences = (raw < low) + (raw > high)
    if number.quadratic:
        for neuron in range(n_right):
            delta, clipped = multiply(
                element(output_delta, at + neuron), element(scratch.slope, neuron),
                number.frac_bits, low, high,
            )  # fmt: skip
            put(output_delta, at + neuron, delta)
            differences += clipped
    return count, differences


@inlined
def winner(n_right: int, priority: np.ndarray, by_priority: np.ndarray, a: np.ndarray) -> int:
    """The largest output; of equals the one that comes first in ``inference.winning_order``."""
    best = splat(priority, NEVER)
    for neuron in range(0, n_right, LANES):
        key = shift_left(lengthen(load(a, neuron)), PRIORITY_BITS)
        best = maximum(best, add(key, load(priority, neuron)))
    return element(by_priority, greatest(best) & ((1 << PRIORITY_BITS) - 1))
