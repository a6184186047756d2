"""What a bench offers to model and hardware in each clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hwsim.design import Design
from hwsim.fixed_point import Raw
from hwsim.pipeline import Input, Pipeline
from hwsim.sequencer import Tick


@dataclass(frozen=True)
class Stimuli:
    """Inputs of a verification run: (n, n_left_1) pixels, (n,) labels, (n,) whether to train."""

    pixels: Raw
    labels: Raw
    train: Raw

    @classmethod
    def random(cls, design: Design, count: int, seed: int) -> Stimuli:
        """Noise, some of it black and white; every fifth input does not train."""
        rng = np.random.default_rng(seed)
        layers = design.network.layers
        pixels = rng.integers(0, 256, (count, layers[0]))
        pixels[::3] = 255 * (pixels[::3] > 127)
        return cls(pixels, rng.integers(0, layers[-1], count), np.arange(count) % 5 != 3)

    @classmethod
    def repeated(cls, pixels: Raw, labels: Raw, count: int) -> Stimuli:
        """Train on the first ``count`` inputs of a data set, from the start again where it ends."""
        index = np.arange(count) % len(pixels)
        return cls(pixels[index], labels[index], np.full(count, True))


@dataclass(frozen=True)
class Offer:
    """One clock's stimulus: the input whose ``beat`` is shown (None: a pause), and who is ready."""

    input: Input | None
    beat: int
    drain: bool
    take: bool


class Stimulus:
    """Feeds inputs in order, then drains.

    Args:
        inputs: what to feed.
        beats: beats per input.
        gaps: seed of random pauses of source and consumer; None for none.
    """

    def __init__(self, inputs: Iterable[Input], beats: int, gaps: int | None = None) -> None:
        self._inputs = iter(inputs)
        self._current = next(self._inputs, None)
        self._beats = beats
        self._beat = 0
        self._random = np.random.default_rng(gaps) if gaps is not None else None

    def offer(self) -> Offer:
        """The stimulus of this clock."""
        shown = self._current if self._chance() else None
        return Offer(shown, self._beat, self._current is None, self._chance())

    def after(self, tick: Tick) -> None:
        """The clock has passed."""
        if tick.beat is not None:
            self._beat = (tick.beat + 1) % self._beats
            if self._beat == 0:
                self._current = next(self._inputs, None)

    def done(self, model: Pipeline) -> bool:
        """Whether everything has been fed, computed and taken; the data path may have to settle."""
        return self._current is None and model.sequencer.drained and model.output is None

    def _chance(self) -> bool:
        """Three clocks of four, if there are pauses."""
        return self._random is None or bool(self._random.integers(4))
