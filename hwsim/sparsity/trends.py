"""Four trends of pre-defined sparsity (arXiv:1812.01164, V; arXiv:1711.02131), one function each.

Each trains many sparse networks in floating point and returns the tidy table of
``hwsim.sparsity.cases.compare``: a row per case, means and confidence intervals over seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from hwsim.sparsity.cases import Advance, Case, compare
from hwsim.sparsity.network import Recipe
from hwsim.sparsity.spread import edges, full_edges, spread
from hwsim.sparsity.trial import FloatTraining
from hwsim.sparsity.view import View
from hwsim.trials.campaign import Campaign


@dataclass(frozen=True)
class Effort:
    """How every case is trained.

    Attributes:
        seeds: how often, with patterns, weights and orders of their own.
        epochs: times through the training inputs.
        batch: inputs per step.
        rate: of Adam.
        pattern: one of ``patterns.PATTERNS``.
    """

    seeds: int = 5
    epochs: int = 20
    batch: int = 256
    rate: float = 1e-3
    pattern: str = "clash-free"

    def training(
        self, view: View, layers: Sequence[int], out_degrees: Sequence[int], l2: float = 0.0
    ) -> Callable[[int], FloatTraining]:
        """What is trained with a seed."""

        def with_seed(seed: int) -> FloatTraining:
            recipe = Recipe(epochs=self.epochs, batch=self.batch, rate=self.rate, l2=l2, seed=seed)
            return FloatTraining(view, tuple(layers), tuple(out_degrees), self.pattern, recipe)

        return with_seed


def later_denser(
    campaign: Campaign, view: View, layers: Sequence[int], effort: Effort, advance: Advance,
    densities: Sequence[float] = (0.2, 0.1, 0.05), ratios: Sequence[float] = (0.25, 1, 4),
) -> pd.DataFrame:  # fmt: skip
    """Later junctions should be denser: spread the same edges over the junctions in several ways.

    Args:
        campaign: where it is trained, and what is known.
        view: the data.
        layers: neurons.
        effort: how to train.
        advance: is told how many trainings more there are.
        densities: overall ones.
        ratios: how many times denser each junction is than the one before.

    Returns:
        Labels ``density``, ``ratio``, ``out_degrees``; gains are over ratio 1 at that density.
    """
    cases: list[Case] = []
    for density in densities:
        even = len(cases) + list(ratios).index(1) if 1 in ratios else None
        for ratio in ratios:
            degrees = spread(layers, density, ratio)
            labels = {"density": density, "ratio": ratio, "out_degrees": _text(degrees)}
            cases.append(Case(labels, effort.training(view, layers, degrees), even))
    return compare(campaign, cases, effort.seeds, advance)


def less_redundant(
    campaign: Campaign, view: View, layers: Sequence[int], effort: Effort, advance: Advance,
    densities: Sequence[float] = (1, 0.5, 0.2, 0.1, 0.05, 0.02), components: int = 200,
) -> pd.DataFrame:  # fmt: skip
    """Less redundant data tolerate less sparsity: all features, and their principal components.

    Args:
        campaign: see ``later_denser``; so are the others.
        view: of the features.
        layers: neurons for all features; the first layer has ``components`` for the others.
        effort: see there.
        advance: see there.
        densities: overall ones, the first that of what the others are compared with.
        components: how many.

    Returns:
        Labels ``inputs``, ``density``, ``out_degrees``; gains are over the first density of the
        same inputs.
    """
    cases: list[Case] = []
    kinds = {
        f"{view.features} features": (view, layers),
        f"{components} components": (view.reduced(components), (components, *layers[1:])),
    }
    for inputs, (seen, sizes) in kinds.items():
        first = len(cases)
        for density in densities:
            degrees = spread(sizes, density)
            labels = {"inputs": inputs, "density": density, "out_degrees": _text(degrees)}
            cases.append(Case(labels, effort.training(seen, sizes, degrees), first))
    return compare(campaign, cases, effort.seeds, advance)


def large_and_sparse(
    campaign: Campaign, view: View, effort: Effort, advance: Advance,
    widths: Sequence[int] = (14, 28, 56, 112, 224), hidden: int = 3, dense_last: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Large and sparse beats small and dense, with as many edges.

    Args:
        campaign: see ``later_denser``.
        view: of the data.
        effort: see there.
        advance: see there.
        widths: of the hidden layers; the first one's network is fully connected, and the others
            have its edges.
        hidden: how many of those layers.
        dense_last: whether the last junction is always fully connected: few outputs allow few
            degrees.

    Returns:
        Labels ``width``, ``density``, ``out_degrees``; gains are over the fully connected network.
    """
    ends = view.n_left, view.classes
    budget = full_edges([ends[0], *[widths[0]] * hidden, ends[1]])
    cases = []
    for width in widths:
        layers = (ends[0], *[width] * hidden, ends[1])
        density = budget / full_edges(layers)
        degrees = spread(layers, density, dense_last=dense_last)
        reached = edges(layers, degrees) / full_edges(layers)
        labels = {"width": width, "density": reached, "out_degrees": _text(degrees)}
        cases.append(Case(labels, effort.training(view, layers, degrees), 0))
    return compare(campaign, cases, effort.seeds, advance)


def less_l2(
    campaign: Campaign, view: View, layers: Sequence[int], effort: Effort, advance: Advance,
    densities: Sequence[float] = (1, 0.4, 0.11),
    lambdas: Sequence[float] = (0, 1e-5, 2.75e-5, 5.5e-5, 1.1e-4, 2.2e-4),
) -> pd.DataFrame:  # fmt: skip
    """Sparse networks need less L2: find the best lambda for each density.

    Args:
        campaign: see ``later_denser``.
        view: of the data.
        layers: neurons.
        effort: see there.
        advance: see there.
        densities: overall ones.
        lambdas: of the penalty; gains are over the first.

    Returns:
        Labels ``density``, ``l2``, ``out_degrees``; and ``best``, true for the lambda of each
        density with the highest accuracy.
    """
    cases: list[Case] = []
    for density in densities:
        degrees, first = spread(layers, density), len(cases)
        for l2 in lambdas:
            labels = {"density": density, "l2": l2, "out_degrees": _text(degrees)}
            cases.append(Case(labels, effort.training(view, layers, degrees, l2), first))
    table = compare(campaign, cases, effort.seeds, advance)
    best = table.groupby("density")["accuracy"].idxmax()
    return table.assign(best=table.index.isin(best))


def _text(out_degrees: Sequence[int]) -> str:
    return " ".join(map(str, out_degrees))
