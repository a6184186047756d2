"""FF and UP of a junction 1 whose slots lie by right neuron, looked up (``layout_by_bundle``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.backprop import bounds_of
from hwsim.fast.compiled import inlined
from hwsim.fast.fetch import AHEAD, Choice, read_two_near
from hwsim.fast.llvm import LANES
from hwsim.fast.multiplication import multiply_fraction
from hwsim.fast.neurons import learnt_bias
from hwsim.fast.tallies import BIAS
from hwsim.fast.update import Rate, is_beyond, quick_change, steps, update_carefully
from hwsim.fast.vectors import add, load, prefetch, splat, store, widen


@inlined
def work_by_bundle(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any, rate: Rate,
    forward: int, backward: int, trains: bool, tally: np.ndarray,
) -> None:  # fmt: skip
    """All phases of all edges, and of the biases; arguments as ``work_by_right``.

    Nobody asks for the sums where no input is to be taken forwards.
    """
    where = (tables.table, tables.word, part.word, tables.source, part.source)
    now = Choice(memory.activation, forward, *where)
    before = Choice(memory.activation, backward, *where)
    bounds = bounds_of(number, memory.weight)
    k, slot, clipped = part.table, 0, 0
    for bundle in range(part.bundles):
        neuron = bundle * LANES
        u = steps(load(scratch.delta, neuron), rate)
        old_bias, end = load(memory.bias, part.bias + neuron), slot + part.bundle_length * LANES
        total = widen(old_bias)
        while slot < end:
            partial = splat(memory.weight, 0)
            few = min(slot + number.terms * LANES, end)
            while slot < few:
                at = part.weight + slot
                prefetch(memory.weight, at + AHEAD)
                prefetch(tables.word, part.word + slot + AHEAD)
                weight = load(memory.weight, at)
                a, old_a, k = read_two_near(now, before, k, slot)
                partial = add(partial, multiply_fraction(weight, a))
                if trains:
                    new = quick_change(weight, u, old_a)
                    if is_beyond(new, bounds):
                        new = update_carefully(weight, u, old_a, number, tally)
                    store(memory.weight, at, new)
                slot += LANES
            total = add(total, widen(partial))
        store(scratch.h, part.h + neuron, total)
        if trains:
            new, count = learnt_bias(part, number, old_bias, u, neuron)
            store(memory.bias, part.bias + neuron, new)
            clipped += count
    tally[BIAS] += clipped
