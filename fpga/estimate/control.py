"""Bills of what says when and where: addresses, the sequencer, the host's side."""

from __future__ import annotations

import numpy as np

from fpga.estimate.bill import Bill, Rom
from fpga.estimate.facts import Facts, index_bits
from hwsim.schedule import JunctionSchedule, Schedule
from rtl_gen.parameters import VALUE_CLOCKS
from rtl_gen.register_map import address_bits

DATA_BITS = 32
"""Of a register."""


def interleaver(facts: Facts) -> Bill:
    """Counters, tables of words and permutations, and what they say in this clock."""
    bill, shape, pattern = Bill("interleaver"), facts.shape, facts.part.interleaver
    cycle, depth, sweeps = (
        index_bits(n) if n > 1 else 0 for n in (shape.junction_cycle, shape.depth, shape.d_out)
    )
    bill.registers += 2  # primed
    phi, address = pattern.seed_vectors, index_bits(shape.depth)
    by_sweep = phi is not None and not (phi == phi[0]).all()
    words = facts.different_words
    fresh = facts.has_delta
    for bits, needed in ((cycle, fresh or phi is None), (depth, True), (sweeps, by_sweep)):
        if needed:
            bill.registers += bits
            bill.add(bits)
            bill.equals[bits] += 1
            bill.gates += bits
    bill.registers += depth  # the clock of the sweep, one later
    if phi is None:
        _table(bill, facts, pattern.bank_word)
    else:
        if by_sweep:
            _table(bill, facts, np.repeat(phi, shape.depth, axis=0))
        bill.add(address + 1, words)
        if shape.depth & (shape.depth - 1):
            bill.add(address + 1, 2 * words)
            bill.choose(2, address * words)
    bill.registers += words * address * (shape.depth > 1)
    if not facts.is_fixed:
        for rows in (pattern.bank, pattern.bank_lane)[: 2 if fresh else 1]:
            bill.registers += _table(bill, facts, rows)
    if fresh:
        _fresh(bill, facts)
    return bill


def _fresh(bill: Bill, facts: Facts) -> None:
    fresh, shape = facts.part.fresh, facts.shape
    until = int(fresh.sum()) // shape.z
    bill.registers += index_bits(shape.junction_cycle)
    if (fresh == (np.arange(len(fresh)) < until)[:, None]).all():
        bill.registers += 1
        bill.add(index_bits(shape.junction_cycle))
        return
    bill.registers += _table(bill, facts, fresh.astype(int))


def _table(bill: Bill, facts: Facts, rows: np.ndarray) -> int:
    """A table of rows, as small as its content allows; returns its bits per row."""
    shape = facts.shape
    if (rows == rows[0]).all():
        return 0
    by_sweep = rows.reshape(shape.d_out, shape.depth, shape.z)
    if (by_sweep == by_sweep[:, :1]).all():
        rows = by_sweep[:, 0]
    bits = index_bits(int(rows.max()) + 1)
    columns = ((rows[:, :, None] >> np.arange(bits)) & 1).reshape(len(rows), -1)
    different = np.unique(columns[:, (columns != columns[0]).any(axis=0)], axis=1).shape[1]
    bill.roms.append(Rom(different, len(rows)))
    return different


def networks(facts: Facts) -> Bill:
    """The ways between lanes and banks, where they change."""
    bill, shape = Bill("networks"), facts.shape
    if facts.is_fixed:
        return bill
    values = facts.value_bits * (1 + facts.trains)
    if facts.has_delta:
        values += 2 * facts.sum_bits + facts.per_edge * facts.slope_bits
    bill.choose(shape.z, values * shape.z)
    lane = index_bits(shape.z) * shape.z
    bill.delay("lanes' banks", lane, 1)
    if facts.has_delta:
        end = facts.part.pace.carry + facts.part.latencies.backward
        bill.delay("lanes' banks", lane, end)
        bill.delay("banks' lanes", lane, end)
    return bill


