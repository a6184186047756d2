"""Bills of what calculates: feedforward, backpropagation, update, activation functions.

The blocks of ``rtl_gen`` of the same names, one function each; delays that several of them read are
in ``delays``.
"""

from __future__ import annotations

import numpy as np

from fpga.estimate.bill import NO, PRODUCT, Bill, Multiplier, Rom
from fpga.estimate.facts import Facts
from hwsim.activation import Activation
from rtl_gen.multiplier import raw_registers


def _round(bill: Bill, facts: Facts, raw: int, count: int) -> None:
    """Products as numbers: saturated and rounded at once, and one of the two chosen."""
    width, floored = facts.width, raw - facts.frac_bits
    bill.saturations[width, floored - width] += count
    bill.equals[width] += count  # the largest number is not rounded up
    bill.add(width, count)
    bill.choose(2, width * count)


def _multipliers(
    bill: Bill, facts: Facts, *, left: int, count: int, right: int | None = None,
    wide: bool = False, registers: int = -1,
) -> None:  # fmt: skip
    """``rtl_gen.multiplier``, with the design's registers if nothing else is said."""
    registers = facts.registers.multiplier if registers < 0 else registers
    raw = left + facts.width
    right = right or facts.width
    known = right if facts.is_first else facts.width  # of others yosys finds out too late
    kept = left + known - facts.frac_bits + 1 if registers else 0
    bill.multipliers.append(Multiplier(left, facts.width, count, kept, right))
    if not wide:
        _round(bill, facts, raw, count)
    rounded = raw - facts.frac_bits + 1 if wide else facts.width + 1  # and its flag
    which, of_raw = len(bill.multipliers), raw_registers(registers)
    again = NO if wide else PRODUCT
    bill.delay(f"raw products {which}", kept * count, of_raw - 1, beside=again)
    bill.delay(f"rounded products {which}", rounded * count, registers - 1 - of_raw)


def _flags(bill: Bill, name: str, bits: int, until: int) -> None:
    """``rtl_gen.delay.any_raised``, for one source of flags."""
    bill.delay(f"flags of {name}", bits, 1)
    bill.delay(f"flag of {name}", 1, until + 1, reset=True)
    bill.gates += bits


def feedforward(facts: Facts) -> Bill:
    """Multipliers, adder trees, and the sum that is carried on."""
    shape, width, registers = facts.shape, facts.width, facts.registers
    bill = Bill("feedforward")
    _multipliers(bill, facts, left=width, right=facts.operand_bits, count=shape.z)
    bill.delay("products", width * shape.z, registers.product)
    total = width + shape.d_in.bit_length()
    terms, behind = facts.terms, min(registers.tree, 1)
    for count in terms:
        _tree(bill, width, total, count + 1, registers.tree - behind)
    masked = shape.z + facts.double_lanes if facts.double_lanes else 0
    bill.masks += width * (masked + shape.right_banks)  # products of others; biases too early
    bill.gates += facts.double_lanes * facts.phase_bits
    bill.delay("totals", total * shape.right_banks, behind)
    bill.registers += total
    bill.choose(shape.right_banks + 1, total)
    bill.saturations[width, total - width] += shape.right_banks
    _flags(bill, "products", shape.z, registers.product + registers.tree)
    _flags(bill, "sums", shape.right_banks, 0)
    return bill


