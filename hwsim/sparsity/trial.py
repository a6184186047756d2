"""One training of one sparse network, as a value: it can be sent elsewhere, and found again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hwsim.errors import bad
from hwsim.sparsity.network import Recipe, SparseNetwork
from hwsim.sparsity.patterns import Mask, draw_mask
from hwsim.sparsity.view import View

MEANING = 1
"""Counts the times that a result has got another meaning, so that old records are not taken."""


@dataclass(frozen=True)
class FloatTraining:
    """What is trained, and how.

    Attributes:
        view: of the data.
        layers: neurons.
        out_degrees: of each junction.
        pattern: which edges there are, one of ``patterns.PATTERNS``; drawn from the recipe's seed.
        recipe: how.
    """

    view: View
    layers: tuple[int, ...]
    out_degrees: tuple[int, ...]
    pattern: str
    recipe: Recipe

    def description(self) -> dict[str, Any]:
        """Everything that the result depends on; data count as what they are, not where."""
        what = asdict(self) | {"kind": "float", "meaning": MEANING}
        del what["view"]["source"]
        return what

    def run(self) -> dict[str, Any]:
        """Train: ``edges``, and ``accuracy`` on the test set after the last epoch.

        Raises:
            BadInput: if the data are not what they were, or no pattern has such degrees.
        """
        seen, network = self.view.load(), SparseNetwork(self._masks(), self.recipe.seed)
        network.train(seen.xtr, seen.ytr, self.recipe)
        return {"edges": network.n_edges, "accuracy": network.accuracy(seen.xte, seen.yte)}

    def _masks(self) -> list[Mask]:
        sizes = zip(self.layers, self.layers[1:], self.out_degrees, strict=False)
        masks = []
        for j, size in enumerate(sizes):
            try:
                masks.append(draw_mask(self.pattern, *size, 100 * self.recipe.seed + j))
            except ValueError as error:
                where, fix = f"junction {j + 1} of {self.layers}", "other layers, or --pattern"
                raise bad(where, "out_degree", size[-1], str(error), fix) from None
        return masks
