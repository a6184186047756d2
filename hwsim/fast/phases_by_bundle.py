"""FF and UP of a junction 1 whose slots lie by right neuron, looked up (``layout_by_bundle``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.backprop import bounds_of
from hwsim.fast.compiled import inlined
from hwsim.fast.fetch import AHEAD, Choice, read_near
from hwsim.fast.llvm import LANES
from hwsim.fast.tallies import WEIGHT
from hwsim.fast.update import Rate, steps, updated
from hwsim.fast.vectors import add, load, multiply_fraction, prefetch, splat, store, widen


@inlined
def work_by_bundle(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any, rate: Rate,
    forward: int, backward: int, forwards: bool, trains: bool, tally: np.ndarray,
) -> None:  # fmt: skip
    """All phases of all edges; arguments as ``work_by_right``."""
    where = (tables.table, tables.word, part.word, tables.source, part.source)
    now = Choice(memory.activation, forward, *where)
    before = Choice(memory.activation, backward, *where)
    bounds = bounds_of(number, memory.weight)
    k, slot, clipped = part.table, 0, 0
    for bundle in range(part.bundles):
        u = steps(load(scratch.delta, bundle * LANES), rate)
        total, end = splat(scratch.h, 0), slot + part.bundle_length * LANES
        while slot < end:
            partial = splat(memory.weight, 0)
            few = min(slot + number.rows * LANES, end)
            while slot < few:
                at, following = part.weight + slot, k
                prefetch(memory.weight, at + AHEAD)
                prefetch(tables.word, part.word + slot + AHEAD)
                weight = load(memory.weight, at)
                if forwards:
                    a, following = read_near(now, k, slot)
                    partial = add(partial, multiply_fraction(weight, a))
                if trains:
                    old_a, following = read_near(before, k, slot)
                    new, count = updated(weight, u, old_a, number, bounds)
                    store(memory.weight, at, new)
                    clipped += count
                k = following
                slot += LANES
            total = add(total, widen(partial))
        store(scratch.h, part.h + bundle * LANES, total)
    tally[WEIGHT] += clipped
