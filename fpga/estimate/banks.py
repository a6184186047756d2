"""Bills of what stores: the layers between junctions, weights and biases, the output deltas."""

from __future__ import annotations

from fpga.estimate.bill import Bill, Memory
from fpga.estimate.facts import Facts, index_bits
from hwsim.natural_order import NaturalOrder
from rtl_gen.parameters import GROUP, GROUP_BITS, VALUE_CLOCKS


def _words(bill: Bill, banks: int, address: int) -> None:
    """``rtl_gen.natural_order.words``: the word of every bank, one further before the base."""
    bill.add(address, banks)
    bill.gates += banks * index_bits(banks) / 2


def _scatter(bill: Bill, banks: int, slots: int, bases: tuple[int, ...], bits: int) -> None:
    """``rtl_gen.natural_order.scatter``, of values with ``bits`` bits."""
    for bank in range(banks):
        choices = sum((bank - start) % banks < slots for start in bases)
        bill.choose(choices, bits)
        bill.gates += choices


def _gather(bill: Bill, slots: int, bases: tuple[int, ...], bits: int) -> None:
    bill.choose(len(bases), slots * bits)


def _memories(bill: Bill, width: int, depth: int, count: int, **more: int) -> None:
    bill.memories.append(Memory(width, max(2, depth), count, **more))  # one word has no address


def layer(facts: Facts, slots: int, bases: tuple[int, ...]) -> Bill:
    """The left side of a junction: activations, derivatives and deltas, in copies.

    Args:
        facts: of the junction.
        slots: neurons that are written in one clock.
        bases: banks in which the first of them can lie.
    """
    shape, copies = facts.shape, facts.part.copies
    bill, address = Bill("layer"), index_bits(shape.left_depth)
    banks, value = shape.left_banks, facts.value_bits
    _scatter(bill, banks, slots, bases, value)
    _words(bill, banks, address)
    unread = facts.design.input_bits - value if facts.is_first else 0
    _copies(bill, facts, copies["activation"], value, banks, unread=unread)
    for _ in range(2 if facts.trains else 1):
        _to_right(bill, facts, copies["activation"], value)
    if facts.has_delta:
        _slopes(bill, facts, slots, bases)
        _deltas(bill, facts, slots, bases)
    return bill


def _copies(
    bill: Bill, facts: Facts, copies: int, bits: int, banks: int, *, unread: int = 0
) -> None:
    """Copies of a result memory, one of which is written."""
    depth = facts.shape.left_depth
    _memories(bill, bits + unread, depth, copies * banks, unread=unread)
    bill.gates += copies * banks
    bill.registers += index_bits(copies)
    bill.gates += 4 * copies


def _to_right(bill: Bill, facts: Facts, copies: int, bits: int) -> None:
    """Data of the copy that has the role, in lanes' order where lanes and banks change."""
    bill.choose(copies, bits * facts.shape.left_banks)
    bill.choose(facts.shape.fold, bits * facts.shape.z)
    bill.registers += index_bits(copies)


def _slopes(bill: Bill, facts: Facts, slots: int, bases: tuple[int, ...]) -> None:
    shape, copies, bits = facts.shape, facts.part.copies["derivative"], facts.slope_bits
    _scatter(bill, shape.left_banks, slots, bases, bits)
    _copies(bill, facts, copies, bits, shape.left_banks)
    if facts.per_edge:
        _to_right(bill, facts, copies, bits)
        return
    bill.registers += 2 * index_bits(copies)
    bill.choose(copies, bits * shape.left_banks)
    _gather(bill, slots, bases, bits)


def _deltas(bill: Bill, facts: Facts, slots: int, bases: tuple[int, ...]) -> None:
    shape, bits, banks = facts.shape, facts.sum_bits, facts.shape.left_banks
    address = index_bits(max(2, shape.left_depth))
    forwarding, enabled = facts.design.hardware.forwarding, facts.schedule.is_skewed
    depth = shape.left_depth
    _memories(bill, bits, depth, 2 * banks, transparent=forwarding, enabled=enabled)
    _words(bill, banks, address)
    bill.choose(2, 2 * banks * address)  # partial sums in one copy, deltas in the other
    bill.gates += 2 * banks
    bill.registers += 3 + index_bits(banks)  # roles, and the base of what was read
    _to_right(bill, facts, 2, bits)
    bill.choose(2, banks * bits)
    _gather(bill, slots, bases, bits)


def parameters(facts: Facts) -> Bill:
    """Weights and biases, and the host's way to them."""
    shape, width = facts.shape, facts.width
    bill, slots = Bill("parameters"), shape.right_banks
    bases = NaturalOrder(shape).bases(slots)
    position = index_bits(max(2, shape.junction_cycle))
    word = index_bits(max(2, shape.right_depth))
    _memories(bill, width, shape.junction_cycle, shape.z)
    _memories(bill, width, shape.right_depth, slots)
    for address, banks, count in ((position, 1, shape.z), (word, slots, slots)):
        bill.choose(2, address * banks * (2 if facts.trains else 1))  # or the host's
        if facts.trains:
            bill.choose(2, width * count)
        bill.equals[index_bits(count)] += count
        bill.gates += 2 * count
        _host_reads(bill, count, width)
    bill.choose(2, width)
    _words(bill, slots, word)
    _gather(bill, slots, bases, width * (len(bases) > 1))
    if facts.trains:
        _words(bill, slots, word)
        _scatter(bill, slots, slots, bases, width)
    bank = index_bits(shape.z)
    bill.registers += index_bits(slots) + bank + max(0, bank - GROUP_BITS) + VALUE_CLOCKS
    return bill


def _host_reads(bill: Bill, banks: int, width: int) -> None:
    """One value out of each group of banks, kept, and out of these the one that is asked for."""
    groups = range(0, banks, GROUP)
    for first in groups:
        bill.choose(min(GROUP, banks - first), width)
    bill.choose(len(groups), width)
    bill.registers += len(groups) * width


def cost(facts: Facts) -> Bill:
    """Prediction, output deltas and their memory; right of the last junction."""
    shape, width, copies = facts.shape, facts.width, facts.part.copies["output_delta"]
    bill, slots, bits = Bill("cost"), shape.right_banks, facts.result_bits
    neuron = shape.n_right.bit_length()
    label = index_bits(shape.n_right)
    bill.registers += bits + label + neuron  # best, guess, neuron
    bill.add(bits, slots)
    bill.choose(2, (2 * bits + 2 * label) + (slots - 1) * (bits + label))
    bill.add(neuron, slots + 1)
    bill.equals[neuron] += 2
    if not copies:
        return bill
    bases, word = NaturalOrder(shape).bases(slots), index_bits(max(2, shape.right_depth))
    stored = width if facts.quadratic else facts.frac_bits + 1
    _memories(bill, width, shape.right_depth, slots * copies)
    bill.registers += 2 * (copies > 1) + index_bits(slots)  # role, and where data were read
    bill.equals[label] += slots
    bill.gates += 2 * facts.frac_bits * slots  # minus 1, or not
    _words(bill, slots, word)
    _words(bill, slots, word)
    if copies > 1:
        bill.choose(2, slots * copies * word)
        bill.choose(2, slots * stored)
    _scatter(bill, slots, slots, bases, stored)
    _gather(bill, slots, bases, stored * (len(bases) > 1))
    return bill
