"""Feedforward of one junction: h = b + sum of w*a, exact until the single saturation.

arXiv:1806.01087 section III-D. One clock takes the edges of one ``Slot``; a right neuron that
spans clocks keeps its partial sum at full width and is produced in the clock of its last edge.
"""

from __future__ import annotations

import numpy as np

from hwsim.fixed_point import FixedPoint, Raw, Tally
from hwsim.schedule import Slot


class FeedForward:
    """Multipliers, adder trees and partial sums.

    Args:
        number: the format of weights, activations and results.
        n_right: right neurons.
    """

    def __init__(self, number: FixedPoint, n_right: int) -> None:
        self.number = number
        self.partial = np.zeros(n_right, dtype=np.int64)
        self.product_tally = Tally()
        self.sum_tally = Tally()

    def __call__(self, slot: Slot, weight: Raw, activation: Raw, bias: Raw) -> Raw:
        """h of the neurons that finish; weight, activation: (lanes,), bias: (finished,)."""
        products = self.number.multiply(weight, activation, self.product_tally)
        sums = np.add.reduceat(products, slot.starts)
        if not slot.is_whole:
            sums = self._carry(slot, sums)
        return self.number.saturate(sums + bias, self.sum_tally)

    def _carry(self, slot: Slot, sums: Raw) -> Raw:
        """Exact sums of the neurons that finish, (finished,); those of the others are kept."""
        self.partial[slot.touched] += sums
        finished = self.partial[slot.finished]
        self.partial[slot.finished] = 0
        return finished
