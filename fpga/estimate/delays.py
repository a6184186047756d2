"""The bill of what goes beside the data of a junction and waits for it."""

from __future__ import annotations

from fpga.estimate.bill import BOTH, ONE, Bill
from fpga.estimate.facts import Facts, index_bits


def delays(facts: Facts) -> Bill:
    """Shift registers of a junction.

    Whatever stands behind one signal is one chain, read in several places.
    """
    bill = Bill("delays")
    _forward_delays(bill, facts)
    if facts.trains:
        _learning_delays(bill, facts)
    return bill


def _forward_delays(bill: Bill, facts: Facts) -> None:
    shape, width, registers, part = facts.shape, facts.width, facts.registers, facts.part
    network, slots = registers.network, shape.right_banks
    late, tree = facts.multiplier_latency, registers.tree
    operand = int(registers.multiplier >= 2)
    end, slack = part.latencies.forward, part.pace.slack
    count = slots.bit_length()
    moving = _finishing_bits(facts)
    bill.delay("phase", facts.phase_bits, 1, reset=True)
    bill.delay("phase", facts.phase_bits, network + max(0, late - 1))
    bill.delay("lane is next", facts.double_lanes, min(late, 1))
    bill.delay("finishing", moving, 1, reset=True)
    bill.delay("finishing", moving, network + late + tree)
    bill.delay("forward valid", 1, 1 + network + late + tree, reset=True)
    bill.delay("weights", width * shape.z, network + operand, beside=BOTH)
    values = facts.value_bits * shape.z
    bill.delay("forward activations", values, network + operand, beside=BOTH)
    bill.delay("biases", width * slots, network + late)
    bill.delay("count", count if count == 1 else moving, end + slack - 1, reset=True)
    base, word = facts.right_place
    bill.delay("right place", base + word, end)
    results = facts.result_bits + facts.result_slope_bits * facts.has_result_slope
    bill.delay("results", base + word + results * slots, slack)
    if facts.is_last:
        bill.delay("label", index_bits(shape.n_right), end + slack)


def _finishing_bits(facts: Facts) -> int:
    """Registers behind the number of neurons that finish."""
    whole, rest = divmod(facts.shape.z, facts.shape.d_in)
    if not rest:
        return whole.bit_count()
    return ((whole + 1) | whole).bit_length()


def _learning_delays(bill: Bill, facts: Facts) -> None:
    shape, width, registers, part = facts.shape, facts.width, facts.registers, facts.part
    carry, network, slots = part.pace.carry, registers.network, shape.right_banks
    end, operand = carry + part.latencies.update, int(registers.multiplier >= 2)
    wait = carry + network + (registers.multiplier if facts.has_slope else 0)
    moving, eta = _finishing_bits(facts), (width - 1).bit_length()
    base, word = facts.right_place
    bill.delay("backward valid", 1, end, reset=True)
    bill.delay("phase", facts.phase_bits, wait)
    bill.delay("finishing", moving, max(wait, end - 1))
    bill.delay("eta", eta, 1 + wait)
    bill.delay("biases", width * slots, wait)
    bill.delay("weights", width * shape.z, wait + facts.multiplier_latency)
    values = facts.value_bits * shape.z
    bill.delay("backward activations", values, wait + operand, beside=BOTH if operand else ONE)
    bill.delay("position", index_bits(shape.junction_cycle), end)
    bill.delay("bias place", index_bits(slots) + index_bits(shape.right_depth), end)
    bill.delay("right place", base + word, carry)
    if facts.has_slope:
        for what, bits in (("deltas", facts.right_sum_bits), ("slopes", facts.result_slope_bits)):
            bill.delay(f"right {what}", bits * slots, network + operand, beside=BOTH)
    else:
        bill.delay("right deltas", width * slots, network)
    if facts.has_delta:
        _backward_delays(bill, facts, wait)


def _backward_delays(bill: Bill, facts: Facts, wait: int) -> None:
    shape, part, registers = facts.shape, facts.part, facts.registers
    end, read = part.pace.carry + part.latencies.backward, part.pace.carry + part.partial_latency
    words = facts.different_words * index_bits(shape.depth)
    operand = int(registers.multiplier >= 2)
    bill.delay("words", words, read)
    bill.delay("words", words, end)
    bill.delay("fresh", 1, end)
    bill.delay("backward valid", 1, end, reset=True)
    bill.delay("partial sums", facts.sum_bits * shape.z, end - 1 - read)
    read_by = BOTH if operand else ONE
    if facts.per_edge:
        bill.delay("slopes", facts.slope_bits * shape.z, wait + operand, beside=read_by)
        wait += registers.multiplier
    bill.delay("weights", facts.width * shape.z, wait + operand, beside=read_by)