def _tree(bill: Bill, width: int, total: int, terms: int, cuts: int) -> None:
    """The sum of so many numbers, and of one at full width in the first slot.

    Without registers in between, yosys makes it carry-save: all but two are reduced by full adders.
    """
    if not cuts:
        bill.full_adders += max(0, terms - 1) * (width + (terms - 1).bit_length())
        bill.add(total)
        return
    levels = (terms - 1).bit_length()
    places = [(k + 1) * (levels + 1) // (cuts + 1) for k in range(cuts)]
    left, since = terms, 0
    for place in [*places, levels]:
        size = 1 << (place - since)
        groups = -(-left // size)
        wide = width + place
        bill.full_adders += max(0, left - 2 * groups) * wide
        bill.add(wide, min(groups, left - groups))
        if place != levels or place in places:
            bill.delay(f"sums of {terms} at level {place}", groups * wide, places.count(place))
        left, since = groups, place
    bill.add(total)


def backprop(facts: Facts) -> Bill:
    """What edges add to the deltas of their left neurons, and the addition."""
    shape, width, registers, sums = facts.shape, facts.width, facts.registers, facts.sum_bits
    bill = Bill("backprop")
    _multipliers(bill, facts, left=width, count=shape.z, wide=not facts.per_edge)
    bill.masks += sums * shape.z  # what starts from zero
    bill.add(sums, shape.z)
    if not facts.per_edge:
        raw = 2 * width - facts.frac_bits + 1
        if registers.multiplier > 2 or registers.product:
            bill.add(raw, shape.z)
        bill.delay("contributions", raw * shape.z, registers.product)
        return bill
    _multipliers(bill, facts, left=width, right=facts.slope_bits + 1, count=shape.z)
    bill.delay("contributions", sums * shape.z, registers.product)
    bill.saturations[width, 1] += shape.z
    _flags(bill, "slopes", shape.z, registers.multiplier + registers.product)
    _flags(bill, "products", shape.z, registers.product)
    _flags(bill, "sums", shape.z, 0)
    return bill


def update(facts: Facts) -> Bill:
    """Steps, new weights and new biases."""
    shape, width, registers = facts.shape, facts.width, facts.registers
    slots, bill = shape.right_banks, Bill("update")
    bill.add(width, slots)  # rounding behind the shift
    bill.equals[width] += slots
    bill.masks += width * slots
    bill.choose(2, (width + 1) * (width - 1).bit_length() * slots)  # shift by eta
    bill.choose(2, width * facts.double_lanes)
    _multipliers(bill, facts, left=width, right=facts.operand_bits, count=shape.z)
    bill.delay("changes", width * shape.z, registers.product)
    for count in (slots, shape.z):
        bill.add(width + 1, count)
        bill.saturations[width, 1] += count
    bill.delay("new biases", width * slots, facts.multiplier_latency)
    _flags(bill, "biases", slots, facts.multiplier_latency)
    _flags(bill, "products", shape.z, registers.product)
    _flags(bill, "weights", shape.z, 0)
    return bill


def slope(facts: Facts) -> Bill:
    """Deltas times a', where they are read (profile "default")."""
    bill = Bill("slope")
    if facts.has_slope:
        right = facts.result_slope_bits + 1
        _multipliers(
            bill, facts, left=facts.right_sum_bits, right=right, count=facts.shape.right_banks
        )
    return bill


def activation(facts: Facts) -> Bill:
    """The table of the sigmoid, or the comparisons of ReLU."""
    slots, width = facts.shape.right_banks, facts.width
    bill = Bill("activation")
    registers, late = facts.registers.activation, max(0, facts.registers.activation - 1)
    bill.delay("h", width * slots, min(registers, 1) + (facts.function == "relu"))
    if facts.function == "relu":
        bill.delay("results", (facts.width + facts.frac_bits) * slots, late)
        bill.equals[facts.int_bits + 1] += slots
        bill.gates += 3 * facts.frac_bits * slots
        return bill
    model = Activation("sigmoid", facts.number)
    beyond = 1 << (width - 1) > model.limit
    a, slope = model.table
    bits = facts.result_bits + facts.result_slope_bits
    unread = 0 if facts.has_result_slope else facts.result_slope_bits
    read = [(a, facts.result_bits)] + [(slope, facts.result_slope_bits)] * (not unread)
    chunks = {rows: sum(_chunks(*of, rows) for of in read) for rows in ROWS_OF_CHUNKS}
    bill.roms.append(Rom(bits, len(a), slots, unread, chunks))
    bill.delay("results", (bits - unread) * slots, late)
    bill.registers += slots
    if beyond:
        bill.registers += slots
        bill.gates += (facts.int_bits - 2 + 2 * 2 * facts.frac_bits) * slots
    return bill


ROWS_OF_CHUNKS = (16, 64)
"""What one LUT can hold, of 4 or 6 inputs."""


def _chunks(values: np.ndarray, bits: int, rows: int) -> int:
    """Different chunks of a table's columns that hold both zeros and ones."""
    columns = (values[:, None] >> np.arange(bits)) & 1
    chunks = columns.T.reshape(bits, -1, min(rows, len(values)))
    busy = [of[(of != of[:, :1]).any(axis=1)] for of in chunks]
    return sum(len(np.unique(of, axis=0)) for of in busy)


def output_delta(facts: Facts) -> Bill:
    """What output deltas are made of, besides the cost's own subtraction: the quadratic one."""
    bill = Bill("output delta")
    if facts.trains and facts.quadratic:
        _multipliers(bill, facts, left=facts.width, count=facts.shape.right_banks, registers=0)
    return bill


def natural_order(facts: Facts) -> Bill:
    """Phase and number of neurons that finish."""
    bill, rest = Bill("natural order"), facts.shape.z % facts.shape.d_in
    if rest:
        bill.registers += facts.phase_bits
        bill.add(facts.phase_bits + 1, 2)
        bill.choose(2, facts.phase_bits)
    return bill
