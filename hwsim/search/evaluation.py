"""Trials: points are made into designs, trained, and put in figures, all kept in the records."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hwsim.schedule import make_schedule
from hwsim.search.candidate import Frame
from hwsim.search.complexity import Complexity
from hwsim.search.optimiser import objective
from hwsim.search.space import Point
from hwsim.search.training import SearchTraining
from hwsim.sparsity.network import Recipe
from hwsim.sparsity.view import View
from hwsim.trials.campaign import Campaign


@dataclass(frozen=True)
class Trial:
    """One candidate, trained.

    Attributes:
        number: from 1 on.
        stage: of the search; 0 for methods without stages.
        design: its sections.
        recipe: ``rate l2 batch epochs seed``.
        accuracy: the best in validation, 0 to 1.
        test_accuracy: after the epoch of that; None without a test set.
        complexity: what it costs.
        objective: log(1 - accuracy + w_c complexity / baseline).
        point: what was chosen.
    """

    number: int
    stage: int
    design: dict[str, Any]
    recipe: dict[str, Any]
    accuracy: float
    test_accuracy: float | None
    complexity: float
    objective: float
    point: Point


class Evaluation:
    """What a search asks.

    Args:
        campaign: trains.
        view: the data, of which some are kept back for validation.
        frame: what all candidates have in common.
        complexity: what a design costs.
        weight: w_c.
        epochs: of every training.
        largest: the point whose complexity is the baseline.
        advance: is told how many trials more there are.

    Attributes:
        trials: so far.
        baseline: complexity of the largest network.
    """

    def __init__(
        self, campaign: Campaign, view: View, frame: Frame, complexity: Complexity, *,
        weight: float, epochs: int, largest: Point, advance: Callable[[int], None],
    ) -> None:  # fmt: skip
        self.campaign = campaign
        self.view = replace(view, n_left=frame.n_left)
        self.frame = frame
        self.weight = weight
        self.epochs = epochs
        self.trials: list[Trial] = []
        self._complexity = complexity
        self._advance = advance
        self.baseline = complexity(make_schedule(frame.design(largest)))

    def identity(self, point: Point) -> Hashable:
        """The same for points that make the same training."""
        return self.frame.network(point), *(point[name] for name in ("rate", "l2", "batch"))

    def run(self, stage: int, points: Sequence[Point]) -> list[Trial]:
        """Train these points."""
        made = [(point, self.frame.design(point), self._recipe(point)) for point in points]
        trainings = {
            k: SearchTraining(self.view, design, recipe)
            for k, (_, design, recipe) in enumerate(made)
        }
        results = self.campaign.run(trainings, self._advance)
        found = []
        for k, (point, design, recipe) in enumerate(made):
            result, costs = results[k], self._complexity(make_schedule(design))
            accuracy = result["accuracy"]
            value = objective(accuracy, costs / self.baseline, self.weight)
            how = {
                name: getattr(recipe, name) for name in ("rate", "l2", "batch", "epochs", "seed")
            }
            found.append(
                Trial(
                    len(self.trials) + k + 1, stage, design.sections(), how, accuracy,
                    result["test_accuracy"], costs, value, point,
                )
            )  # fmt: skip
        self.trials += found
        return found

    def _recipe(self, point: Point) -> Recipe:
        return Recipe(
            epochs=self.epochs, batch=point["batch"], rate=point["rate"], l2=point["l2"],
            seed=self.frame.seed,
        )  # fmt: skip

    @property
    def best(self) -> Trial:
        """The trial with the lowest objective, the first of equals."""
        return min(self.trials, key=lambda trial: trial.objective)
