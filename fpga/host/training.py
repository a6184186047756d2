"""Trains on a board, epoch by epoch, with the bits of ``hwsim.training``.

Before an epoch the host leaves a note on the board; with the board's own counters the note says,
after whatever has happened to the host, how many inputs of which epoch have been trained.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from fpga.host.board import DRAINED, Board, eta_parts
from fpga.host.note import LOADED, STORED, UNDER_WAY, Note
from fpga.link.info import Info
from hwsim.data import Data, Labels, Pixels, fingerprint
from hwsim.errors import bad
from hwsim.shuffle import Shuffle
from hwsim.state import State
from rtl_gen import register_map as regs

Progress = Callable[[int], None]
COUNT = 1 << 32


@dataclass(frozen=True)
class BoardEpoch:
    """What came of one epoch: see ``hwsim.training.Epoch``."""

    number: int
    inputs: int
    train_accuracy: float
    test_accuracy: float | None


class BoardTrainer:
    """A design in training on a board.

    Args:
        board: the board.
        data: training and test set, fitted to the design.
        state: where to go on from.
        seed: of the shuffling.
        shuffle: whether to shuffle, as ``hwsim.shuffle`` does.
        limit: train on the first that many inputs only.
        streamed: send every input in every epoch, instead of once before the first.
    """

    def __init__(
        self, board: Board, data: Data, state: State, *, seed: int = 1, shuffle: bool = True,
        limit: int | None = None, streamed: bool = False,
    ) -> None:  # fmt: skip
        self.board = board
        self.data = data
        self.start = state
        self.seed = seed
        self.shuffle = shuffle
        self.n_inputs = min(len(data.xtr), limit or len(data.xtr))
        self.streamed = streamed
        self.note = Note()

    @property
    def stored_tests(self) -> int:
        """Test inputs that are stored, behind the training inputs: all or none."""
        fits = self.n_inputs + len(self.data.xte) <= self.board.sizes.stored_inputs
        return len(self.data.xte) if fits and not self.streamed else 0

    @property
    def plan(self) -> bytes:
        """What a note must agree with to be ours."""
        arrays = {name: getattr(self.data, name) for name in ("xtr", "ytr", "xte", "yte")}
        facts = [fingerprint(arrays), self.seed, self.shuffle, self.n_inputs, self.streamed]
        return hashlib.sha256(repr(facts).encode()).digest()[:8]

    def resume(self) -> bool:
        """Go on where another host has left off; False if there is nothing of ours to go on with.

        An epoch that is under way is finished by the next call of ``epoch``.
        """
        note = Note.decode(self.board.hello().note)
        if not note.flags & LOADED or note.plan != self.plan:
            return False
        self.note = note
        return True

    def begin(self, progress: Progress | None = None) -> None:
        """Start over: stop what goes on, load the state, and store the data."""
        self._wait(None)
        self._leave(Note())
        self.board.drain()
        self.board.load(self.start)
        self._leave(Note(LOADED, self.start.epochs_seen, self.start.inputs_seen, plan=self.plan))
        if not self.streamed:
            self._store(progress)

    def _store(self, progress: Progress | None) -> None:
        data, tests = self.data, self.stored_tests
        parts = [(data.xtr[: self.n_inputs], data.ytr[: self.n_inputs], 0)]
        parts += [(data.xte, data.yte, self.n_inputs)] if tests else []
        for pixels, labels, first in parts:
            for stored in self.board.store(pixels, labels, first=first):
                if progress is not None:
                    progress(stored)
        self._leave(replace(self.note, flags=self.note.flags | STORED))

    def epoch(self, progress: Progress | None = None) -> BoardEpoch:
        """Train one epoch, or what is left of it, drain, and test.

        Args:
            progress: called with the number of inputs fed since it was last called.
        """
        if not self.streamed and not self.note.flags & STORED:
            self._store(None)
        info = self._begin_epoch()
        self._feed((info.fed + info.left - self.note.fed) % COUNT, progress)
        self._wait(progress)
        self.board.drain()
        info = self.board.info()
        note, flags = self.note, self.note.flags & ~UNDER_WAY
        correct = (info.correct - note.correct) % COUNT
        epochs_seen, inputs_seen = note.epochs_seen + 1, note.inputs_seen + self.n_inputs
        self._leave(replace(note, flags=flags, epochs_seen=epochs_seen, inputs_seen=inputs_seen))
        tests = len(self.data.xte)
        return BoardEpoch(
            number=epochs_seen,
            inputs=self.n_inputs,
            train_accuracy=correct / self.n_inputs,
            test_accuracy=self.accuracy() if tests else None,
        )

    def accuracy(self) -> float:
        """Share of the test set that comes out right, between two epochs."""
        before = self.board.info().correct
        if self.stored_tests:
            count = self.stored_tests
            self.board.run(first=self.n_inputs, size=count, begin=0, count=count, train=False)
            self._wait(None)
            self.board.drain()
        else:
            self.board.infer(self.data.xte, self.data.yte)
        return (self.board.info().correct - before) % COUNT / len(self.data.xte)

    def state(self) -> State:
        """Everything that the next epoch depends on; between two epochs."""
        return self.board.state(self.note.inputs_seen, self.note.epochs_seen)

    def _begin_epoch(self) -> Info:
        if self.note.flags & UNDER_WAY:
            return self.board.info()
        self._wait(None)  # for a test that its host did not live to see
        if not self.board.read(regs.STATUS)[0] & DRAINED:
            self.board.drain()
        info = self.board.info()
        flags = self.note.flags | UNDER_WAY
        return self._leave(replace(self.note, flags=flags, fed=info.fed, correct=info.correct))

    def _leave(self, note: Note) -> Info:
        self.note = note
        return self.board.leave(note.encode())

    def _feed(self, begin: int, progress: Progress | None) -> None:
        """All positions of this epoch's order from ``begin`` on."""
        note, shuffle = self.note, None
        if begin > self.n_inputs:
            rule = f"has trained {begin} inputs of an epoch of {self.n_inputs}"
            raise bad("board", "--port", self.board.line.url, rule, "start over, without --go-on")
        if self.shuffle:
            shuffle = Shuffle.of(self.n_inputs, seed=self.seed, epoch=note.epochs_seen)
        if self.streamed:
            self._stream(begin, shuffle, progress)
            return
        for part, eta_shift in self._parts(begin):
            self._wait(progress)
            self.board.run(
                first=0, size=self.n_inputs, begin=part.start, count=part.stop - part.start,
                train=True, eta_shift=eta_shift, shuffle=shuffle,
            )  # fmt: skip

    def _parts(self, begin: int) -> Iterator[tuple[slice, int]]:
        inputs_seen = self.note.inputs_seen + begin
        for part, shift in eta_parts(self.board.design, inputs_seen, self.n_inputs - begin):
            yield slice(begin + part.start, begin + part.stop), shift

    def _stream(self, begin: int, shuffle: Shuffle | None, progress: Progress | None) -> None:
        order = np.arange(self.n_inputs) if shuffle is None else shuffle.order()
        pixels: Pixels = self.data.xtr[order]
        labels: Labels = self.data.ytr[order]
        for part, eta_shift in self._parts(begin):
            made = self.board.stream(pixels[part], labels[part], train=True, eta_shift=eta_shift)
            for predictions in made:
                if progress is not None:
                    progress(len(predictions))

    def _wait(self, progress: Progress | None) -> None:
        """For a run to feed its last input."""
        told = None
        for info in self.board.wait():
            if progress is not None and told is not None:
                progress(told - info.left)
            told = info.left
