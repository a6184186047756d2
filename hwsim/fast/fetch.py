"""Fetching: what every lane reads on the left side, slot by slot.

The hardware's interleaver, in the forms that cost least: looked up in a bank of few words, as a
rotation of a deep bank, or word by word. An ``Operand`` is what the phases then read, either what
was fetched or, where vectors do not straddle lanes, the banks themselves.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from hwsim.fast.compiled import compiled, inlined
from hwsim.fast.vectors import (
    LANES,
    OCTET,
    either,
    element,
    load,
    load_octet,
    look_up,
    look_up_octet,
    put,
    store,
)

DIRECT, LOOKED_UP, ROTATED, GATHERED = range(4)


class Operand(NamedTuple):
    """Where a phase finds the left values of some rows of slots.

    ``read_slots`` reads values that were fetched: row by row, ``stride`` slots each, in ``values``
    from ``at`` on. ``read_banks`` looks words up in the banks that lie there: of the vectors of
    ``all_rows`` rows, tile by tile, ``source`` says where each finds its bank, ``word`` which word
    each slot reads.
    """

    values: np.ndarray
    at: int
    stride: int
    all_rows: int
    source: np.ndarray
    source_at: int
    word: np.ndarray
    word_at: int


@inlined
def read_slots(operand: Operand, row: int, v: int) -> Any:
    """One vector of left values: slots ``v`` onwards of a row."""
    return load(operand.values, operand.at + v + row * operand.stride)


@inlined
def read_banks(operand: Operand, row: int, v: int) -> Any:
    """As ``read_slots``, from a bank of up to eight words."""
    vector = operand.source_at + v // LANES * operand.all_rows + row
    slot = operand.word_at + v * operand.all_rows + row * LANES
    bank = load_octet(operand.values, operand.at + element(operand.source, vector))
    return look_up(bank, load(operand.word, slot))


@compiled
def fetch_looked_up(
    left: np.ndarray, at: int, source: np.ndarray, source_at: int, word: np.ndarray, word_at: int,
    depth: int, rows: int, runs: int, length: int, stride: int, slots: np.ndarray,
) -> None:  # fmt: skip
    """Banks that serve one lane for a run of slots: each slot chooses among the bank's words.

    Args:
        left: memories; the one to read begins at ``at``.
        at: see there.
        source: (rows * runs,) from ``source_at`` on: where the bank of each run begins.
        source_at: see there.
        word: (rows * stride,) from ``word_at`` on: which word of its bank each slot reads, as
            ``control_word``.
        word_at: see there.
        depth: words of a bank.
        rows: how many rows of slots.
        runs: runs in a row.
        length: slots of a run.
        stride: slots of a row.
        slots: (rows * stride,) result. Vectors that are written too far, the next run replaces.
    """
    run = source_at
    for row in range(rows):
        first = row * stride
        for _ in range(runs):
            begin = at + element(source, run)
            if depth > OCTET:
                for slot in range(first, first + length, LANES):
                    words = look_up_deep(left, begin, depth, load(word, word_at + slot))
                    store(slots, slot, words)
            elif length > OCTET:
                bank = load_octet(left, begin)
                for slot in range(first, first + length, LANES):
                    store(slots, slot, look_up(bank, load(word, word_at + slot)))
            else:
                words = look_up(load_octet(left, begin), load_octet(word, word_at + first))
                store(slots, first, words)
            first += length
            run += 1


@inlined
def look_up_deep(left: np.ndarray, begin: int, depth: int, control: Any) -> Any:
    """As ``look_up``, in a bank of several octets."""
    words = look_up_octet(load_octet(left, begin), control, 0)
    for first in range(OCTET, depth, OCTET):
        words = either(words, look_up_octet(load_octet(left, begin + first), control, first))
    return words


@compiled
def fetch_rotated(
    left: np.ndarray, at: int, source: np.ndarray, source_at: int, depth: int,
    rows: int, runs: int, stride: int, slots: np.ndarray,
) -> None:  # fmt: skip
    """Banks that count on from a seed in each sweep: runs of ``depth`` words of a doubled bank.

    Args:
        left: memories; the one to read begins at ``at``.
        at: see there.
        source: (rows * runs,) from ``source_at`` on: where each run begins.
        source_at: see there.
        depth: slots of a run.
        rows: how many rows of slots.
        runs: runs in a row.
        stride: slots of a row.
        slots: (rows * stride,) result. Vectors that are written too far, the next run replaces.
    """
    run = source_at
    for row in range(rows):
        first = row * stride
        for _ in range(runs):
            begin = at + element(source, run)
            if depth > LANES:
                for word in range(0, depth, LANES):
                    store(slots, first + word, load(left, begin + word))
            else:
                for word in range(0, depth, OCTET):
                    store(slots, first + word, load_octet(left, begin + word))
            first += depth
            run += 1


@compiled
def fetch_gathered(
    activation: np.ndarray, forward: int, backward: int, slope: np.ndarray, slope_at: int,
    with_slope: bool, source: np.ndarray, source_at: int, n_slots: int,
    to_forward: np.ndarray, to_backward: np.ndarray, to_slope: np.ndarray,
) -> None:  # fmt: skip
    """Any pattern: ``source`` says for each slot what it reads, in all copies at once.

    Args:
        activation: memories; FF reads the one at ``forward``, UP the one at ``backward``.
        forward: see there.
        backward: see there.
        slope: memories; BP reads the one at ``slope_at``, if ``with_slope``.
        slope_at: see there.
        with_slope: see there.
        source: (n_slots,) from ``source_at`` on.
        source_at: see there.
        n_slots: how many.
        to_forward: (n_slots,) result for FF.
        to_backward: (n_slots,) result for UP.
        to_slope: (n_slots,) result for BP.
    """
    if with_slope:
        for slot in range(n_slots):
            left = element(source, source_at + slot)
            put(to_forward, slot, element(activation, forward + left))
            put(to_backward, slot, element(activation, backward + left))
            put(to_slope, slot, element(slope, slope_at + left))
    else:
        for slot in range(n_slots):
            left = element(source, source_at + slot)
            put(to_forward, slot, element(activation, forward + left))
            put(to_backward, slot, element(activation, backward + left))
