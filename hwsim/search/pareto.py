"""The trials that no other one beats in both accuracy and complexity."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hwsim.search.evaluation import Evaluation, Trial

AXES = {
    "clocks": "clocks per input",
    "parameters": "weights and biases",
    "memory_bits": "memory bits",
    "luts": "LUTs (ECP5)",
}
STAGES = {0: "all at once", 1: "architecture", 2: "spread", 3: "recipe"}


def front(trials: Sequence[Trial]) -> list[Trial]:
    """Those trials, from the cheapest on; of equals the first."""
    kept: list[Trial] = []
    for trial in sorted(trials, key=lambda t: (t.complexity, -t.accuracy, t.number)):
        if not kept or trial.accuracy > kept[-1].accuracy:
            kept.append(trial)
    return kept


def image(evaluation: Evaluation, penalty: str, kind: str) -> bytes:
    """The plot as a file; ``kind`` as png, svg or pdf."""
    content = io.BytesIO()
    figure = plot(evaluation.trials, evaluation.best, penalty)
    figure.savefig(content, format=kind, dpi=150)
    return content.getvalue()


def plot(trials: Sequence[Trial], best: Trial, penalty: str) -> Figure:
    """Errors over complexity: all trials by stage, the front, and the best of the objective."""
    # Imported here because it takes a second to load; without pyplot, nothing asks for a screen.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for stage in sorted({trial.stage for trial in trials}):
        some = [trial for trial in trials if trial.stage == stage]
        axes.scatter(*_places(some), s=18, alpha=0.7, label=STAGES[stage])
    axes.step(*_places(front(trials)), where="post", color="black", linewidth=1, label="front")
    axes.scatter(*_places([best]), s=140, facecolors="none", edgecolors="red", label="best")
    axes.set(xscale="log", yscale="log", xlabel=AXES.get(penalty, penalty),
             ylabel="wrong in validation, %")  # fmt: skip
    axes.grid(visible=True, which="both", linewidth=0.3)
    axes.legend()
    return figure


def _places(trials: Sequence[Trial]) -> tuple[list[float], list[float]]:
    """Nothing wrong at all is drawn as little."""
    wrong = [max(100 * (1 - trial.accuracy), 0.01) for trial in trials]
    return [trial.complexity for trial in trials], wrong
