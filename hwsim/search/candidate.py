"""The design that a point makes: layers, out-degrees, lanes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hwsim.design import Design
from hwsim.design_file import make_design
from hwsim.search.space import Point
from hwsim.sparsity.spread import densities

LAYER_STEP = 16
"""All layers but the last have a multiple of so many neurons, so that banks divide them."""


ETA_SHIFT = 5
"""Of designs: ReLU layers in numbers of 12 bits learn at 2^-5 and 2^-6, one input at a time."""


@dataclass(frozen=True)
class Frame:
    """What all candidates have in common.

    Attributes:
        features: of the inputs.
        classes: neurons of the last layer.
        lanes: of all junctions together at most, if each can have one: edges per clock.
        seed: of patterns and initial weights.
    """

    features: int
    classes: int
    lanes: int
    seed: int

    @property
    def n_left(self) -> int:
        """Neurons of the first layer."""
        return -(-self.features // LAYER_STEP) * LAYER_STEP

    def layers(self, point: Point) -> tuple[int, ...]:
        """Neurons of all layers."""
        widths = [point[name] for name in sorted(name for name in point if "width" in name)]
        return (self.n_left, *widths, self.classes)

    def network(self, point: Point) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Layers and out-degrees: what makes a candidate another one."""
        layers = self.layers(point)
        wished = densities(layers, point["density"], point["ratio"], dense_last=point["dense_last"])
        sizes = pairwise(layers)
        return layers, tuple(
            nearest_clean_degree(*size, d) for size, d in zip(sizes, wished, strict=True)
        )

    def design(self, point: Point) -> Design:
        """The whole design: ReLU in hidden layers, cross-entropy, patterns of type 2."""
        layers, out_degrees = self.network(point)
        hidden = len(layers) - 2
        return make_design(
            {
                "format": 1,
                "network": {
                    "layers": list(layers),
                    "out_degrees": list(out_degrees),
                    "activations": ["relu"] * hidden + ["sigmoid"],
                },
                "hardware": {"z": share_lanes(layers, out_degrees, self.lanes)},
                "pattern": {"type": 2, "seed": self.seed},
                "training": {"seed": self.seed, "eta_shift": ETA_SHIFT},
            }
        )


def nearest_clean_degree(n_left: int, n_right: int, density: float) -> int:
    """The out-degree nearest to a density, by factors, of which no pattern joins neurons twice.

    Such an in-degree divides the left layer: the edges of a right neuron then lie in one sweep.

    >>> nearest_clean_degree(64, 48, 0.3)
    12
    """
    common = math.gcd(n_left, n_right)
    shares = [k for k in range(1, common + 1) if common % k == 0]
    wished = max(density, 1 / (n_left * n_right))  # where there is nothing left, the fewest
    return n_right // min(shares, key=lambda k: (abs(math.log(wished * k)), k))


def share_lanes(layers: Sequence[int], out_degrees: Sequence[int], lanes: int) -> list[int]:
    """z of each junction: the fewest clocks per junction cycle that so many lanes allow.

    >>> share_lanes([64, 80, 10], [5, 5], 36)
    [16, 20]
    """
    choices = []
    for n_left, d_out in zip(layers, out_degrees, strict=False):
        fits = [z for z in range(1, n_left + 1) if n_left % z == 0 and n_left * d_out % z == 0]
        choices.append({n_left * d_out // z: z for z in fits})
    for clocks in sorted({clocks for fits in choices for clocks in fits}):
        if any(min(fits) > clocks for fits in choices):
            continue
        found = [fits[max(c for c in fits if c <= clocks)] for fits in choices]
        if sum(found) <= lanes:
            return found
    return [1] * len(choices)
