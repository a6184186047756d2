"""The search against others at equal budget: a tidy table over seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from hwsim.search.evaluation import Evaluation, Trial
from hwsim.search.search import METHODS, Plan
from hwsim.sparsity.intervals import interval

Start = Callable[[int], tuple[Evaluation, Plan]]


def compare_methods(
    start: Start, seeds: int, methods: Sequence[str] = tuple(METHODS)
) -> pd.DataFrame:
    """Search with every method and seeds 1, 2, ..

    Args:
        start: makes an evaluation and the plan for a seed.
        seeds: how many.
        methods: keys of ``METHODS``, the one that the others are compared with first.

    Returns:
        A row per method: ``method``, ``trials``; ``objective`` of the best trial, mean over seeds,
        and ``low`` and ``high``, the ends of its 95 % confidence interval; ``worse``, by how much
        the objective is higher than the first method's, and ``worse_low`` and ``worse_high``, from
        differences seed by seed; means of the best trials' ``accuracy`` in validation,
        ``test_accuracy`` and ``complexity``; ``seeds``.
    """
    best: dict[str, list[Trial]] = {}
    trials: dict[str, int] = {}
    for method in methods:
        for seed in range(1, seeds + 1):
            evaluation, plan = start(seed)
            METHODS[method](evaluation, plan)
            best.setdefault(method, []).append(evaluation.best)
            trials[method] = len(evaluation.trials)
    ours = [trial.objective for trial in best[methods[0]]]
    rows = []
    for method, found in best.items():
        values = [trial.objective for trial in found]
        apart = [value - our for value, our in zip(values, ours, strict=True)]
        row = {"method": method, "trials": trials[method]}
        row |= zip(("objective", "low", "high"), interval(values), strict=True)
        row |= zip(("worse", "worse_low", "worse_high"), interval(apart), strict=True)
        for name in ("accuracy", "test_accuracy", "complexity"):
            known = [getattr(trial, name) for trial in found if getattr(trial, name) is not None]
            row[name] = interval(known)[0] if known else None
        rows.append(row | {"seeds": seeds})
    return pd.DataFrame(rows)
