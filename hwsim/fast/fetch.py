"""Fetching: what the neurons on the other side of each slot have.

The hardware's interleaver, in the forms that cost least. By right neuron, a lane looks words up in
its left bank, and an ``Operand`` is what the phases then read: what was fetched or, where vectors
do not straddle lanes, the banks themselves. By left neuron, each edge has to find its right one,
and each right neuron its edges' products: among near ones by the same look-up, else one by one
(``Choice``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from hwsim.fast.compiled import compiled, inlined
from hwsim.fast.gather import load_each
from hwsim.fast.llvm import LANES
from hwsim.fast.look_ups import (
    behind,
    load_table,
    look_up,
    look_up_among,
)
from hwsim.fast.vectors import (
    element,
    load,
    load_octet,
    splat,
    store,
)
from hwsim.fast.windows import FOLLOWED

AHEAD = 2048
"""Slots that the processor is told to read before they are needed: large designs lie far away."""


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
def fetch_banks(
    left: np.ndarray, at: int, source: np.ndarray, source_at: int, word: np.ndarray, word_at: int,
    rows: int, groups: int, length: int, stride: int, slots: np.ndarray,
) -> None:  # fmt: skip
    """Banks of up to eight words, each of which serves one lane: slots choose among its words.

    Args:
        left: memories; the one to read begins at ``at``.
        at: see there.
        source: (rows * groups,) from ``source_at`` on: where the bank of each lane begins.
        source_at: see there.
        word: (rows * stride,) from ``word_at`` on: which word of its bank each slot reads, as
            ``control_word``.
        word_at: see there.
        rows: how many rows of slots.
        groups: lanes of a row.
        length: slots of a lane.
        stride: slots of a row.
        slots: (rows * stride,) result. Vectors that are written too far, the next lane replaces.
    """
    lane = source_at
    for row in range(rows):
        first = row * stride
        for _ in range(groups):
            bank = load_octet(left, at + element(source, lane))
            for slot in range(first, first + length, LANES):
                store(slots, slot, look_up(bank, load(word, word_at + slot)))
            first += length
            lane += 1


class Choice(NamedTuple):
    """One of ``values``, which begin at ``at``, for each slot of a vector, vector after vector.

    ``read_near`` looks it up in tables of values that begin at the next ones of ``table``, one if
    none follows (``windows.FOLLOWED``); ``word`` says which of their values each slot reads,
    counted on from table to table. ``read_within`` loads one by one, counted from where one table
    begins, and ``read_far`` the value at ``place``. They return the vector, and which of ``table``
    is the next.
    """

    values: np.ndarray
    at: int
    table: np.ndarray
    word: np.ndarray
    word_at: int
    place: np.ndarray
    place_at: int


@inlined
def read_near(choice: Choice, k: int, slot: int) -> tuple[Any, int]:
    """One vector: slots ``slot`` onwards, the first of whose tables is the k-th."""
    word = load(choice.word, choice.word_at + slot)
    begin = element(choice.table, k)
    table = load_table(choice.values, choice.at + (begin & ~FOLLOWED))
    found = look_up_among(splat(choice.values, 0), table, word)
    while begin & FOLLOWED:
        k += 1
        begin = element(choice.table, k)
        word = behind(word, table)
        table = load_table(choice.values, choice.at + (begin & ~FOLLOWED))
        found = look_up_among(found, table, word)
    return found, k + 1


@inlined
def read_within(choice: Choice, k: int, slot: int) -> tuple[Any, int]:
    """As ``read_near``, among up to 65 536 values."""
    begin = choice.at + element(choice.table, k)
    return load_each(choice.values, begin, choice.word, choice.word_at + slot), k + 1


@inlined
def read_far(choice: Choice, k: int, slot: int) -> tuple[Any, int]:
    """As ``read_near``, from anywhere."""
    return load_each(choice.values, choice.at, choice.place, choice.place_at + slot), k
