"""Natural order: how right neurons follow each other when no clock is a clash.

Clock t carries edges t*z .. t*z + z-1, so it touches right neurons ``first[t]`` onwards. The first
of its edges is edge ``phase[t]`` of its neuron, and ``finishing[t]`` neurons end in this clock.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from hwsim.design import JunctionShape
from hwsim.interleaver import Index


class NaturalOrder:
    """The right side of one junction, clock by clock; all arrays (junction_cycle,).

    >>> order = NaturalOrder(JunctionShape(1, n_left=6, n_right=4, d_out=2, z=2))   # d_in = 3
    >>> order.first.tolist(), order.phase.tolist(), order.finishing.tolist()
    ([0, 0, 1, 2, 2, 3], [0, 2, 1, 0, 2, 1], [0, 1, 1, 0, 1, 1])
    """

    def __init__(self, shape: JunctionShape) -> None:
        self.shape = shape
        self.edge = np.arange(shape.junction_cycle) * shape.z

    @cached_property
    def first(self) -> Index:
        return self.edge // self.shape.d_in

    @cached_property
    def phase(self) -> Index:
        return self.edge % self.shape.d_in

    @cached_property
    def finishing(self) -> Index:
        return (self.edge + self.shape.z) // self.shape.d_in - self.first

    def bases(self, banks: int) -> tuple[int, ...]:
        """Banks that ``first`` can lie in, of a memory with this many banks."""
        return tuple(sorted({int(b) for b in self.first % banks}))

    def offsets(self, lane: int) -> tuple[int, ...]:
        """How far a lane's right neuron can lie beyond ``first``."""
        return tuple(sorted({int(o) for o in (self.phase + lane) // self.shape.d_in}))
