"""Feedforward of whole batches: the hardware with training off, bit for bit, without its clocks.

Without updates no value is read before it is written, so what the pipeline computes for an input
depends on nothing but that input, and inputs can be taken thousands at a time. Arithmetic: the
same ``FixedPoint`` and ``Activation`` as the clock-by-clock model (arXiv:1806.01087 section III-D).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hwsim.activation import Activation
from hwsim.design import Design
from hwsim.fixed_point import Raw, Tally
from hwsim.interleaver import Index
from hwsim.schedule import JunctionSchedule, Schedule
from hwsim.state import State

CHUNK_PRODUCTS = 1 << 20
"""Products held at a time: 8 MB each for the product, its rounding and its clipping."""

Tallies = dict[str, Tally]


def infer(
    design: Design,
    schedule: Schedule,
    state: State,
    pixels: NDArray[np.uint8],
    tallies: Tallies | None = None,
    progress: Callable[[int], None] | None = None,
) -> Index:
    """Predictions of the network, (inputs,).

    Args:
        design: the design.
        schedule: its schedule; of equal outputs it says which one wins.
        state: weights and biases.
        pixels: (inputs, layers[0]) uint8.
        tallies: saturations are added to its entries ``junction i feedforward product`` and
            ``junction i feedforward sum``.
        progress: called with the number of inputs done since the last call.
    """
    chunk = max(1, CHUNK_PRODUCTS // max(shape.n_edges for shape in design.shapes))
    order = winning_order(schedule.junctions[-1])
    predictions = np.empty(len(pixels), dtype=np.int64)
    for start in range(0, len(pixels), chunk):
        part = pixels[start : start + chunk]
        outputs = forward(design, schedule, state, part, tallies)[-1]
        predictions[start : start + chunk] = order[outputs[:, order].argmax(axis=1)]
        if progress is not None:
            progress(len(part))
    return predictions


def forward(
    design: Design,
    schedule: Schedule,
    state: State,
    pixels: NDArray[np.uint8],
    tallies: Tallies | None = None,
) -> list[Raw]:
    """Activations of every layer, the inputs' first: raw, each (inputs, neurons of the layer)."""
    number = design.fixed_point
    layers = [number.from_pixel(pixels.astype(np.int64))]
    for part, weight, bias, name in zip(
        schedule.junctions, state.weights, state.biases, design.activations, strict=True
    ):
        index, shape = part.shape.index, part.shape
        left = layers[-1][:, part.interleaver.left.ravel()]
        products = number.multiply(weight, left, _tally(tallies, index, "product"))
        sums = products.reshape(-1, shape.n_right, shape.d_in).sum(axis=2) + bias
        h = number.saturate(sums, _tally(tallies, index, "sum"))
        layers.append(Activation(name, number)(h)[0])
    return layers


def winning_order(part: JunctionSchedule) -> Index:
    """Output neurons such that of equal outputs the first in this order is the prediction.

    The hardware keeps a running maximum: a later clock replaces an equal value of an earlier one,
    and within a clock the lower index wins.
    """
    return np.lexsort((np.arange(part.shape.n_right), -part.finish_clock))


def confusion(labels: NDArray[np.int64], predictions: Index, n_right: int) -> Index:
    """(n_right, n_right) counts: row is the label, column the prediction."""
    counts = np.bincount(labels * n_right + predictions, minlength=n_right * n_right)
    return counts.reshape(n_right, n_right)


def _tally(tallies: Tallies | None, index: int, operation: str) -> Tally | None:
    if tallies is None:
        return None
    return tallies.setdefault(f"junction {index} feedforward {operation}", Tally())
