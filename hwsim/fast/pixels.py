"""Loading an input: pixels as fractions, where junction 1 looks for its left activations."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.compiled import compiled, inlined
from hwsim.fast.llvm import LANES, OCTET
from hwsim.fast.rearrangement import first_octet, second_octet, transposed
from hwsim.fast.vectors import element, load, load_two_octets, pixel_words, prefetch, put, store

CACHE_LINE = 64
"""Bytes."""

BANKS = 2 * OCTET
"""Banks that are loaded at a time."""


@compiled
def load_pixels(
    part: Any, number: Any, left: np.ndarray, place: np.ndarray, block: int, pixels: np.ndarray,
    row: int,
) -> None:  # fmt: skip
    """Write one input to layer 0.

    Args:
        part: junction 1.
        number: the ``NUMBER`` record.
        left: activation memories.
        place: where the left neurons lie, if not in their own order.
        block: since the model was made.
        pixels: (inputs * n_left,) uint8.
        row: which input.
    """
    n_left, z, depth = part.n_left, part.z, part.depth
    at, begin = part.activation + block % part.copies * part.left_size, row * n_left
    down, up = number.pixel_down, number.pixel_up
    for ahead in range(begin + n_left, begin + 2 * n_left, CACHE_LINE):
        prefetch(pixels, ahead)
    if not part.is_placed:
        load_row(left, at, pixels, begin, n_left, down, up)
    elif not part.is_by_bank:
        for neuron in range(n_left):
            pixel = element(pixels, begin + neuron) >> down << up
            put(left, at + element(place, part.place + neuron), pixel)
    elif z < BANKS:
        for word in range(depth):
            for bank in range(z):
                pixel = element(pixels, begin + word * z + bank)
                put(left, at + bank * depth + word, pixel >> down << up)
    else:
        load_banks(left, at, pixels, begin, z, depth, down, up)


@compiled
def load_row(
    left: np.ndarray, at: int, pixels: np.ndarray, begin: int, n: int, down: int, up: int
) -> None:
    """Left neurons in their own order."""
    whole = n // LANES * LANES
    for neuron in range(0, whole, LANES):
        store(left, at + neuron, pixel_words(left, load(pixels, begin + neuron), down, up))
    for neuron in range(whole, n):
        put(left, at + neuron, element(pixels, begin + neuron) >> down << up)


@compiled
def load_banks(
    left: np.ndarray, at: int, pixels: np.ndarray, begin: int, z: int, depth: int,
    down: int, up: int,
) -> None:  # fmt: skip
    """Sixteen banks and eight words change places; what is written too far is written again."""
    for first in range(0, z, BANKS):
        bank = min(first, z - BANKS)
        for eighth in range(0, depth, OCTET):
            word = min(eighth, max(0, depth - OCTET))
            load_words(
                left, at + bank * depth + word, pixels, begin + word * z + bank,
                z, depth, depth - 1 - word, down, up,
            )  # fmt: skip


@inlined
def load_words(
    left: np.ndarray, to: int, pixels: np.ndarray, from_: int, z: int, depth: int, last: int,
    down: int, up: int,
) -> None:  # fmt: skip
    """Eight words of sixteen banks, or as many as there are up to the ``last``."""
    pairs = transposed(
        load_two_octets(pixels, from_),
        load_two_octets(pixels, from_ + min(1, last) * z),
        load_two_octets(pixels, from_ + min(2, last) * z),
        load_two_octets(pixels, from_ + min(3, last) * z),
        load_two_octets(pixels, from_ + min(4, last) * z),
        load_two_octets(pixels, from_ + min(5, last) * z),
        load_two_octets(pixels, from_ + min(6, last) * z),
        load_two_octets(pixels, from_ + min(7, last) * z),
    )
    store_pair(left, to, depth, pairs[0], down, up)
    store_pair(left, to + 2 * depth, depth, pairs[1], down, up)
    store_pair(left, to + 4 * depth, depth, pairs[2], down, up)
    store_pair(left, to + 6 * depth, depth, pairs[3], down, up)
    store_pair(left, to + 8 * depth, depth, pairs[4], down, up)
    store_pair(left, to + 10 * depth, depth, pairs[5], down, up)
    store_pair(left, to + 12 * depth, depth, pairs[6], down, up)
    store_pair(left, to + 14 * depth, depth, pairs[7], down, up)


@inlined
def store_pair(left: np.ndarray, to: int, stride: int, pixels: Any, down: int, up: int) -> None:
    """Sixteen pixels: eight at one place, eight ``stride`` further."""
    words = pixel_words(left, pixels, down, up)
    store(left, to, first_octet(words))
    store(left, to + stride, second_octet(words))
