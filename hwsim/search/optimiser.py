"""Bayesian optimisation of one stage: which points to train next."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, qmc
from sklearn.gaussian_process import GaussianProcessRegressor

from hwsim.search.kernel import PointKernel
from hwsim.search.space import Point, Space

MOST_PRIOR = 16
"""Points of the prior: a power of two, which keeps a Sobol sequence in balance."""

SAMPLED = 1000
"""Points among which the one of greatest expected improvement is looked for."""

NOISE = 1e-2
"""Of an objective, as a share of the variance of all: training is a matter of luck too."""

Known = Sequence[tuple[Point, float]]
"""Points and their objectives."""


def sobol_points(space: Space, count: int, seed: int) -> list[Point]:
    """The first ``count`` points of a scrambled Sobol sequence."""
    if count == 0:
        return []
    shares = qmc.Sobol(space.dimensions, rng=np.random.default_rng([seed, 3]))
    return [space.point(row) for row in shares.random_base2((count - 1).bit_length())[:count]]


def random_points(space: Space, count: int, rng: np.random.Generator) -> list[Point]:
    """Points with uniform shares."""
    return [space.point(row) for row in rng.random((count, space.dimensions))]


def prior_size(trials: int) -> int:
    """How many of a stage's trials are its prior."""
    return min(MOST_PRIOR, 1 << trials.bit_length() - 1) if trials else 0


def propose(
    space: Space, known: Known, count: int, seed: Sequence[int],
    identity: Callable[[Point], Hashable], taken: set[Hashable],
) -> list[Point]:  # fmt: skip
    """The points to train next, all at the same time.

    Each is the one of 1000 random ones with the greatest expected improvement. After each the
    regression goes on as if what it expects there had been found.

    Args:
        space: of the points.
        known: what has been found, at least one point.
        count: how many to propose; fewer where nothing new is found.
        seed: of the random points.
        identity: what makes a point the same as another.
        taken: identities that are not to be proposed; those of the proposals are added.
    """
    rng = np.random.default_rng([*seed, 4])
    rows = np.array([space.row(point) for point, _ in known])
    values = np.array([value for _, value in known])
    proposed: list[Point] = []
    for _ in range(count):
        process = GaussianProcessRegressor(
            PointKernel(space), alpha=NOISE, optimizer=None, normalize_y=True
        ).fit(rows, values)
        points = random_points(space, SAMPLED, rng)
        candidates = np.array([space.row(point) for point in points])
        mean, deviation = process.predict(candidates, return_std=True)
        order = np.argsort(-expected_improvement(mean, deviation, values.min()), kind="stable")
        best = next((k for k in order if identity(points[k]) not in taken), None)
        if best is None:
            break
        proposed.append(points[best])
        taken.add(identity(points[best]))
        rows, values = np.vstack([rows, candidates[best]]), np.append(values, mean[best])
    return proposed


def expected_improvement(mean: NDArray, deviation: NDArray, best: float) -> NDArray:
    """How much lower than ``best`` an objective is expected to be.

    >>> expected_improvement(np.array([0.0, -1.0]), np.array([1.0, 0.0]), 0.0).round(3)
    array([0.399, 1.   ])
    """
    gain = best - mean
    with np.errstate(divide="ignore", invalid="ignore"):
        z = gain / deviation
        found = gain * norm.cdf(z) + deviation * norm.pdf(z)
    return np.where(deviation > 0, found, np.maximum(gain, 0))


def objective(accuracy: float, relative: float, weight: float) -> float:
    """log(f_p + w_c f_c): of the share of wrong answers and the complexity over the baseline's."""
    return math.log(max(1 - accuracy + weight * relative, LEAST))


LEAST = 1e-6
"""Of the argument of the logarithm: a network that makes no mistake and costs nothing."""
