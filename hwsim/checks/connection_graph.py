"""The whole net as a graph: which neurons have no part in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hwsim.interleaver import Interleaver

Mask = NDArray[np.bool_]

MAX_EDGES = 1 << 26
"""Beyond this the graph takes more memory and time than a check should."""

MAX_ROUNDS = 16
"""There and back through the net: a net that mixes is reached in far fewer."""

SHOWN = 8


class ConnectionGraph:
    """Neurons and edges of all junctions.

    Every right neuron has d_in edges, by construction: there is none that nobody feeds.

    Args:
        interleavers: one per junction, junction 1 first.
    """

    def __init__(self, interleavers: Sequence[Interleaver]) -> None:
        self.interleavers = interleavers
        shapes = [i.shape for i in interleavers]
        self.sizes = [s.n_left for s in shapes] + [shapes[-1].n_right]
        # (n_right, d_in) left neurons of each right one.
        self.fed_by = [i.left.reshape(i.shape.n_right, i.shape.d_in) for i in interleavers]

    @cached_property
    def idle(self) -> list[Mask]:
        """By layer (neurons,) who feeds nobody, outputs apart."""
        outputs = np.zeros(self.sizes[-1], dtype=bool)
        return [*(interleaver.degree == 0 for interleaver in self.interleavers), outputs]

    @cached_property
    def unheard(self) -> list[Mask]:
        """By layer (neurons,) who feeds somebody, but from whom no output is reached."""
        heard = [np.ones(size, dtype=bool) for size in self.sizes]
        for layer in reversed(range(len(self.fed_by))):
            if heard[layer + 1].all():
                heard[layer] = ~self.idle[layer]
            else:
                heard[layer] = self._spread_left(layer, heard[layer + 1])
        return [~(h | i) for h, i in zip(heard, self.idle, strict=True)]

    @cached_property
    def parts(self) -> list[int]:
        """Sizes of the parts that no edge joins, largest first; who feeds nobody is left out."""
        if self._is_whole():
            return [self.n_busy]
        return self._components()

    @cached_property
    def n_busy(self) -> int:
        """Neurons that feed somebody, or are outputs."""
        return sum(self.sizes) - sum(int(idle.sum()) for idle in self.idle)

    def _spread_left(self, layer: int, right: Mask) -> Mask:
        """(n_left,) who feeds one of the ``right`` neurons of the layer after it."""
        left = np.zeros(self.sizes[layer], dtype=bool)
        left[self.fed_by[layer][right].ravel()] = True
        return left

    def _is_whole(self) -> bool:
        """Whether one part is all there is; False also if that takes too long to tell.

        From one output on, whoever has an edge with somebody reached is reached as well.
        """
        reached = [np.zeros(size, dtype=bool) for size in self.sizes]
        reached[-1][0] = True
        before, now = 0, 1
        for _ in range(MAX_ROUNDS):
            if now == before:
                return False
            self._spread(reached)
            before, now = now, sum(int(mask.sum()) for mask in reached)
            if now == self.n_busy:
                return True
        return False

    def _spread(self, reached: list[Mask]) -> None:
        """Once through the net and back, past those who idle."""
        for layer in reversed(range(len(self.fed_by))):
            reached[layer] |= self._spread_left(layer, reached[layer + 1])
        for layer, fed_by in enumerate(self.fed_by):
            reached[layer + 1] |= reached[layer][fed_by].any(axis=1) & ~self.idle[layer + 1]

    def _components(self) -> list[int]:
        # Here, since most nets are whole, and to import it takes as long as a small check.
        from scipy import sparse
        from scipy.sparse import csgraph

        left, right = self._ends()
        size = (sum(self.sizes),) * 2
        edges = sparse.coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=size)
        _, part = csgraph.connected_components(edges, directed=False)
        sizes = np.bincount(part[~np.concatenate(self.idle)])
        return sorted(sizes[sizes > 0].tolist(), reverse=True)

    def _ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Left and right end of each edge between two who do not idle, numbered over all layers."""
        starts = np.cumsum([0, *self.sizes])
        left, right = [], []
        for layer, fed_by in enumerate(self.fed_by):
            busy = np.flatnonzero(~self.idle[layer + 1])
            left.append(fed_by[busy].ravel() + starts[layer])
            right.append(np.repeat(busy + starts[layer + 1], fed_by.shape[1]))
        return np.concatenate(left), np.concatenate(right)

    def warnings(self) -> list[str]:
        """One line per layer and fault."""
        lines = []
        for masks, fault in (
            (self.idle, "that feed nobody"),
            (self.unheard, "from which no output is reached"),
        ):
            lines += [_line(i, np.flatnonzero(m), fault) for i, m in enumerate(masks) if m.any()]
        if len(self.parts) > 1:
            lines.append(
                f"the net falls into {len(self.parts)} parts that share no edge "
                f"(the largest has {self.parts[0]} neurons, the smallest {self.parts[-1]})"
            )
        return lines


def _line(layer: int, neurons: NDArray[np.int64], fault: str) -> str:
    which = ", ".join(str(n) for n in neurons[:SHOWN])
    more = ", .." if len(neurons) > SHOWN else ""
    return f"layer {layer} has neurons {fault}: {len(neurons)} ({which}{more})"
