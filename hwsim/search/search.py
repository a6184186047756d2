"""The search, in three stages, and two methods without stages that it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hwsim.search.evaluation import Evaluation
from hwsim.search.optimiser import (
    MOST_PRIOR,
    prior_size,
    propose,
    random_points,
    sobol_points,
)
from hwsim.search.space import DEFAULT_RECIPE, RECIPES, SPREADS, JointSpace, Point, Space

FIRST_STAGE = 0.6
"""Its share of what the second stage leaves."""

TRIALS_PER_SPREAD = 8
"""As many trials for each one of the second stage."""


@dataclass(frozen=True)
class Plan:
    """How to search.

    Attributes:
        architectures: what the first stage chooses from.
        trials: how many in all.
        at_once: proposals that are trained at the same time; the result depends on it, but not on
            how many processes train them.
        seed: of everything that is drawn.
    """

    architectures: Space
    trials: int
    at_once: int
    seed: int

    @property
    def shares(self) -> tuple[int, int]:
        """Trials of the first two stages, at most; the third has what is left."""
        second = min(len(SPREADS) - 1, max(0, self.trials - MOST_PRIOR) // TRIALS_PER_SPREAD)
        rest = self.trials - second
        first = min(rest, max(MOST_PRIOR, round(FIRST_STAGE * rest)))
        return first, second


def bayesian(evaluation: Evaluation, plan: Plan) -> None:
    """Three stages, each of which goes on from the best so far.

    1. Architecture: widths of the hidden layers and overall density, by Bayesian optimisation.
    2. Spread: a grid over how the edges are spread over the junctions.
    3. Recipe: learning rate, L2 and batch size, by Bayesian optimisation.
    """
    first, second = plan.shares
    _optimise(evaluation, plan, 1, plan.architectures, SPREADS[0] | DEFAULT_RECIPE, first)
    spreads = [evaluation.best.point | spread for spread in SPREADS[1:]]
    evaluation.run(2, _new(evaluation, spreads)[:second])
    left = plan.trials - len(evaluation.trials)  # what the others did not find a use for, too
    _optimise(evaluation, plan, 3, RECIPES, evaluation.best.point, left)


def _optimise(
    evaluation: Evaluation, plan: Plan, stage: int, space: Space, rest: Point, count: int
) -> None:
    """One stage of Bayesian optimisation; ``rest`` is what it does not choose."""
    seed = [plan.seed, stage]
    known: list[tuple[Point, float]] = []
    if stage > 1:
        known.append((evaluation.best.point, evaluation.best.objective))

    def run(points: list[Point]) -> None:
        trials = evaluation.run(stage, [rest | point for point in points])
        known.extend((trial.point, trial.objective) for trial in trials)

    prior = _new(evaluation, [rest | p for p in sobol_points(space, prior_size(count), plan.seed)])
    run(prior)
    while (left := count - sum(trial.stage == stage for trial in evaluation.trials)) > 0:
        taken = {evaluation.identity(trial.point) for trial in evaluation.trials}
        points = propose(
            space, known, min(left, plan.at_once), [*seed, len(known)],
            lambda point: evaluation.identity(rest | point), taken,
        )  # fmt: skip
        if not points:
            return
        run(points)


def _new(evaluation: Evaluation, points: list[Point]) -> list[Point]:
    """Those that have not been trained, each once."""
    seen = {evaluation.identity(trial.point) for trial in evaluation.trials}
    kept = []
    for point in points:
        if (identity := evaluation.identity(point)) not in seen:
            seen.add(identity)
            kept.append(point)
    return kept


def _joint(plan: Plan) -> JointSpace:
    return JointSpace(plan.architectures, SPREADS, RECIPES)


def random_search(evaluation: Evaluation, plan: Plan) -> None:
    """All choices at once, by lot."""
    rng = np.random.default_rng([plan.seed, 5])
    evaluation.run(0, random_points(_joint(plan), plan.trials, rng))


def sobol_grid(evaluation: Evaluation, plan: Plan) -> None:
    """All choices at once, evenly: a Sobol sequence."""
    evaluation.run(0, sobol_points(_joint(plan), plan.trials, plan.seed))


METHODS: dict[str, Callable[[Evaluation, Plan], None]] = {
    "bayesian": bayesian,
    "random": random_search,
    "sobol": sobol_grid,
}
