"""Interleavers: which left neuron each lane serves at which clock (arXiv:1711.06935).

Left neuron k lives in bank k % z, word k // z. A pattern is the (junction_cycle, z) array of left
neurons in the natural order of the right side: lane m at clock t carries edge t*z + m, which ends
in right neuron (t*z + m) // d_in.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwsim.design import Design, JunctionShape, Pattern
from hwsim.errors import BadInput, Mistake, bad
from hwsim.sorting import earlier_equals, stable_order, stable_row_order
from hwsim.timing import path_latencies

Index = NDArray[np.int64]


class Interleaver:
    """The connection pattern of one junction and its order.

    Args:
        shape: the junction.
        left: (junction_cycle, z) left neuron of each lane at each clock.

    Raises:
        ValueError: if ``left`` has another shape or names neurons that do not exist.
    """

    def __init__(self, shape: JunctionShape, left: Index) -> None:
        expected = (shape.junction_cycle, shape.z)
        if left.shape != expected:
            raise ValueError(f"pattern must have shape {expected}, not {left.shape}")
        if left.size and not (left.min() >= 0 and left.max() < shape.n_left):
            worst = left.min() if left.min() < 0 else left.max()
            raise ValueError(f"left neurons must be 0 to {shape.n_left - 1}, not {worst}")
        self.shape = shape
        # A copy that nobody can change, unless it is one already.
        is_own = left.dtype == np.int64 and not left.flags.writeable
        self.left = left if is_own else left.astype(np.int64)
        self.left.flags.writeable = False

    @cached_property
    def bank(self) -> Index:
        """(junction_cycle, z) bank each lane reads."""
        return self.left % self.shape.z

    @cached_property
    def word(self) -> Index:
        """(junction_cycle, z) word each lane reads in its bank."""
        return self.left // self.shape.z

    @cached_property
    def clash_free(self) -> bool:
        """Whether no two lanes ever want one bank in one clock.

        As many lanes as banks read in a clock, so that none clash just where no bank is left out.
        """
        is_read = np.zeros((self.shape.junction_cycle, self.shape.z), dtype=bool)
        np.put_along_axis(is_read, self.bank, True, axis=1)
        return bool(is_read.all())

    @cached_property
    def turn(self) -> Index:
        """(junction_cycle, z) how many lower lanes want the same bank in the same clock."""
        if self.clash_free:
            return np.zeros_like(self.left)
        return earlier_equals(self.bank, self.shape.z)

    @cached_property
    def load(self) -> Index:
        """(junction_cycle,) accesses to the busiest bank: clocks that this clock's edges take."""
        if self.clash_free:
            return np.ones(self.shape.junction_cycle, dtype=np.int64)
        return self.turn.max(axis=1) + 1

    @cached_property
    def bank_lane(self) -> Index:
        """(junction_cycle, z) lane that reads each bank; only where no clock is a clash."""
        return stable_row_order(self.bank, self.shape.z)

    @cached_property
    def bank_word(self) -> Index:
        """(junction_cycle, z) word read in each bank; only where no clock is a clash."""
        return np.take_along_axis(self.word, self.bank_lane, axis=1)

    @cached_property
    def seed_vectors(self) -> Index | None:
        """(d_out, z) phi with bank_word = (phi + k) mod depth in every sweep; None if none fits."""
        sweeps = self.bank_word.reshape(self.shape.d_out, self.shape.depth, self.shape.z)
        phi = sweeps[:, 0]
        counted = (phi[:, None] + np.arange(self.shape.depth)[:, None]) % self.shape.depth
        return phi if np.array_equal(counted, sweeps) else None

    @cached_property
    def degree(self) -> Index:
        """(n_left,) edges of each left neuron; d_out in a pattern that is right."""
        return np.bincount(self.left.ravel(), minlength=self.shape.n_left)

    @cached_property
    def by_left(self) -> Index:
        """(n_edges,) edges, t*z + m, by left neuron; those of one neuron ascend."""
        return stable_order(self.left.ravel(), self.shape.n_left)

    @cached_property
    def first_edge(self) -> Index:
        """(junction_cycle, z) number of the first edge, t*z + m, of each edge's left neuron."""
        first = np.empty(self.shape.n_left, dtype=np.int64)
        # Of several values for one place numpy keeps the last: that of the first edge, backwards.
        first[self.left.ravel()[::-1]] = np.arange(self.shape.n_edges)[::-1]
        return first[self.left]


