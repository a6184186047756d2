"""Cases that are compared: each is trained with several seeds and becomes a row of a tidy table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hwsim.sparsity.intervals import interval
from hwsim.trials.campaign import Campaign, Training

Advance = Callable[[int], None]


@dataclass(frozen=True)
class Case:
    """One row.

    Attributes:
        labels: its first columns.
        training: what is trained with a seed; its result has ``accuracy``.
        reference: position of the case that it is compared with; None if with none.
    """

    labels: Mapping[str, Any]
    training: Callable[[int], Training]
    reference: int | None = None


def compare(
    campaign: Campaign, cases: Sequence[Case], seeds: int, advance: Advance
) -> pd.DataFrame:
    """Train every case with seeds 1, 2, ..; one row per case.

    Returns:
        The cases' labels; what their results have beside accuracy; ``accuracy`` on the test set,
        mean over seeds; ``low`` and ``high``, the ends of its 95 % confidence interval; ``gain``
        over the reference case, and ``gain_low`` and ``gain_high``, from differences seed by seed;
        ``seeds``. Accuracies go from 0 to 1.
    """
    named = {
        (i, seed): case.training(seed)
        for seed in range(1, seeds + 1)
        for i, case in enumerate(cases)
    }
    results = campaign.run(named, advance)
    of_case = [[results[i, seed] for seed in range(1, seeds + 1)] for i in range(len(cases))]
    accuracies = [[result["accuracy"] for result in found] for found in of_case]
    rows = []
    for case, found, mine in zip(cases, of_case, accuracies, strict=True):
        beside = {name: value for name, value in found[0].items() if name != "accuracy"}
        row = {**case.labels, **beside}
        row |= zip(("accuracy", "low", "high"), interval(mine), strict=True)
        if case.reference is not None:
            theirs = accuracies[case.reference]
            gains = [a - b for a, b in zip(mine, theirs, strict=True)]
            row |= zip(("gain", "gain_low", "gain_high"), interval(gains), strict=True)
        rows.append(row | {"seeds": seeds})
    return pd.DataFrame(rows)
