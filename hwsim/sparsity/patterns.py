"""Which edges a sparse network has, drawn before it is trained (arXiv:1812.01164, II and III).

A pattern is the mask of a junction: (n_left, n_right), True where an edge is.

- ``random``: any edges, as many as were asked for.
- ``structured``: fixed degrees: each left neuron has ``d_out`` edges, each right neuron ``d_in``.
- ``clash-free``: those of an interleaver of type 2, which hardware with z lanes can read.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd

import numpy as np
from numpy.typing import NDArray

from hwsim.design import Design
from hwsim.design_file import make_design
from hwsim.interleaver import draw

Mask = NDArray[np.bool_]

PATTERNS = ("random", "structured", "clash-free")


def out_degrees(n_left: int, n_right: int) -> list[int]:
    """Out-degrees for which the in-degree is a whole number as well.

    >>> out_degrees(784, 10), out_degrees(4, 6)
    ([5, 10], [3, 6])
    """
    step = n_right // gcd(n_left, n_right)
    return list(range(step, n_right + 1, step))


def nearest_out_degree(n_left: int, n_right: int, density: float) -> int:
    """The one whose density, ``d_out / n_right``, is nearest to what is wished for."""
    return min(out_degrees(n_left, n_right), key=lambda d_out: abs(d_out / n_right - density))


def draw_mask(pattern: str, n_left: int, n_right: int, d_out: int, seed: int) -> Mask:
    """The edges of one junction.

    Args:
        pattern: one of ``PATTERNS``.
        n_left, n_right: neurons.
        d_out: edges per left neuron; in the mean, if ``random``.
        seed: same arguments, same edges.

    Raises:
        ValueError: if there is no such pattern, or it cannot have such degrees.
    """
    if pattern not in PATTERNS:
        raise ValueError(f"pattern must be one of {', '.join(PATTERNS)}, not {pattern!r}")
    if not 1 <= d_out <= n_right:
        raise ValueError(f"d_out must be from 1 to {n_right}, not {d_out!r}")
    if pattern != "random" and n_left * d_out % n_right:
        rule = f"{n_left} x {d_out} edges do not spread evenly over {n_right} right neurons"
        raise ValueError(f"{rule}; d_out must be one of {out_degrees(n_left, n_right)}")
    if d_out == n_right:
        return np.ones((n_left, n_right), bool)
    return _DRAW[pattern](n_left, n_right, d_out, seed)


def _random(n_left: int, n_right: int, d_out: int, seed: int) -> Mask:
    rng = np.random.default_rng(seed)
    mask = np.zeros(n_left * n_right, bool)
    mask[rng.choice(mask.size, n_left * d_out, replace=False)] = True
    return mask.reshape(n_left, n_right)


def _structured(n_left: int, n_right: int, d_out: int, seed: int) -> Mask:
    """Left neuron by left neuron, the right neurons with most edges still to come, ties by lot.

    What is left of the right neurons then never differs by more than one, so it always comes out.
    """
    rng = np.random.default_rng(seed)
    mask = np.zeros((n_left, n_right), bool)
    left_over = np.full(n_right, n_left * d_out // n_right)
    for row in mask:
        chosen = np.lexsort((rng.random(n_right), -left_over))[:d_out]
        row[chosen] = True
        left_over[chosen] -= 1
    return mask[rng.permutation(n_left)]


def _clash_free(n_left: int, n_right: int, d_out: int, seed: int) -> Mask:
    """Of type 2, with as few lanes as finish a right neuron in a clock where z allows it.

    Where no pattern of that z is free of doubled edges, other seeds and more lanes are tried.
    """
    n_edges = n_left * d_out
    lanes = [z for z in range(1, n_left + 1) if n_left % z == 0 and n_edges % z == 0]
    for z in sorted(lanes, key=lambda z: (z * n_right < n_edges, z)):
        for attempt in range(ATTEMPTS):
            mask = _interleaved(n_left, n_right, d_out, z, seed + attempt * LATER_SEED)
            if np.count_nonzero(mask) == n_edges:
                return mask
    rule = f"{n_left} x {d_out} edges to {n_right} neurons: every clash-free pattern tried joins"
    raise ValueError(f"{rule} two neurons twice; choose another d_out")


ATTEMPTS = 10

LATER_SEED = 1_000_003
"""Between the seeds of one pattern's attempts, so that another seed's are others."""


def _interleaved(n_left: int, n_right: int, d_out: int, z: int, seed: int) -> Mask:
    design = make_design(
        {
            "format": 1,
            "network": {"layers": [n_left, n_right], "out_degrees": [d_out]},
            "hardware": {"z": [z]},
            "pattern": {"type": 2, "seed": seed},
        }
    )
    return mask_of(design, 1)


def mask_of(design: Design, index: int) -> Mask:
    """The edges of a junction of a design; 1 is the first."""
    shape = design.shapes[index - 1]
    left = draw(design, index).left.ravel()
    mask = np.zeros((shape.n_left, shape.n_right), bool)
    mask[left, np.arange(left.size) // shape.d_in] = True
    return mask


_DRAW: dict[str, Callable[[int, int, int, int], Mask]] = {
    "random": _random,
    "structured": _structured,
    "clash-free": _clash_free,
}
