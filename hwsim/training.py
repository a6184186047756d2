"""Trains a design bit for bit, one epoch at a time, in either engine.

The pipeline is drained at the end of every epoch, before testing and before saving, so that two
epochs in one run are the same bits as one, saved, and one more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hwsim.data import Data
from hwsim.design import Design
from hwsim.engines import infer, make_engine
from hwsim.interleaver import Index
from hwsim.schedule import Schedule
from hwsim.shuffle import Shuffle
from hwsim.state import State

SHUFFLERS = ("numpy", "board")


@dataclass(frozen=True, eq=False)
class Epoch:
    """What came of one epoch.

    Attributes:
        number: epochs since the initial weights, this one included.
        inputs: training inputs of this epoch.
        train_accuracy: right predictions among those made while training.
        test_accuracy: on the test set after the epoch; None without a test set.
        samples_per_second: training inputs per second of this machine's time, testing excluded.
        order: (inputs,) the training inputs in the order in which they were taken.
        prediction: (inputs,) what was predicted while training, in the order of the data.
    """

    number: int
    inputs: int
    train_accuracy: float
    test_accuracy: float | None
    samples_per_second: float
    order: Index
    prediction: Index


class Trainer:
    """A design in training.

    Args:
        design: the design.
        schedule: its schedule.
        data: training and test set, fitted to the design.
        state: where to go on from; the design's initial state if not given.
        seed: shuffles, and nothing else: epoch e takes the data in an order that is drawn from
            seed and e, e counted from the initial weights on, so that a resumed run takes the order
            the whole run would have taken.
        shuffle: whether to; if not, every epoch takes the data as it comes.
        shuffler: one of ``SHUFFLERS``: ``numpy.random.default_rng([seed, e])``, or
            ``hwsim.shuffle``, as boards do.
        limit: train on the first that many inputs of the data only, the same in every epoch.
        engine: one of ``hwsim.engines.ENGINES``: the same bits in different time.
    """

    def __init__(
        self,
        design: Design,
        schedule: Schedule,
        data: Data,
        *,
        state: State | None = None,
        seed: int = 1,
        shuffle: bool = True,
        shuffler: str = "numpy",
        limit: int | None = None,
        engine: str = "fast",
    ) -> None:
        self.design = design
        self.schedule = schedule
        self.data = data
        self.seed = seed
        self.shuffle = shuffle
        self.shuffler = shuffler
        self.n_inputs = min(len(data.xtr), limit or len(data.xtr))
        self.engine_name = engine
        self.engine = make_engine(engine, design, schedule, state)

    def epoch(self, progress: Callable[[int], None] | None = None) -> Epoch:
        """Train one epoch, drain the pipeline, and test.

        Args:
            progress: called with the number of predictions made since it was last called.
        """
        order, labels = self._order(), self.data.ytr[: self.n_inputs]
        begun = time.perf_counter()
        made = self.engine.run(
            self.data.xtr[order],
            self.data.ytr[order],
            progress=None if progress is None else _steps(progress),
        )
        seconds = time.perf_counter() - begun
        self.engine.epochs_seen += 1
        prediction = np.empty_like(made)
        prediction[order] = made
        return Epoch(
            number=self.engine.epochs_seen,
            inputs=self.n_inputs,
            train_accuracy=float(np.mean(prediction == labels)),
            test_accuracy=self._test(),
            samples_per_second=self.n_inputs / seconds,
            order=order,
            prediction=prediction,
        )

    def state(self) -> State:
        """Everything that the next epoch depends on."""
        return self.engine.state()

    def _order(self) -> Index:
        if not self.shuffle:
            return np.arange(self.n_inputs)
        if self.shuffler == "board":
            epoch = self.engine.epochs_seen
            return Shuffle.of(self.n_inputs, seed=self.seed, epoch=epoch).order()
        rng = np.random.default_rng([self.seed, self.engine.epochs_seen])
        return rng.permutation(self.n_inputs)

    def _test(self) -> float | None:
        if not len(self.data.xte):
            return None
        predictions = infer(
            self.engine_name, self.design, self.schedule, self.state(), self.data.xte
        )
        return float(np.mean(predictions == self.data.yte))


def _steps(progress: Callable[[int], None]) -> Callable[[int], None]:
    """Tell ``progress`` of steps, from the totals that an engine tells."""
    told = 0

    def tell(done: int) -> None:
        nonlocal told
        if done > told:
            progress(done - told)
            told = done

    return tell
