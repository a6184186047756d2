"""How well a pattern mixes: scatter, spread and dispersion.

Scatter is that of arXiv:1711.02131 (low scatter foretells low accuracy); spread and dispersion come
from the interleavers of turbo codes. All three are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, prod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hwsim.interleaver import Index, Interleaver

if TYPE_CHECKING:  # a check without goodness does not wait for it to be imported
    from scipy import sparse

# What exceeds one of these would take longer than a few seconds, and is not computed.
MAX_SPREAD_EDGES = 1 << 20
MAX_DISPERSION_EDGES = 1 << 16
MAX_PATH_STEPS = 1 << 32

MAX_UNASKED_EDGES = 1 << 20
"""Edges in all up to which a check computes goodness without being asked to."""

ROWS_AT_ONCE = 256
COUNTS_AT_ONCE = 1 << 22
"""Most windows, and path counts of 8 bytes each, that are held at a time."""


def edge_permutation(interleaver: Interleaver) -> Index:
    """(n_edges,) left edge number of each edge, pi(i) for edge i in the order of the right side.

    The edges of a left neuron are numbered left neuron * d_out + how many earlier edges it has.
    """
    left, order = interleaver.left.ravel(), interleaver.by_left
    ranked = left[order]
    position = np.arange(left.size)
    is_new = np.concatenate([[True], ranked[1:] != ranked[:-1]])
    earlier = np.empty_like(left)
    earlier[order] = position - np.maximum.accumulate(np.where(is_new, position, 0))
    return left * interleaver.shape.d_out + earlier


def spread(permutation: Index) -> int | None:
    """Minimum over i != j of |i - j| + |pi(i) - pi(j)|, at most about sqrt(2 n_edges).

    None for a single edge and above ``MAX_SPREAD_EDGES``.
    """
    n_edges = len(permutation)
    if n_edges < 2 or n_edges > MAX_SPREAD_EDGES:
        return None
    pi = permutation.astype(np.int32)
    best, lag = 2 * n_edges, 1
    while lag < min(best, n_edges):  # beyond, |i - j| alone is no better
        best = min(best, lag + int(np.abs(pi[lag:] - pi[:-lag]).min()))
        lag += 1
    return best


def dispersion(permutation: Index, n_left: int) -> float | None:
    """Distinct displacement vectors (j - i, pi(j) - pi(i)) over pairs i < j.

    None for a single edge, and above ``MAX_DISPERSION_EDGES`` edges; where all sweeps are alike
    (type 3), the edges of one sweep count for this.
    """
    n_edges = len(permutation)
    sweeps = n_edges // n_left
    if not _sweeps_alike(permutation, n_left):
        n_left, sweeps = n_edges, 1
    if n_edges < 2 or n_left > MAX_DISPERSION_EDGES:
        return None
    in_sweep = _distinct_displacements(permutation[:n_left])
    # Displacements between sweeps are those within one, plus (ds n_left, ds) for a difference ds of
    # sweeps; since pi is a multiple of d_out in the first sweep, no two of them coincide.
    distinct = ((2 * sweeps - 1) * (2 * in_sweep + 1) - 1) // 2
    return distinct / (n_edges * (n_edges - 1) // 2)


def _sweeps_alike(permutation: Index, n_left: int) -> bool:
    by_sweep = permutation.reshape(-1, n_left)
    sweeps = np.arange(len(by_sweep))[:, None]
    return bool((by_sweep == by_sweep[0] + sweeps).all() and (by_sweep[0] % len(sweeps) == 0).all())


def _distinct_displacements(permutation: Index) -> int:
    """Distinct (j - i, pi(j) - pi(i)), i < j, lag by lag."""
    rank = np.unique(permutation, return_inverse=True)[1]
    is_scaled = len(permutation) < 2 or _is_multiple(permutation, rank)
    pi = rank if is_scaled else permutation  # a small table stays in cache
    reach = int(pi.max()) - int(pi.min())
    above = pi + reach
    seen = np.zeros(2 * reach + 1, dtype=bool)
    distinct = 0
    for lag in range(1, len(pi)):
        seen[above[lag:] - pi[:-lag]] = True
        distinct += int(np.count_nonzero(seen))
        seen[:] = False
    return distinct


def _is_multiple(permutation: Index, rank: Index) -> bool:
    step = int(permutation.max() - permutation.min()) // max(int(rank.max()), 1)
    return bool((permutation - permutation.min() == rank * step).all())


def scatter(interleavers: Sequence[Interleaver]) -> tuple[float | None, ...]:
    """Scatter: forward and backward of each junction, then of the whole net; 2L + 2 values.

    Forward, each left neuron counts its edges to windows of neighbouring right neurons; backward,
    each right neuron those to windows of left ones. A side is cut into ``degree`` windows, that is,
    a window is size / degree neurons, rounded up, so that about one edge per window is ideal; the
    last one is what remains. A count is divided by degree / size * window and clipped at 1; the
    value is the mean. In the whole net paths are counted instead of edges, and the degrees
    multiply. The score of a net is the smallest value.

    The last two are None above ``MAX_PATH_STEPS`` steps of work.
    """
    values: list[float | None] = []
    for interleaver in interleavers:
        shape, left = interleaver.shape, interleaver.left.ravel()
        right = np.arange(shape.n_edges) // shape.d_in
        values.append(_edge_scatter(left, shape.n_left, right, shape.n_right, shape.d_out))
        values.append(_edge_scatter(right, shape.n_right, left, shape.n_left, shape.d_in))
    adjacency = [_adjacency(interleaver) for interleaver in interleavers]
    out_degree = prod(i.shape.d_out for i in interleavers)
    in_degree = prod(i.shape.d_in for i in interleavers)
    values.append(_path_scatter([a.T.tocsr() for a in reversed(adjacency)], out_degree))
    values.append(_path_scatter(adjacency, in_degree))
    return tuple(values)


def _window(size: int, degree: int) -> int:
    return ceil(Fraction(size, degree))


def _edge_scatter(near: Index, n_near: int, far: Index, n_far: int, degree: int) -> float:
    """Mean over ``near`` neurons and windows of ``far`` ones."""
    window = _window(n_far, degree)
    n_windows = ceil(Fraction(n_far, window))
    counts = np.bincount(far // window * n_near + near, minlength=n_windows * n_near)
    return _mean(counts.reshape(n_windows, n_near), window, n_far, degree)


def _adjacency(interleaver: Interleaver) -> sparse.csr_array:
    """(n_left, n_right) number of edges between two neurons."""
    from scipy import sparse

    shape = interleaver.shape
    right = np.arange(shape.n_edges) // shape.d_in
    places = (interleaver.left.ravel(), right)
    size = (shape.n_left, shape.n_right)
    return sparse.csr_array((np.ones(shape.n_edges), places), shape=size)


def _path_scatter(chain: list[sparse.csr_array], degree: int) -> float | None:
    """Mean over the neurons at the end of the chain, and windows of those at its beginning."""
    size, n_neurons = chain[0].shape[0], chain[-1].shape[1]
    window = _window(size, degree)
    n_windows = ceil(Fraction(size, window))
    if n_windows * sum(matrix.nnz for matrix in chain) > MAX_PATH_STEPS:
        return None
    backwards = [matrix.T.tocsr() for matrix in chain]
    widest = max(size, *(matrix.shape[0] for matrix in backwards))
    at_once = min(ROWS_AT_ONCE, max(1, COUNTS_AT_ONCE // widest))
    total = Fraction(0)
    for start in range(0, n_windows, at_once):
        paths = _members(size, window, start, min(start + at_once, n_windows))
        for matrix in backwards:
            paths = matrix @ paths
        total += _clipped(paths.T, size - start * window, window, size, degree)
    return float(total / (n_windows * n_neurons))


def _members(size: int, window: int, start: int, stop: int) -> NDArray[np.float64]:
    """(size, stop - start) whether a neuron is in a window."""
    neurons = np.arange(start * window, min(stop * window, size))
    members = np.zeros((size, stop - start))
    members[neurons, neurons // window - start] = 1
    return members


def _mean(counts: NDArray, window: int, size: int, degree: int) -> float:
    """Mean of min(1, count / (degree / size * window)), of (windows, neurons) counts."""
    return float(_clipped(counts, size, window, size, degree) / counts.size)


def _clipped(counts: NDArray, rest: int, window: int, size: int, degree: int) -> Fraction:
    """Sum of min(1, count / (degree / size * window)); the last window may be smaller.

    Args:
        counts: (windows, neurons).
        rest: neurons from the first of these windows to the end of the side.
        window: neurons of a window.
        size: neurons of the side that is cut into windows.
        degree: of a neuron on the other side.
    """
    n_full = min(len(counts), rest // window)
    total = Fraction(0)
    for rows, width in ((counts[:n_full], window), (counts[n_full:], rest - n_full * window)):
        ideal = degree * width  # times 1 / size: whole numbers are summed without rounding
        total += Fraction(int(np.minimum(rows * size, ideal).sum()), max(ideal, 1))
    return total