def cursors(facts: Facts) -> Bill:
    """Where the right neurons touched lie."""
    bill, shape = Bill("cursors"), facts.shape
    places = [(shape.right_banks, index_bits(shape.right_depth))]
    _, word = facts.right_place
    if not facts.is_last:
        places.append((facts.design.shapes[shape.index].left_banks, word))
    for banks, bits in places:
        cursor(bill, index_bits(banks), bits)
    return bill


def cursor(bill: Bill, base: int, word: int) -> None:
    """``rtl_gen.natural_order.Cursor``."""
    bill.registers += base + word
    bill.add(base + 1)
    bill.add(base + 2, 2)
    bill.add(word)
    bill.choose(2, base)
    bill.gates += base + word


def sequencer(schedule: Schedule) -> Bill:
    """Position, the inputs under way, and what each junction does."""
    bill, design, last = Bill("sequencer"), schedule.design, schedule.junctions[-1]
    position, beat = index_bits(schedule.block_cycle), index_bits(schedule.beats)
    label, eta = index_bits(design.network.layers[-1]), index_bits(design.fixed_point.width)
    learn = (1 + eta) * (not schedule.inference)
    bill.registers += 2 + 2 + position + beat + 1 + learn + label
    bill.add(position)
    bill.add(beat)
    bill.equals[position] += 2
    bill.equals[beat] += 1
    bill.gates += 30  # when it starts, waits and ends
    oldest = schedule.oldest_age
    learning = max(p.backward_age for p in schedule.junctions)
    bill.registers += oldest + learn * learning + label * last.forward_age
    for part in schedule.junctions:
        _work(bill, part, position, learn, label, is_skewed=schedule.is_skewed)
    if schedule.is_skewed:
        bill.registers += 2 + label  # moves, predicts, predicted
    return bill


def _work(
    bill: Bill, part: JunctionSchedule, position: int, learn: int, label: int, *, is_skewed: bool
) -> None:
    said = position + 2 + 1 + (1 + learn if learn else 0)
    if part.shape.index == part.n_junctions:
        said += label
    if is_skewed:
        bill.registers += said
    if part.pace.offset:
        bill.registers += said - 1
        bill.add(position)
        bill.equals[position] += 1
        bill.gates += 4


def host(schedule: Schedule) -> Bill:
    """Registers, streams, the host's way to parameters: everything around the junctions."""
    bill, design, shapes = Bill("host"), schedule.design, schedule.design.shapes
    width, n_junctions = design.fixed_point.width, design.n_junctions
    beat, label = index_bits(max(2, schedule.beats)), index_bits(design.network.layers[-1])
    word = index_bits(max(max(s.junction_cycle, s.right_depth) for s in shapes))
    bank = index_bits(max(s.z for s in shapes))
    address = address_bits(design) - 2
    bill.registers += 2 * DATA_BITS + 2 * address + 12  # AXI4-Lite
    bill.registers += 3 * DATA_BITS + 1 + 9 + 2 + (width - 1).bit_length()  # word, bank, select ..
    bill.registers += beat + 2 + 3 * n_junctions + 1 + label + 3
    bill.registers += 2 + word + bank + width + width + 1  # on the way to and from junctions
    bill.registers += (1 + VALUE_CLOCKS) * index_bits(n_junctions)
    bill.add(DATA_BITS, 4)
    bill.choose(2, 2 * DATA_BITS)
    bill.gates += 220 + 30 * n_junctions  # what a read returns, flags, handshakes
    bill.choose(n_junctions, width)
    first = schedule.junctions[0].shape
    cursor(bill, index_bits(first.left_banks), index_bits(first.left_depth))
    if schedule.is_skewed:
        place = index_bits(first.left_banks) + index_bits(first.left_depth)
        pixels = design.pixels_per_beat
        bill.registers += place + design.input_bits * pixels + pixels.bit_count()
    return bill
