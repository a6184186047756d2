"""All junctions, block after block (``hwsim.pipeline`` without its clocks).

In block b of a run, input b is loaded, junction j takes input b - j forwards, and learns from the
input that is ``lag`` blocks older. A weight is read before anything of its block is written, so the
junctions of a block can be taken one after the other; where junctions are skewed against each other
(scheme "zero-bubble"), the junction cycles of one block here are not at the same time.

A last junction that carries (``hwsim.skew``) learns from the input that it has just taken forwards,
in a step of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast import neurons
from hwsim.fast.compiled import kept
from hwsim.fast.junction import work
from hwsim.fast.pixels import load_pixels


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
    carries = parts[n_junctions - 1].lag == 0
    for block in range(first, last):
        if block < n_inputs:
            load_pixels(
                parts[0], number, memory.activation, tables.place, begun + block, pixels, block
            )
        for step in range(n_junctions + carries):
            j = min(step, n_junctions - 1)
            is_last, learns = j == n_junctions - 1, step == n_junctions
            forward = block - (j + 1)
            backward = forward - parts[j].lag
            forwards = 0 <= forward < n_inputs and not learns
            trains = train and 0 <= backward < n_inputs and learns == (carries and is_last)
            if not (forwards or trains):
                continue
            label = labels[forward] if forwards else 0
            shift = shifts[backward] if trains else 0
            work(
                parts[j], number, memory, tables, scratch,
                begun + block, forwards, label, trains, shift, tallies[j],
            )  # fmt: skip
            if forwards and is_last:
                predictions[forward] = neurons.predict(
                    parts[j].n_right, tables.priority, tables.by_priority, scratch.a
                )
