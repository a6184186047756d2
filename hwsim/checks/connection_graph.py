"""The whole net as a graph: which neurons have no part in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate

import networkx as nx

from hwsim.interleaver import Interleaver

MAX_EDGES = 2_000_000
"""Beyond this the graph takes more memory and time than a check should."""

SHOWN = 8


class ConnectionGraph:
    """Neurons and edges of all junctions.

    Args:
        interleavers: one per junction, junction 1 first.
    """

    def __init__(self, interleavers: Sequence[Interleaver]) -> None:
        shapes = [i.shape for i in interleavers]
        self.sizes = [s.n_left for s in shapes] + [shapes[-1].n_right]
        self.starts = [0, *accumulate(self.sizes)]
        self.graph = nx.DiGraph()
        self.graph.add_nodes_from(range(self.starts[-1]))
        for layer, interleaver in enumerate(interleavers):
            left = interleaver.left.ravel() + self.starts[layer]
            right = range(self.starts[layer + 1], self.starts[layer + 2])
            d_in = interleaver.shape.d_in
            ends = (neuron for neuron in right for _ in range(d_in))
            self.graph.add_edges_from(zip(left.tolist(), ends, strict=True))

    def by_layer(self, nodes: Iterable[int]) -> dict[int, list[int]]:
        """Nodes as {layer: neurons of it}, ascending; layers without any are left out."""
        found: dict[int, list[int]] = {}
        layer = 0
        for node in sorted(nodes):
            while node >= self.starts[layer + 1]:
                layer += 1
            found.setdefault(layer, []).append(node - self.starts[layer])
        return found

    @cached_property
    def idle(self) -> set[int]:
        """Nodes that feed nobody, outputs apart."""
        return {node for node in range(self.starts[-2]) if not self.graph.succ[node]}

    @cached_property
    def unfed(self) -> set[int]:
        """Nodes that nobody feeds, inputs apart."""
        nodes = range(self.starts[1], self.starts[-1])
        return {node for node in nodes if not self.graph.pred[node]}

    @cached_property
    def unheard(self) -> set[int]:
        """Nodes that feed somebody, but from which no output is reached."""
        if not self.idle:
            return set()
        sink = -1
        outputs = range(self.starts[-2], self.starts[-1])
        joined = self.graph.copy()
        joined.add_edges_from((node, sink) for node in outputs)
        return set(self.graph) - nx.ancestors(joined, sink) - self.idle

    @cached_property
    def parts(self) -> list[int]:
        """Sizes of the parts that no edge joins, largest first; who feeds nobody is left out."""
        rest = self.graph.copy() if self.idle else self.graph
        rest.remove_nodes_from(self.idle)
        return sorted((len(part) for part in nx.weakly_connected_components(rest)), reverse=True)

    def warnings(self) -> list[str]:
        """One line per layer and fault."""
        lines = []
        for nodes, fault in (
            (self.unfed, "that nobody feeds"),
            (self.idle, "that feed nobody"),
            (self.unheard, "from which no output is reached"),
        ):
            for layer, neurons in self.by_layer(nodes).items():
                which = ", ".join(str(n) for n in neurons[:SHOWN])
                more = ", .." if len(neurons) > SHOWN else ""
                lines.append(f"layer {layer} has neurons {fault}: {len(neurons)} ({which}{more})")
        if len(self.parts) > 1:
            lines.append(
                f"the net falls into {len(self.parts)} parts that share no edge "
                f"(the largest has {self.parts[0]} neurons, the smallest {self.parts[-1]})"
            )
        return lines
