"""Spreading the edges of a network over its junctions: which out-degrees it shall have."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from scipy.optimize import brentq

from hwsim.sparsity.patterns import nearest_out_degree


def edges(layers: Sequence[int], out_degrees: Sequence[int]) -> int:
    """Of the whole network."""
    return sum(n * d for n, d in zip(layers, out_degrees, strict=False))


def full_edges(layers: Sequence[int]) -> int:
    """Of the fully connected network."""
    return sum(n_left * n_right for n_left, n_right in pairwise(layers))


def densities(
    layers: Sequence[int], density: float, ratio: float = 1.0, *, dense_last: bool = False
) -> list[float]:
    """Of each junction, so that the overall one is ``density``; arguments as those of ``spread``.

    >>> [round(d, 3) for d in densities([64, 128, 64], 0.25, ratio=4)]
    [0.1, 0.4]
    """
    sizes = list(pairwise(layers))
    budget = density * full_edges(layers)
    relative = [ratio**j for j in range(len(sizes))]

    def scaled(scale: float) -> list[float]:
        found = [min(1.0, scale * r) for r in relative]
        return [*found[:-1], 1.0] if dense_last else found

    def surplus(scale: float) -> float:
        return sum(n * m * d for (n, m), d in zip(sizes, scaled(scale), strict=True)) - budget

    most = 1 / min(relative)
    if surplus(most) <= 0:
        return scaled(most)
    return scaled(0.0 if surplus(0) >= 0 else brentq(surplus, 0, most))


def spread(
    layers: Sequence[int], density: float, ratio: float = 1.0, *, dense_last: bool = False
) -> tuple[int, ...]:
    """Out-degrees whose overall density is near to what is wished for.

    Args:
        layers: neurons.
        density: edges over those of the fully connected network.
        ratio: how many times denser each junction is than the one before, if degrees allow it.
        dense_last: let the last junction be fully connected, and the others have the rest.

    >>> spread([64, 128, 64], 0.25), spread([64, 128, 64], 0.25, ratio=4)
    ((32, 16), (12, 26))
    """
    wished = densities(layers, density, ratio, dense_last=dense_last)
    return tuple(
        nearest_out_degree(n, m, d) for (n, m), d in zip(pairwise(layers), wished, strict=True)
    )
