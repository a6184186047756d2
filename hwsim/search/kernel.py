"""How alike two points are: the kernel of Deep-n-Cheap (arXiv:2004.00974, 3.3)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.gaussian_process.kernels import Kernel

from hwsim.search.space import MISSING, Space

OMEGA = 3.0
"""The greatest distance: that of a layer that one network has and the other has not."""


class PointKernel(Kernel):
    """The mean of exp(-d^2 / 2) over the parameters of a group, and of that over the groups.

    The distance d of a parameter is omega (|x - y| / (upper - lower))^(1/r).

    Args:
        space: of the points, whose rows it compares.

    >>> from hwsim.search.space import Parameter, Space
    >>> uppers = enumerate((64, 128, 256), 1)
    >>> layers = [Parameter(f"layer {i}", 16, upper, order=i) for i, upper in uppers]
    >>> kernel = PointKernel(Space(tuple(layers), counts=(2, 3)))
    >>> rows = np.array([[50, 80, MISSING], [36, 61, 107]])
    >>> kernel.distances(rows[:1], rows[1:]).round(3)
    array([[[0.875, 1.236, 3.   ]]])
    >>> kernel(rows).round(3)[0, 1]
    np.float64(0.386)
    """

    def __init__(self, space: Space) -> None:
        self.space = space

    def distances(self, x: NDArray, y: NDArray) -> NDArray:
        """(n, m, parameters) of each of n rows from each of m others."""
        parameters, n_layers = self.space.parameters, self.space.n_layers
        low, high = np.array([p.ends for p in parameters]).T
        span = np.where(high > low, high - low, 1)
        order = np.array([p.order for p in parameters])
        a, b = x[:, None, :], y[None, :, :]
        is_layer = np.arange(len(parameters)) < n_layers
        not_here, not_there = (a == MISSING) & is_layer, (b == MISSING) & is_layer
        apart = OMEGA * (np.abs(a - b) / span) ** (1 / order)
        return np.where(not_here != not_there, OMEGA, np.where(not_here, 0.0, apart))

    def __call__(self, x: NDArray, y: NDArray | None = None, eval_gradient: bool = False) -> Any:
        """(n, m) kernel; nothing of it is fitted, so that its gradient is empty."""
        alike = np.exp(-(self.distances(x, x if y is None else y) ** 2) / 2)
        groups = [p.group for p in self.space.parameters]
        names = dict.fromkeys(groups)
        means = [alike[..., [g == name for g in groups]].mean(axis=-1) for name in names]
        whole = np.mean(means, axis=0)
        return (whole, np.zeros((*whole.shape, 0))) if eval_gradient else whole

    def diag(self, x: NDArray) -> NDArray:
        """(n,) of each row with itself."""
        return np.ones(len(x))

    def is_stationary(self) -> bool:
        """Whether differences alone count."""
        return True
