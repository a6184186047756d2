"""What the kernels are given: records and arrays, by name (``memory_map`` fills them)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WORDS = {16: (np.int16, np.int32), 32: (np.int32, np.int64)}
"""Types of words and of sums, by the width of a word."""


def _fields(names: str) -> np.dtype:
    return np.dtype([(name, np.int64) for name in names.split()])


TABLES = (
    "source word table product product_word product_table tile run order before begin segment right"
)
"""Arrays that a ``Layout`` brings."""

JUNCTION = _fields(
    "index n_left n_right d_in z depth junction_cycle is_first is_last "
    "is_short share_shift weight_shift limit step_shift last_address curve "
    "is_relu has_lines lines line_bits line_offset line_last is_corrected "
    "kind is_by_left is_chained is_placed is_by_bank "
    "rows segments stride segments_per_neuron panels panel_neurons panel_places "
    "tiles product_stride no_product product_kind bundles bundle_width bundle_length output_stride "
    f"{TABLES} place touches h "
    "weight bias activation slope left_size copies slope_copies delta delta_size delta_stride "
    "right_activation right_slope right_size right_copies right_slope_copies right_place "
    "right_in_order right_deltas_in_order right_delta right_delta_size right_delta_place "
    "lag right_lag output_copies"
)
"""One junction as the kernels see it: its shape, and where its parts of the arrays begin.

``right_...`` are those of the junction to the right, whose left memories this one writes.
"""

NUMBER = _fields(
    "frac_bits low high fills_word one fraction_shift terms sum_low sum_high pixel_down pixel_up "
    "quadratic are_deltas_short furthest"
)
"""The arithmetic; fractions are shifted left by ``fraction_shift`` to fill a word."""


class Memory(NamedTuple):
    """What the hardware has."""

    weight: NDArray
    bias: NDArray
    activation: NDArray
    slope: NDArray
    delta: NDArray
    output_delta: NDArray


class Tables(NamedTuple):
    """Patterns and curves; read only."""

    source: NDArray
    word: NDArray
    table: NDArray
    product: NDArray
    product_word: NDArray
    product_table: NDArray
    tile: NDArray
    run: NDArray
    order: NDArray
    before: NDArray
    begin: NDArray
    place: NDArray
    segment: NDArray
    right: NDArray
    right_place: NDArray
    right_delta_place: NDArray
    touches: NDArray
    priority: NDArray
    by_priority: NDArray
    curve: NDArray
    lines: NDArray


class Scratch(NamedTuple):
    """Overwritten in every block, ``h`` of all junctions together, else junction after junction."""

    sums: NDArray
    h: NDArray
    delta: NDArray
    products: NDArray
    contribution: NDArray
    by_clock: NDArray
    partial: NDArray
    right_delta: NDArray
    address: NDArray
    fraction: NDArray
    slope: NDArray
    a: NDArray
