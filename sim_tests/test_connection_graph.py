"""Neurons without a part in the net, and the parts of the net, against networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_designs import SHAPES, make, random_pattern, schedule_of

from hwsim.checks import connection_graph
from hwsim.checks.connection_graph import ConnectionGraph
from hwsim.interleaver import Interleaver, draw_all


def true_graph(interleavers):
    """(layer, neuron) joined by every edge."""
    graph = nx.DiGraph()
    for layer, interleaver in enumerate(interleavers):
        shape = interleaver.shape
        graph.add_nodes_from((layer, neuron) for neuron in range(shape.n_left))
        for edge, left in enumerate(interleaver.left.ravel().tolist()):
            graph.add_edge((layer, left), (layer + 1, edge // shape.d_in))
    return graph


def true_findings(interleavers):
    """(idle, unheard, sizes of parts), by brute force."""
    graph, last = true_graph(interleavers), len(interleavers)
    idle = {node for node in graph if node[0] < last and not graph.succ[node]}
    heard = {node for node in graph if node[0] == last}
    for output in list(heard):
        heard |= nx.ancestors(graph, output)
    unheard = set(graph) - heard - idle
    rest = graph.subgraph(set(graph) - idle)
    parts = sorted(map(len, nx.weakly_connected_components(rest)), reverse=True)
    return idle, unheard, parts


def marked(masks):
    return {(layer, int(i)) for layer, mask in enumerate(masks) for i in np.flatnonzero(mask)}


def assert_finds_all(interleavers):
    graph = ConnectionGraph(interleavers)
    assert (marked(graph.idle), marked(graph.unheard), graph.parts) == true_findings(interleavers)


def confined(shape, rng, share):
    """A pattern of the first ``share`` of the left neurons alone: the others idle."""
    return random_pattern(shape, rng) % max(1, round(share * shape.n_left))


@settings(max_examples=150)
@given(
    st.sampled_from(sorted(SHAPES)),
    st.integers(0, 2**32),
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
)
def test_finds_all(name, seed, shares):
    design, rng = make(*SHAPES[name]), np.random.default_rng(seed)
    lefts = [confined(shape, rng, shares[i]) for i, shape in enumerate(design.shapes)]
    assert_finds_all([junction.interleaver for junction in schedule_of(design, *lefts).junctions])


@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("name", SHAPES)
def test_drawn_patterns(name, kind):
    assert_finds_all(draw_all(make(*SHAPES[name], {"type": kind})))


@pytest.mark.parametrize("rounds", [0, 1, 3, connection_graph.MAX_ROUNDS])
def test_giving_up_early_changes_nothing(rounds, monkeypatch):
    monkeypatch.setattr(connection_graph, "MAX_ROUNDS", rounds)
    assert_finds_all(draw_all(make(*SHAPES["four junctions"])))


@pytest.mark.parametrize("n_neurons", [10, 200])
def test_a_ring_is_one_part_however_long(n_neurons):
    """Right neuron k is fed by left neurons k and k + 1: far apart, but joined."""
    (shape,) = make([n_neurons, n_neurons], [2], [2]).shapes
    ring = (np.arange(n_neurons)[:, None] + np.arange(2)) % n_neurons
    graph = ConnectionGraph([Interleaver(shape, ring)])
    assert graph.parts == [2 * n_neurons]
    assert_finds_all(graph.interleavers)


def test_who_idles_joins_nobody_and_makes_up_for_nobody():
    """Of the hidden neurons only 0 feeds anybody; left neuron 3 feeds others, and so is alone."""
    design = make([4, 4, 4], [1, 1], [1, 1])
    lefts = [[0], [0], [3], [3]], [[0], [0], [0], [0]]
    graph = ConnectionGraph([j.interleaver for j in schedule_of(design, *lefts).junctions])
    assert graph.parts == [6, 1]
    assert_finds_all(graph.interleavers)
