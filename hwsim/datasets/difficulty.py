"""How hard a data set is to tell apart, without training (Dey, Chugg, Beerel, ICCCNT 2018).

Of each class: its share of the inputs P(m), its centroid, and sigma(m), the standard deviation of
its inputs, mean over dimensions. Of each two classes the distance d of the centroids. Q is the
share of a normal distribution beyond so many standard deviations: two classes of the same spread
are mixed up with probability Q(d / (2 sigma)) where nothing but the distance helps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform
from scipy.special import ndtr

NEAR = 0.05
"""Mean difference per dimension, of inputs from 0 to 1, below which two centroids are near."""


@dataclass(frozen=True)
class Difficulty:
    """The larger each of them, the harder.

    Attributes:
        lower: sum over m of P(m) Q(d_min(m) / (2 sigma(m))): an error with the nearest class only.
        upper: the same with the sum over all other classes: the union bound, which may exceed 1.
        distance: mean over m of sigma(m) / d_min(m); infinite where two centroids are equal.
        near_pairs: unordered pairs of classes whose centroids differ by less than 0.05 per
            dimension (V_thresh; published as a sum over ordered pairs, which is twice as much).
    """

    lower: float
    upper: float
    distance: float
    near_pairs: int


def difficulty(x: NDArray, y: NDArray) -> Difficulty:
    """The four metrics of some inputs.

    Args:
        x: (n, ..) inputs from 0 to 1, or uint8.
        y: (n,) labels; classes without inputs do not count.

    Raises:
        ValueError: if there are less than two classes.
    """
    x = np.reshape(x, (len(x), -1)) / (255 if x.dtype == np.uint8 else 1)
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2:
        raise ValueError(f"there must be two classes or more, not {len(classes)}")
    inputs = [x[y == label] for label in classes]
    centroids = np.array([some.mean(axis=0) for some in inputs])
    spread = np.array([some.std(axis=0).mean() for some in inputs])
    apart = squareform(pdist(centroids))
    np.fill_diagonal(apart, np.inf)
    nearest = apart.min(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):  # inputs that are all the same
        mixed = ndtr(-apart / (2 * spread[:, None]))
        ratio = spread / nearest
    mixed[np.isnan(mixed)] = 0.5  # the same inputs in two classes
    ratio[np.isnan(ratio)] = np.inf
    share = counts / counts.sum()
    return Difficulty(
        lower=float(share @ mixed.max(axis=1)),
        upper=float(share @ mixed.sum(axis=1)),
        distance=float(ratio.mean()),
        near_pairs=int(np.count_nonzero(pdist(centroids, "cityblock") < NEAR * x.shape[1])),
    )
