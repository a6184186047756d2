"""The two engines of the model: the same bits, with or without clocks.

- ``clock``: ``hwsim.pipeline.Pipeline``, which clocks every block of the hardware: for traces, for
  the benches that hold hardware to it, and to be read.
- ``fast``: ``hwsim.fast.engine.FastPipeline``, compiled, for training on whole data sets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hwsim.design import Design
from hwsim.fixed_point import Raw, Tally
from hwsim.interleaver import Index
from hwsim.schedule import Schedule
from hwsim.state import State

ENGINES = ("fast", "clock")


class Engine(Protocol):
    """What both engines offer: attributes and methods mean the same in each."""

    start_seconds: float
    inputs_seen: int
    epochs_seen: int

    @property
    def blocks(self) -> int:
        """Junction cycles since the engine was made."""

    @property
    def tallies(self) -> dict[str, Tally]:
        """Saturation counts by operation."""

    def run(
        self,
        pixels: Raw,
        labels: Raw,
        *,
        train: bool = True,
        progress: Callable[[int], None] | None = None,
    ) -> Raw:
        """Feed inputs back to back, then drain; (inputs,) predictions.

        ``progress`` is called now and then with the number of predictions so far.
        """

    def load(self, state: State) -> None:
        """Set weights, biases and counts."""

    def state(self) -> State:
        """Weights, biases and counts as they are now."""

    def contents(self) -> dict[str, Raw]:
        """Every memory by name, (copies, elements)."""


def infer(
    engine: str,
    design: Design,
    schedule: Schedule,
    state: State,
    pixels: NDArray[np.uint8],
    tallies: dict[str, Tally] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Index:
    """Predictions without training, (inputs,); see ``hwsim.inference.infer``."""
    if engine == "fast":
        from hwsim.fast.inference import infer as compiled_infer

        return compiled_infer(design, schedule, state, pixels, tallies, progress)
    from hwsim.inference import infer as plain_infer

    return plain_infer(design, schedule, state, pixels, tallies, progress)


def make_engine(
    name: str, design: Design, schedule: Schedule | None = None, state: State | None = None
) -> Engine:
    """The engine ``name``, one of ``ENGINES``, with the design's initial state if none is given."""
    # Each is imported when it is asked for: numba alone takes half a second.
    if name == "fast":
        from hwsim.fast.engine import FastPipeline

        return FastPipeline(design, schedule, state)
    from hwsim.pipeline import Pipeline

    return Pipeline(design, schedule, state)
