"""Scatter, spread and dispersion against their definitions, written out."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_designs import SHAPES, junction_sizes, make, random_pattern, schedule_of

from hwsim.checks import goodness
from hwsim.checks.goodness import dispersion, edge_permutation, scatter, spread
from hwsim.interleaver import draw_all


def edge_numbers(interleaver):
    seen, numbers = {}, []
    for left in interleaver.left.ravel().tolist():
        numbers.append(left * interleaver.shape.d_out + seen.get(left, 0))
        seen[left] = seen.get(left, 0) + 1
    return numbers


def true_spread(pi):
    return min(j - i + abs(pi[j] - pi[i]) for i, j in combinations(range(len(pi)), 2))


def true_dispersion(pi):
    pairs = list(combinations(range(len(pi)), 2))
    return len({(j - i, pi[j] - pi[i]) for i, j in pairs}) / len(pairs)


def edge_counts(interleaver):
    """[left][right] number of edges."""
    shape = interleaver.shape
    counts = [[0] * shape.n_right for _ in range(shape.n_left)]
    for edge, left in enumerate(interleaver.left.ravel().tolist()):
        counts[left][edge // shape.d_in] += 1
    return counts


def transposed(matrix):
    return [list(column) for column in zip(*matrix, strict=True)]


def path_counts(matrices):
    whole = matrices[0]
    for matrix in matrices[1:]:
        columns = transposed(matrix)
        whole = [
            [sum(a * b for a, b in zip(row, column, strict=True)) for column in columns]
            for row in whole
        ]
    return whole


def true_scatter(counts, degree):
    """Mean over rows and windows of columns."""
    size, values = len(counts[0]), []
    window = -(-size // degree)
    for row in counts:
        for start in range(0, size, window):
            ideal = Fraction(degree, size) * len(row[start : start + window])
            values.append(min(Fraction(1), sum(row[start : start + window]) / ideal))
    return float(sum(values) / len(values))


def true_scatter_values(interleavers):
    matrices = [edge_counts(interleaver) for interleaver in interleavers]
    shapes = [interleaver.shape for interleaver in interleavers]
    values = []
    for shape, matrix in zip(shapes, matrices, strict=True):
        values += [true_scatter(matrix, shape.d_out), true_scatter(transposed(matrix), shape.d_in)]
    whole = path_counts(matrices)
    values.append(true_scatter(whole, prod(shape.d_out for shape in shapes)))
    values.append(true_scatter(transposed(whole), prod(shape.d_in for shape in shapes)))
    return tuple(values)


def assert_good(interleavers):
    assert scatter(interleavers) == true_scatter_values(interleavers)
    for interleaver in interleavers:
        pi = edge_numbers(interleaver)
        assert edge_permutation(interleaver).tolist() == pi
        if len(pi) > 1:
            assert spread(np.array(pi)) == true_spread(pi)
            assert dispersion(np.array(pi), interleaver.shape.n_left) == true_dispersion(pi)


@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("name", SHAPES)
def test_goodness_of_drawn_patterns(name, kind):
    assert_good(draw_all(make(*SHAPES[name], {"type": kind, "dither": kind != 2})))


@settings(max_examples=60)
@given(junction_sizes(largest=12), st.integers(1, 3), st.integers(0, 2**32))
def test_goodness_of_any_shape(sizes, kind, seed):
    n_left, n_right, d_out, z = sizes
    if n_left * d_out <= 150:
        assert_good(draw_all(make([n_left, n_right], [d_out], [z], {"type": kind, "seed": seed})))


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_goodness_of_patterns_with_wrong_degrees(seed):
    design = make([12, 8, 6], [2, 3], [4, 8])
    rng = np.random.default_rng(seed)
    lefts = [random_pattern(shape, rng) for shape in design.shapes]
    assert_good([junction.interleaver for junction in schedule_of(design, *lefts).junctions])


@settings(max_examples=60)
@given(st.permutations(range(40)))
def test_spread_and_dispersion_of_permutations(pi):
    assert spread(np.array(pi)) == true_spread(pi)
    assert dispersion(np.array(pi), 10) == true_dispersion(pi)


def test_values_known_from_theory():
    identity = np.arange(50)
    assert spread(identity) == 2
    assert dispersion(identity, 50) == 49 / (50 * 49 / 2)
    everybody = draw_all(make([6, 4], [4], [2]))
    assert scatter(everybody) == (1.0, 1.0, 1.0, 1.0)


def test_prototype_reads_64_neighbours_of_1024():
    design = make([1024, 64, 32], [4, 16], [128, 32], {"type": 3, "phi": 0})
    assert scatter(draw_all(design)) == (1.0, 4 / 64, 1.0, 16 / 32, 1.0, 1.0)


def test_single_edge_has_neither_spread_nor_dispersion():
    assert spread(np.zeros(1, int)) is None
    assert dispersion(np.zeros(1, int), 1) is None


def test_large_patterns_with_equal_sweeps_are_counted_by_one_sweep():
    pi = edge_permutation(draw_all(make([60, 60], [6], [12], {"type": 3}))[0])
    assert goodness._sweeps_alike(pi, 60)
    assert dispersion(pi, 60) == true_dispersion(pi.tolist())


def test_what_would_take_too_long_is_left_out(monkeypatch):
    interleavers = draw_all(make([12, 8, 6], [2, 3], [4, 8], {"type": 1}))
    pi = edge_permutation(interleavers[0])
    monkeypatch.setattr(goodness, "MAX_SPREAD_EDGES", len(pi) - 1)
    monkeypatch.setattr(goodness, "MAX_DISPERSION_EDGES", len(pi) - 1)
    monkeypatch.setattr(goodness, "MAX_PATH_STEPS", 10)
    assert spread(pi) is None
    assert dispersion(pi, 12) is None
    assert scatter(interleavers)[-2:] == (None, None)
    assert None not in scatter(interleavers)[:-2]


def test_many_windows_are_taken_in_parts(monkeypatch):
    interleavers = draw_all(make([12, 8, 6], [2, 3], [4, 8]))
    whole = scatter(interleavers)
    monkeypatch.setattr(goodness, "ROWS_AT_ONCE", 5)
    assert scatter(interleavers) == whole


def test_a_hundred_thousand_edges_take_seconds():
    interleavers = draw_all(make([10_000, 1000, 100], [10, 10], [500, 50], {"type": 3}))
    assert None not in scatter(interleavers)
    pi = edge_permutation(interleavers[0])
    assert spread(pi) >= 2
    assert dispersion(pi, 10_000) > 0
