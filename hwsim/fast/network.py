"""All junctions, block after block (``hwsim.pipeline`` without its clocks).

In block b of a run, input b is loaded, junction j takes input b - j forwards, and learns from the
input that is ``lag`` blocks older. A weight is read before anything of its block is written, so the
junctions of a block can be taken one after the other; where junctions are skewed against each other
(scheme "zero-bubble"), the junction cycles of one block here are not at the same time. Activations
wait until all junctions have added up: so the processor need not wait for each one's sums.

A last junction that carries (``hwsim.skew``) learns from the input that it has just taken forwards,
in a step of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast.activation import winner
from hwsim.fast.compiled import inlined, kept
from hwsim.fast.junction import activate, work
from hwsim.fast.pixels import load_pixels


@inlined
def predict(
    parts: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    labels: np.ndarray, now: int, block: int, predictions: np.ndarray, tallies: np.ndarray,
) -> None:  # fmt: skip
    """Activations of all junctions that have taken an input forwards, and what the last one says.

    Args:
        parts: see ``run_blocks``, as all others.
        now: block since the model was made.
        block: the same since the run began.
    """
    n_junctions = len(parts)
    for j in range(n_junctions):
        forward = block - (j + 1)
        if 0 <= forward < len(labels):
            label = labels[forward]
            activate(parts[j], number, memory, tables, scratch, now, label, tallies[j])
            if j == n_junctions - 1:
                predictions[forward] = winner(
                    parts[j].n_right, tables.priority, tables.by_priority, scratch.a
                )


@kept
def run_blocks(
    parts: Any, numbers: Any, memory: Any, tables: Any, scratch: Any,
    pixels: np.ndarray, labels: np.ndarray, shifts: np.ndarray, train: bool,
    begun: int, first: int, last: int, predictions: np.ndarray, tallies: np.ndarray,
) -> None:  # fmt: skip
    """Blocks ``first`` to ``last`` of a run.

    Args:
        parts: (L,) ``JUNCTION`` records.
        numbers: (1,) ``NUMBER`` record.
        memory: what the hardware has.
        tables: the patterns.
        scratch: overwritten.
        pixels: (inputs * n_left_1,) uint8, all of the run.
        labels: (inputs,) right answers.
        shifts: (inputs,) eta shift of each input.
        train: whether to learn.
        begun: block in which the run began, since the model was made.
        first: see there, since the run began.
        last: see there.
        predictions: (inputs,) result.
        tallies: (L, kinds) saturation counts, see ``tallies``, added to.
    """
    n_junctions, n_inputs = len(parts), len(labels)
    number = numbers[0]
    for block in range(first, last):
        now = begun + block
        if block < n_inputs:
            load_pixels(parts[0], number, memory.activation, tables.place, now, pixels, block)
        for turn in range(n_junctions + 1):
            # In the last turn, a last junction that carries learns from what it has just taken
            # forwards.
            is_over = turn == n_junctions
            if is_over:
                predict(
                    parts, number, memory, tables, scratch, labels, now, block, predictions, tallies
                )
            j = turn - is_over
            forward = block - (j + 1)
            backward = forward - parts[j].lag
            forwards = not is_over and 0 <= forward < n_inputs
            trains = train and is_over == (parts[j].lag == 0) and 0 <= backward < n_inputs
            if forwards or trains:
                shift = shifts[backward] if trains else 0
                work(
                    parts[j], number, memory, tables, scratch,
                    now, forwards, trains, shift, tallies[j],
                )  # fmt: skip
