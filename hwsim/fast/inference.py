"""Inference at its own rate: many inputs at a time, one in each lane of a vector.

Nothing is learnt, so no input waits for another (see ``hwsim.inference``, whose bits these are).
A weight then meets the same left neuron in every lane, and any pattern costs the same.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hwsim.design import Design
from hwsim.fast.batch import BATCH, infer_batches
from hwsim.fast.curves import make_curve
from hwsim.fast.memory_map import ALIGNMENT, aligned, checked_pixels, storage_bits
from hwsim.fast.records import WORDS
from hwsim.fixed_point import Tally
from hwsim.inference import Tallies, winning_order
from hwsim.interleaver import Index
from hwsim.schedule import Schedule
from hwsim.state import State

BATCHES_AT_ONCE = 64
"""Batches between looks at the keyboard and the progress bar."""

JUNCTION = np.dtype(
    [
        (name, np.int64)
        for name in (
            "n_left", "n_right", "d_in", "edge", "bias", "left", "right",
            "curve", "limit", "step_shift", "last_address",
        )
    ]
)  # fmt: skip
"""Where each junction's parts of the arrays begin, and its dimensions."""


def infer(
    design: Design,
    schedule: Schedule,
    state: State,
    pixels: NDArray[np.uint8],
    tallies: Tallies | None = None,
    progress: Callable[[int], None] | None = None,
) -> Index:
    """Predictions of the network, (inputs,); arguments are those of ``hwsim.inference.infer``."""
    number, pixels = design.fixed_point, checked_pixels(pixels, design.network.layers[0])
    bits = storage_bits(design, schedule)
    word, _ = WORDS[bits]
    junctions = np.zeros(design.n_junctions, dtype=JUNCTION)
    curves = [make_curve(name, number) for name in design.activations]
    _fill(junctions, design, curves)
    shift = bits - 1 - number.frac_bits
    left = np.concatenate([part.interleaver.left.ravel() for part in schedule.junctions])
    arrays = (
        np.concatenate(state.weights).astype(word),
        left.astype(np.int32),
        np.concatenate(state.biases).astype(np.int32),
        np.concatenate([curve.activation << shift for curve in curves]).astype(word),
        winning_order(schedule.junctions[-1]).astype(np.int32),
    )
    values = aligned(sum(design.network.layers) * BATCH + ALIGNMENT, word)
    limits = (number.minimum, number.maximum, 1 << min(bits - number.width, 10))
    down, up = max(0, 8 - number.frac_bits), bits - 1 - min(8, number.frac_bits)
    predictions = np.empty(len(pixels), dtype=np.int64)
    clipped = np.zeros(design.n_junctions, dtype=np.int64)
    step = BATCHES_AT_ONCE * BATCH
    for first in range(0, len(pixels), step):
        part = _whole_batches(pixels[first : first + step])
        count = min(step, len(pixels) - first)
        made = np.empty(len(part), dtype=np.int64)
        infer_batches(
            junctions, *arrays, values, part.reshape(-1), count, *limits, down, up, made, clipped
        )
        predictions[first : first + step] = made[:count]
        if progress is not None:
            progress(count)
    if tallies is not None and len(pixels):
        _add_tallies(design, len(pixels), clipped, tallies)
    return predictions


def _fill(junctions: np.ndarray, design: Design, curves: list) -> None:
    layer = np.concatenate([[0], np.cumsum(design.network.layers)]) * BATCH
    edge = bias = at = 0
    for record, shape, curve in zip(junctions, design.shapes, curves, strict=True):
        for name in ("n_left", "n_right", "d_in"):
            record[name] = getattr(shape, name)
        for name in ("limit", "step_shift", "last_address"):
            record[name] = getattr(curve, name)
        record["edge"], record["bias"], record["curve"] = edge, bias, at
        record["left"], record["right"] = layer[shape.index - 1], layer[shape.index]
        edge, bias, at = edge + shape.n_edges, bias + shape.n_right, at + len(curve.activation)


def _whole_batches(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """These inputs, and blank ones up to a whole batch."""
    rows = -(-len(pixels) // BATCH) * BATCH
    if rows == len(pixels):
        return pixels
    return np.concatenate([pixels, np.zeros((rows - len(pixels), pixels.shape[1]), np.uint8)])


def _add_tallies(design: Design, inputs: int, clipped: NDArray, tallies: Tallies) -> None:
    for shape, count in zip(design.shapes, clipped, strict=True):
        name = f"junction {shape.index} feedforward"
        products = tallies.setdefault(f"{name} product", Tally())
        products.operations += inputs * shape.n_edges
        sums = tallies.setdefault(f"{name} sum", Tally())
        sums.saturated += int(count)
        sums.operations += inputs * shape.n_right
