"""Fetching: what the neurons on the other side of each slot have.

The hardware's interleaver, in the forms that cost least. By right neuron, a lane looks words up in
its left bank (``Banks``). Else each slot finds its value by itself: among near ones by the same
look-up, or one by one (``Choice``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from hwsim.fast.compiled import inlined
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
)
from hwsim.fast.windows import FOLLOWED

AHEAD = 2048
"""Slots that the processor is told to read before they are needed: large designs lie far away."""


class Banks(NamedTuple):
    """Where a phase finds the left values of some rows of slots: in banks of up to eight words.

    They begin at ``at`` of ``values``; of the vectors of ``all_rows`` rows, tile by tile,
    ``source`` says where each finds its bank, ``word`` which word each slot reads, as
    ``control_word``.
    """

    values: np.ndarray
    at: int
    all_rows: int
    source: np.ndarray
    source_at: int
    word: np.ndarray
    word_at: int


@inlined
def read_banks(banks: Banks, row: int, v: int) -> Any:
    """One vector of left values: slots ``v`` onwards of a row."""
    vector = banks.source_at + v // LANES * banks.all_rows + row
    slot = banks.word_at + v * banks.all_rows + row * LANES
    bank = load_octet(banks.values, banks.at + element(banks.source, vector))
    return look_up(bank, load(banks.word, slot))


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
def read_two_near(one: Choice, other: Choice, k: int, slot: int) -> tuple[Any, Any, int]:
    """As ``read_near``, of values that two choices have at the same places."""
    word = load(one.word, one.word_at + slot)
    begin = element(one.table, k)
    at = begin & ~FOLLOWED
    table, zero = load_table(one.values, one.at + at), splat(one.values, 0)
    found = look_up_among(zero, table, word)
    also = look_up_among(zero, load_table(other.values, other.at + at), word)
    while begin & FOLLOWED:
        k += 1
        begin = element(one.table, k)
        at = begin & ~FOLLOWED
        word = behind(word, table)
        table = load_table(one.values, one.at + at)
        found = look_up_among(found, table, word)
        also = look_up_among(also, load_table(other.values, other.at + at), word)
    return found, also, k + 1


@inlined
def read_within(choice: Choice, k: int, slot: int) -> tuple[Any, int]:
    """As ``read_near``, among up to 65 536 values."""
    begin = choice.at + element(choice.table, k)
    return load_each(choice.values, begin, choice.word, choice.word_at + slot), k + 1


@inlined
def read_far(choice: Choice, k: int, slot: int) -> tuple[Any, int]:
    """As ``read_near``, from anywhere."""
    return load_each(choice.values, choice.at, choice.place, choice.place_at + slot), k
