"""What is measured: one network, one data set, and how a time is taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from hwsim.design import Design
from hwsim.design_file import make_design
from hwsim.schedule import Schedule, make_schedule
from hwsim.state import State

FPGA_MICROSECONDS = 2.27
"""Per input: 34 clocks at 15 MHz on the FPGA of 2018 (arXiv:1806.01087)."""

PROTOTYPE = {
    "format": 1,
    "network": {"layers": [1024, 64, 32], "out_degrees": [4, 16]},
    "hardware": {"z": [128, 32]},
    "number": {"int_bits": 3, "frac_bits": 8, "profile": "prototype"},
    "pattern": {"type": 2, "seed": 1},
    "training": {"eta_shift": [[0, 3], [25000, 4]]},
}
"""The network of the FPGA prototype at 12 bits, with random type-2 patterns."""


@dataclass(frozen=True)
class Task:
    """A design with its data."""

    design: Design
    schedule: Schedule
    state: State
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def first(self, inputs: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """The first inputs and labels."""
        return self.pixels[:inputs], self.labels[:inputs]


def prototype_task(inputs: int, **changes: dict) -> Task:
    """The prototype network with the handwritten digits, four times as wide and as high.

    Args:
        inputs: how many; they repeat after 1797.
        changes: sections of the design, replaced.
    """
    design = make_design(PROTOTYPE | changes)
    digits = load_digits()
    images = np.kron(digits.images / 16 * 255, np.ones((4, 4))).astype(np.uint8)
    order = np.random.default_rng(1).integers(len(images), size=inputs)
    pixels = images.reshape(len(images), -1)[order]
    return _task(design, pixels, digits.target[order].astype(np.int64))


def random_task(design: Design, inputs: int) -> Task:
    """Any design with noise."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(256, size=(inputs, design.network.layers[0]), dtype=np.uint8)
    return _task(design, pixels, rng.integers(design.network.layers[-1], size=inputs))


def _task(design: Design, pixels: NDArray[np.uint8], labels: NDArray[np.int64]) -> Task:
    return Task(design, make_schedule(design), State.initial(design), pixels, labels)


def seconds_of(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def best_seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """The shortest of several calls: what the machine's other work disturbs least."""
    return min(seconds_of(work) for _ in range(repeats))