def draw(design: Design, index: int) -> Interleaver:
    """The interleaver of junction ``index`` (from 1), drawn or read as its pattern section says."""
    shape, pattern = design.shapes[index - 1], design.patterns[index - 1]
    if pattern.file is not None:
        return _from_file(design.directory / pattern.file, shape)
    rng = np.random.default_rng([pattern.seed, index])
    words = _words(rng, design, shape, pattern)
    lanes = _lane_banks(rng, shape, pattern)
    # words[s, k, v]: word that bank v reads at clock k of sweep s; lanes[s, m]: bank of lane m.
    if pattern.dither:  # without, lane m reads bank m
        words = np.take_along_axis(words, lanes[:, None, :], axis=2)
    left = words * shape.z + lanes[:, None, :]
    return Interleaver(shape, left.reshape(shape.junction_cycle, shape.z))


def draw_all(design: Design) -> tuple[Interleaver, ...]:
    """The interleavers of all junctions, junction 1 first.

    Raises:
        BadInput: with every mistake of the first pattern file that has one.
    """
    drawn, wrong = [], []
    for shape in design.shapes:
        try:
            drawn.append(draw(design, shape.index))
        except BadInput as error:
            wrong.append(error)
    if wrong:
        same = [error for error in wrong if error.source == wrong[0].source]
        raise BadInput(wrong[0].source, dict.fromkeys(m for e in same for m in e.mistakes))
    return tuple(drawn)


def _words(
    rng: np.random.Generator, design: Design, shape: JunctionShape, pattern: Pattern
) -> Index:
    sweeps, depth, z = shape.d_out, shape.depth, shape.z
    if pattern.type == 1:
        unsorted = np.broadcast_to(np.arange(depth)[None, :, None], (sweeps, depth, z))
        return rng.permuted(unsorted, axis=1)
    phi = _seed_vectors(rng, design, shape, pattern)
    return (phi[:, None, :] + np.arange(depth)[None, :, None]) % depth


def _seed_vectors(
    rng: np.random.Generator, design: Design, shape: JunctionShape, pattern: Pattern
) -> Index:
    """(d_out, z) seed vectors phi, one per sweep; for type 3 the same in all."""
    sweeps, depth, z = shape.d_out, shape.depth, shape.z
    if pattern.phi is not None:
        return np.full((sweeps, z), pattern.phi)
    if pattern.type == 3:
        return np.broadcast_to(rng.integers(depth, size=z), (sweeps, z))
    is_free = design.hardware.forwarding or shape.index == 1
    if is_free:
        return rng.integers(depth, size=(sweeps, z))
    # Without forwarding a bank may move on by few words between sweeps only, or a word comes back
    # before its partial sum has landed.
    first = rng.integers(depth, size=(1, z))
    if sweeps == 1:
        return first
    paths = path_latencies(design.registers, design.n_junctions, design.number.profile)
    steps = rng.integers(depth - paths[shape.index - 1].backward, size=(sweeps - 1, z))
    return np.cumsum(np.concatenate([first, steps]), axis=0) % depth


def _lane_banks(rng: np.random.Generator, shape: JunctionShape, pattern: Pattern) -> Index:
    """(d_out, z) bank of each lane in each sweep."""
    in_order = np.broadcast_to(np.arange(shape.z), (shape.d_out, shape.z))
    if not pattern.dither:
        return in_order
    if pattern.type == 3:
        return np.broadcast_to(rng.permutation(shape.z), (shape.d_out, shape.z))
    return rng.permuted(in_order, axis=1)


def read_patterns(path: Path) -> dict[str, Index]:
    """The arrays of a pattern file, as they are.

    Raises:
        BadInput: if the file is no ``.npz`` of integer arrays.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except OSError as error:
        what = error.strerror or "cannot be read"
        raise bad(path, "file", path.name, what, "give a pattern file") from None
    except Exception:
        fix = "write it with numpy.savez: left_1 .. left_L, each (clocks, z) integers"
        raise bad(path, "file", path.name, "is not an .npz file", fix) from None
    wrong = [
        Mistake(
            name, f"{a.dtype}{list(a.shape)}", "is not an integer table", "(clocks, z) integers"
        )
        for name, a in arrays.items()
        if name.startswith("left_") and (a.dtype.kind not in "iu" or a.ndim != 2)
    ]
    if wrong:
        raise BadInput(path, wrong)
    return arrays


def _from_file(path: Path, shape: JunctionShape) -> Interleaver:
    arrays, name = read_patterns(path), f"left_{shape.index}"
    if name not in arrays:
        fix = f"add {name}, ({shape.junction_cycle}, {shape.z}) integers"
        raise bad(path, name, "(missing)", "the array is missing", fix)
    try:
        return Interleaver(shape, arrays[name])
    except ValueError as error:
        found = f"{arrays[name].dtype}{list(arrays[name].shape)}"
        raise bad(path, name, found, str(error), "regenerate it for this design") from None
