"""Morse data sets: symbols as they are heard, to tell apart (Dey, Chugg, Beerel, ICCCNT 2018).

Each input is a frame of samples with one symbol in it: dots, dashes and the spaces between them,
each of a random length, all as loud as their samples happen to be, in noise. Named x.y: y is the
standard deviation of the noise; x is 1 for symbols at the start of the frame, 2 for symbols
anywhere, 3 for dashes that may be as short as dots, 4 for the third stretched four times,
where a dot and a dash are hardly ever as long as each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hwsim.datasets.morse_codes import codes
from hwsim.errors import BadInput, Mistake, bad

Samples = NDArray[np.float32]
Lengths = NDArray[np.int64]
Range = tuple[int, int]
"""Smallest and largest, both included."""

SPLITS = {"training": ("xtr", "ytr"), "validation": ("xva", "yva"), "test": ("xte", "yte")}
"""Names of the arrays."""

STYLES = ("grey", "black-and-white")

DECIMALS = 3

KINDS: dict[str, dict[str, object]] = {
    "1": {},
    "2": {"leading": True},
    "3": {"leading": True, "dash": (3, 9)},
    "4": {"leading": True, "dash": (3, 9), "dilation": 4},
}
"""What is different from the baseline, by x of Morse x.y."""

MOST_NOISE = 4
"""The largest y."""


@dataclass(frozen=True, kw_only=True)
class Morse:
    """A generator of Morse data.

    Attributes:
        frame: samples of an input, before ``dilation``.
        dot, dash, space: lengths in samples, each drawn evenly; no space follows the last one.
        leading: whether the symbol begins anywhere in the frame, instead of at its start.
        dilation: factor of the frame and of the limits of every length.
        style: ``grey``, or ``black-and-white``: samples of 0 and 1.
        loudness, deviation: of the samples of dots and dashes, normal (grey).
        noise: standard deviation of what is added to every sample (grey).
        top: samples are clipped to 0 .. ``top``, and divided by it (grey).
        maxflip: most samples of an input that are flipped (black-and-white); how many is drawn
            evenly from 0 on.
        training, validation, test: inputs per class.
    """

    frame: int = 64
    dot: Range = (1, 3)
    dash: Range = (4, 9)
    space: Range = (1, 3)
    leading: bool = False
    dilation: int = 1
    style: str = "grey"
    loudness: float = 12.0
    deviation: float = 4 / 3
    noise: float = 0.0
    top: float = 16.0
    maxflip: int = 0
    training: int = 5000
    validation: int = 1000
    test: int = 1000

    def __post_init__(self) -> None:
        if mistakes := list(_broken(self)):
            raise BadInput("morse", mistakes)

    @classmethod
    def variant(cls, name: str, **more: object) -> Morse:
        """Morse x.y, as in ``Morse.variant("3.1")``, with some parameters of one's own.

        Raises:
            BadInput: if there is no such variant, or a parameter does not do.
        """
        kind, _, noise = name.partition(".")
        if kind not in KINDS or noise not in map(str, range(MOST_NOISE + 1)):
            rule = f"variants are x.y with x from 1 to 4 and y from 0 to {MOST_NOISE}"
            raise bad("morse", "variant", name, rule, "for example 3.1")
        return cls(**(KINDS[kind] | {"noise": float(noise)} | more))

    def sized(self, size: float) -> Morse:
        """The same with ``size`` times as many inputs per class; at least one, if any."""
        return replace(self, **{k: max(1, round(n * size)) for k, n in self.counts.items()})

    @property
    def counts(self) -> dict[str, int]:
        """Inputs per class, by split; without those of which there are none."""
        return {name: n for name in SPLITS if (n := getattr(self, name))}

    @property
    def width(self) -> int:
        """Samples of an input."""
        return self.frame * self.dilation

    @property
    def n_inputs(self) -> int:
        """Of all classes and splits."""
        return len(codes()) * sum(self.counts.values())

    def generate(
        self, seed: int = 1, advance: Callable[[int], None] = lambda inputs: None
    ) -> dict[str, NDArray]:
        """Draw the data: xtr ytr xva yva xte yte; those of a split in random order.

        Inputs are float32, (n, ``width``), labels int64, (n,).

        Args:
            seed: same parameters and seed, same data.
            advance: is told how many inputs are done.
        """
        rng = np.random.default_rng(seed)
        arrays: dict[str, NDArray] = {}
        for name, count in self.counts.items():
            x, y = SPLITS[name]
            places = rng.permutation(len(codes()) * count).reshape(-1, count)
            arrays[x] = np.empty((places.size, self.width), np.float32)
            arrays[y] = np.empty(places.size, np.int64)
            for label, (code, at) in enumerate(zip(codes().values(), places, strict=True)):
                arrays[x][at], arrays[y][at] = self.draw(code, count, rng), label
                advance(count)
        return arrays

    def draw(self, code: str, count: int, rng: np.random.Generator) -> Samples:
        """(count, width) inputs of one symbol."""
        sounds = self._sounds(self._lengths(code, count, rng), rng)
        return self._flipped(sounds, rng) if self.style != "grey" else self._heard(sounds, rng)

    def _lengths(self, code: str, count: int, rng: np.random.Generator) -> Lengths:
        """(count, 2 marks - 1) lengths of marks and of the spaces between them."""
        ranges = [part for mark in code for part in (self._range(mark), self.space)][:-1]
        low, high = np.transpose(ranges)
        low, high = low * self.dilation, high * self.dilation
        return rng.integers(low, high + 1, (count, len(ranges)))

    def longest(self, code: str) -> int:
        """Samples of a symbol at its longest, before ``dilation``."""
        return sum(self._range(mark)[1] for mark in code) + (len(code) - 1) * self.space[1]

    def _range(self, mark: str) -> Range:
        return self.dot if mark == "." else self.dash

    def _sounds(self, lengths: Lengths, rng: np.random.Generator) -> NDArray[np.bool_]:
        """(count, width) where a dot or a dash is."""
        ends = np.cumsum(lengths, axis=1)
        if self.leading:
            ends += rng.integers(0, self.width - ends[:, -1:] + 1)
        changes = np.zeros((len(ends), self.width + 1), np.int8)
        row = np.arange(len(ends))[:, None]
        changes[row, ends[:, ::2] - lengths[:, ::2]] = 1
        changes[row, ends[:, ::2]] = -1
        return np.cumsum(changes[:, :-1], axis=1, dtype=np.int8).astype(bool)

    def _heard(self, sounds: NDArray[np.bool_], rng: np.random.Generator) -> Samples:
        samples = rng.standard_normal(sounds.shape, np.float32)
        samples *= np.float32(self.deviation)
        samples += np.float32(self.loudness)
        samples *= sounds
        if self.noise:
            samples += rng.standard_normal(sounds.shape, np.float32) * np.float32(self.noise)
        np.clip(samples, 0, self.top, out=samples)
        samples /= np.float32(self.top)
        return np.round(samples, DECIMALS, out=samples)

    def _flipped(self, sounds: NDArray[np.bool_], rng: np.random.Generator) -> Samples:
        flips = rng.integers(0, self.maxflip + 1, (len(sounds), 1))
        if self.maxflip:
            rank = np.argsort(np.argsort(rng.random(sounds.shape, np.float32), axis=1), axis=1)
            sounds = sounds ^ (rank < flips)
        return sounds.astype(np.float32)


def _broken(morse: Morse) -> Iterator[Mistake]:
    """Every rule that the parameters break."""
    for name in ("dot", "dash", "space"):
        low, high = getattr(morse, name)
        if not 1 <= low <= high:
            rule = "lengths go from 1 up, the smaller one first"
            yield Mistake(name, f"{low}..{high}", rule, "such as 1..3")
    for name in ("frame", "dilation", "training"):
        if getattr(morse, name) < 1:
            yield Mistake(name, getattr(morse, name), "must be at least 1", "choose a larger one")
    for name in ("loudness", "deviation", "noise", "validation", "test"):
        if not 0 <= getattr(morse, name) < math.inf:
            rule = "must be a number, and not negative"
            yield Mistake(name, getattr(morse, name), rule, "0, or more")
    if not 0 < morse.top < math.inf:
        yield Mistake("top", morse.top, "must be a number above 0", "16, for example")
    if morse.style not in STYLES:
        yield Mistake("style", morse.style, "no such style", f"one of {', '.join(STYLES)}")
    if not 0 <= morse.maxflip <= morse.width:
        rule = f"an input has {morse.width} samples"
        yield Mistake("maxflip", morse.maxflip, rule, f"0 to {morse.width}")
    elif morse.noise and morse.style == "black-and-white":
        rule = "black-and-white samples are flipped instead"
        yield Mistake("noise", morse.noise, rule, "noise = 0 (a variant x.0), and maxflip")
    elif morse.maxflip and morse.style == "grey":
        yield Mistake("maxflip", morse.maxflip, "flips 0 and 1", "style = 'black-and-white'")
    longest = {symbol: morse.longest(code) for symbol, code in codes().items()}
    symbol = max(longest, key=longest.get)
    if longest[symbol] > morse.frame:
        rule = f"{symbol} ({codes()[symbol]}) can be {longest[symbol]} samples long"
        yield Mistake("frame", morse.frame, rule, f"frame >= {longest[symbol]}, or shorter lengths")
