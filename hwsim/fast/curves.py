"""Activation functions as the kernels look them up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwsim.activation import Activation
from hwsim.fixed_point import FixedPoint, Raw


@dataclass(frozen=True)
class Curve:
    """A(h) and A'(h) at address ((h + limit) >> step_shift) + 1, between the first and the last.

    Address 0 is what lies below the function's domain, the last one what lies above.
    """

    limit: int
    step_shift: int
    activation: Raw
    slope: Raw

    @property
    def last_address(self) -> int:
        return len(self.activation) - 1


def make_curve(name: str, number: FixedPoint) -> Curve:
    """The curve of ``hwsim.activation.Activation(name, number)``."""
    activation = Activation(name, number)
    if name == "relu":
        # It bends at 0 and at one; its domain begins one step above 0.
        return Curve(-1, 0, *activation(np.arange(number.one + 1)))
    limit, step_shift = activation.limit, activation.step_shift
    steps = np.arange(-limit, limit + 1, 1 << step_shift)
    return Curve(limit, step_shift, *activation(np.concatenate([[-limit - 1], steps])))
