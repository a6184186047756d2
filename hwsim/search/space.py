"""What a search chooses, and from where to where: a point of a space is a dictionary by name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING = -1.0
"""Stands in a row for the width of a layer that a network does not have."""

Point = dict[str, Any]
Row = NDArray[np.float64]


@dataclass(frozen=True)
class Parameter:
    """One number that is chosen.

    Attributes:
        name: in points.
        lower: the least.
        upper: the greatest.
        step: whole steps of that; 0 for any number.
        is_log: whether factors count instead of differences; steps are then those of log2.
        order: r of the kernel: 1 for most parameters, i for layer i.
        group: parameters of a group weigh together as much as any other group.
    """

    name: str
    lower: float
    upper: float
    step: float = 0.0
    is_log: bool = False
    order: int = 1
    group: str = ""

    @property
    def ends(self) -> tuple[float, float]:
        """As the kernel measures."""
        return self.measured(self.lower), self.measured(self.upper)

    def measured(self, value: float) -> float:
        """The value, or the nearest that there may be, as the kernel measures it."""
        inside = min(max(value, self.lower), self.upper)
        return math.log2(inside) if self.is_log else float(inside)

    def at(self, share: float) -> float:
        """The value that far, from 0 to 1, between the ends."""
        low, high = self.ends
        if self.step:
            steps = round((high - low) / self.step)
            measured = low + min(int(share * (steps + 1)), steps) * self.step
        else:
            measured = low + share * (high - low)
        value = 2.0**measured if self.is_log else measured
        return round(value) if self.step else value


@dataclass(frozen=True)
class Space:
    """Parameters; and how many of the first ones a point may have, the others being missing.

    Attributes:
        parameters: hidden layers first, if any.
        counts: how many hidden layers there may be; empty for a space without.
    """

    parameters: tuple[Parameter, ...]
    counts: tuple[int, ...] = ()

    @property
    def dimensions(self) -> int:
        return len(self.parameters) + bool(self.counts)

    @property
    def n_layers(self) -> int:
        """Parameters that a point may lack."""
        return max(self.counts, default=0)

    def point(self, shares: Sequence[float]) -> Point:
        """The point at these shares, from 0 to 1, of every dimension."""
        some, rest = shares[: bool(self.counts)], shares[bool(self.counts) :]
        last = len(self.counts) - 1
        present = self.counts[min(int(some[0] * (last + 1)), last)] if len(some) else 0
        return {
            parameter.name: parameter.at(share)
            for i, (parameter, share) in enumerate(zip(self.parameters, rest, strict=True))
            if not present <= i < self.n_layers
        }

    def row(self, point: Point) -> Row:
        """The point as the kernel takes it."""
        found = [(p, point.get(p.name)) for p in self.parameters]
        return np.array([MISSING if x is None else p.measured(x) for p, x in found])


def architectures(most_hidden: int, widest: int, thinnest: float) -> Space:
    """Stage 1: widths of hidden layers, in steps of 16, and the overall density."""
    layers = [
        Parameter(f"width_{i}", 16, widest, step=16, order=i, group="widths")
        for i in range(1, most_hidden + 1)
    ]
    density = Parameter("density", thinnest, 1.0, is_log=True, group="density")
    return Space((*layers, density), tuple(range(1, most_hidden + 1)))


def largest(space: Space) -> Point:
    """The point of stage 1 with most edges, which complexities are compared with."""
    return space.point([1.0] * space.dimensions) | SPREADS[0] | DEFAULT_RECIPE


RECIPES = Space(
    (
        Parameter("rate", 1e-4, 3e-2, is_log=True, group="rate"),
        Parameter("l2", 1e-7, 1e-3, is_log=True, group="l2"),
        Parameter("batch", 32, 512, step=1, is_log=True, group="batch"),
    )
)
"""Stage 3: how to train."""

DEFAULT_RECIPE: Point = {"rate": 3e-3, "l2": 0.0, "batch": 32}
"""That of the first two stages."""

SPREADS: tuple[Point, ...] = tuple(
    {"ratio": ratio, "dense_last": dense_last}
    for dense_last in (False, True)
    for ratio in (1.0, 2.0, 4.0)
)
"""Stage 2: how the edges are spread over the junctions; the first is that of stage 1."""


@dataclass(frozen=True)
class JointSpace:
    """Architecture, spread and recipe at once, for methods without stages."""

    architectures: Space
    spreads: tuple[Point, ...]
    recipes: Space

    @property
    def dimensions(self) -> int:
        return self.architectures.dimensions + 1 + self.recipes.dimensions

    def point(self, shares: Sequence[float]) -> Point:
        """The point at these shares, from 0 to 1, of every dimension."""
        first = self.architectures.dimensions
        spread = self.spreads[min(int(shares[first] * len(self.spreads)), len(self.spreads) - 1)]
        architecture = self.architectures.point(shares[:first])
        return architecture | spread | self.recipes.point(shares[first + 1 :])
