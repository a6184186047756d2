"""In what order a junction has the neurons of the layers beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwsim.interleaver import Index


@dataclass(frozen=True, eq=False)
class Orders:
    """Any two orders.

    Attributes:
        place: (n_left,) where each left neuron lies.
        right: (n_right,) right neurons in their order.
    """

    place: Index
    right: Index

    @property
    def position(self) -> Index:
        """(n_right,) where each right neuron lies."""
        return np.argsort(self.right)
