"""Trains a candidate in floating point, on the edges that its design has."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from hwsim.design import Design
from hwsim.sparsity.network import Epoch, Recipe, SparseNetwork
from hwsim.sparsity.patterns import mask_of
from hwsim.sparsity.view import View

MEANING = 1
"""Counts the times that a result has got another meaning, so that old records are not taken."""


@dataclass(frozen=True)
class SearchTraining:
    """What is trained, and how.

    Attributes:
        view: of the data, some of which is kept back for validation.
        design: whose edges the network has.
        recipe: how.
    """

    view: View
    design: Design = field(repr=False)
    recipe: Recipe

    def description(self) -> dict[str, Any]:
        """Everything that the result depends on; data count as what they are, not where."""
        view = asdict(self.view)
        del view["source"]
        sections = self.design.sections()
        edges = {name: sections[name] for name in ("network", "hardware", "pattern")}
        what = {"kind": "search", "meaning": MEANING, "view": view, "recipe": asdict(self.recipe)}
        return what | {"design": edges}

    def run(self) -> dict[str, Any]:
        """Train: best ``accuracy`` in validation, its ``epoch`` and ``test_accuracy`` then."""
        seen = self.view.load()
        masks = [mask_of(self.design, index) for index in range(1, self.design.n_junctions + 1)]
        network = SparseNetwork(masks, self.recipe.seed)
        best: dict[str, Any] = {"accuracy": -1.0, "epoch": 0, "test_accuracy": None}

        def look(epoch: Epoch) -> None:
            nonlocal passed
            passed += 1
            if (epoch.validation_accuracy or 0) > best["accuracy"]:
                best["accuracy"], best["epoch"] = epoch.validation_accuracy, passed
                if len(seen.xte):
                    best["test_accuracy"] = network.accuracy(seen.xte, seen.yte)

        passed = 0
        with np.errstate(all="ignore"):  # a learning rate may be too high; that is what we learn
            network.train(seen.xtr, seen.ytr, self.recipe, (seen.xva, seen.yva), look)
        return best
