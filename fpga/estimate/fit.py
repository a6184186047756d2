"""Costs of pieces, fitted to what yosys finds.

Many pieces come together in every design, so that the costs are not determined by the counts
alone: they are also held to the ones in force, and stay between a third and three times those.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
from scipy.optimize import lsq_linear

from fpga.estimate.estimate import bills, estimate
from fpga.estimate.families import FAMILIES, Costs
from fpga.estimate.mapping import Use, priced
from hwsim.schedule import Schedule

HELD = 0.05
"""How much a cost that is twice the one in force weighs, in relative error of a design."""


def fitted(schedules: dict[str, Schedule], found: dict[str, Use], family: str) -> Costs:
    """The costs with the smallest relative errors of the LUTs."""
    costs, rows, targets = asdict(FAMILIES[family].costs), [], []
    for name, schedule in schedules.items():
        pieces, lut = _pieces(schedule, family), found[name].lut
        parts = [pieces[key] * cost for key, cost in costs.items()]
        certain = estimate(schedule, family).total.lut - sum(parts)
        rows.append([part / lut for part in parts])
        targets.append(1 - certain / lut)
    held = HELD * np.eye(len(costs))
    best = lsq_linear(
        np.vstack([rows, held]), np.concatenate([targets, held.sum(axis=1)]), (1 / 3, 3)
    )
    factors = zip(costs.items(), best.x, strict=True)
    return Costs(**{key: round(float(cost * factor), 2) for (key, cost), factor in factors})


def _pieces(schedule: Schedule, family: str) -> dict[str, float]:
    totals = dict.fromkeys(asdict(FAMILIES[family].costs), 0.0)
    for bill in bills(schedule).values():
        for key, amount in priced(bill, FAMILIES[family]).items():
            totals[key] += amount
    return totals
