"""Sparse networks in floating point: patterns, gradients, Adam, and that they learn."""

from __future__ import annotations

import numpy as np
import pytest

from hwsim.data import read_data
from hwsim.sparsity.network import Adam, Recipe, SparseNetwork
from hwsim.sparsity.patterns import PATTERNS, draw_mask, nearest_out_degree, out_degrees

SIZES = [(12, 8, 4), (800, 100, 50), (35, 21, 3), (64, 80, 5), (100, 10, 10), (16, 4, 1)]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("size", SIZES)
def test_patterns_have_their_degrees(pattern, size):
    n_left, n_right, d_out = size
    mask = draw_mask(pattern, *size, seed=1)
    assert (mask.shape, mask.sum()) == ((n_left, n_right), n_left * d_out)
    if pattern != "random":
        assert set(mask.sum(axis=1)) == {d_out}
        assert set(mask.sum(axis=0)) == {n_left * d_out // n_right}
    assert np.array_equal(mask, draw_mask(pattern, *size, seed=1))
    if d_out < n_right:
        assert not np.array_equal(mask, draw_mask(pattern, *size, seed=2))


def test_random_patterns_have_random_degrees():
    mask = draw_mask("random", 100, 50, 5, seed=1)
    assert len(set(mask.sum(axis=0))) > 5
    assert len(set(mask.sum(axis=1))) > 5


def test_structured_patterns_are_spread():
    """Each place has an edge as often as any other, over many seeds."""
    count = sum(draw_mask("structured", 12, 8, 2, seed).astype(int) for seed in range(2000))
    assert count.mean() == 500
    assert abs(count - 500).max() < 5 * np.sqrt(2000 * 0.25 * 0.75)


def test_degrees_that_are_no_whole_numbers_are_refused():
    assert out_degrees(784, 10) == [5, 10]
    assert nearest_out_degree(784, 100, 0.11) == 25
    assert nearest_out_degree(800, 100, 0.11) == 11
    with pytest.raises(ValueError, match=r"784 x 3 edges .* one of \[5, 10\]"):
        draw_mask("structured", 784, 10, 3, seed=1)
    with pytest.raises(ValueError, match="d_out must be from 1 to 10, not 0"):
        draw_mask("random", 784, 10, 0, seed=1)
    with pytest.raises(ValueError, match="one of random, structured, clash-free, not 'dense'"):
        draw_mask("dense", 784, 10, 5, seed=1)


def small(seed=1):
    masks = [draw_mask("structured", 12, 8, 4, 1), draw_mask("random", 8, 6, 3, 2),
             draw_mask("structured", 6, 3, 3, 3)]  # fmt: skip
    network = SparseNetwork(masks, seed)
    network.weights = [w.astype(np.float64) for w in network.weights]
    network.biases = [np.full(b.shape, 0.1) for b in network.biases]
    rng = np.random.default_rng(seed)
    return network, rng.random((20, 12)), rng.integers(3, size=20)


@pytest.mark.parametrize("d_out", [5, 50])
def test_initial_weights_are_those_of_he(d_out):
    """Normal, with variance 2 / in-degree, on edges only."""
    mask = draw_mask("structured", 800, 100, d_out, 1)
    network = SparseNetwork([mask])
    weight = network.weights[0]
    in_degree = mask.sum(axis=0)[0]
    assert (weight[~mask] == 0).all() and (network.biases[0] == 0).all()
    assert weight[mask].std() == pytest.approx(np.sqrt(2 / in_degree), rel=0.03)
    assert abs(weight[mask].mean()) < 4 * np.sqrt(2 / in_degree / mask.sum())


@pytest.mark.parametrize("l2", [0.0, 0.01])
def test_gradients_are_the_slopes_of_the_loss(l2):
    """Central differences, on every edge and bias."""
    network, x, y = small()
    gradients, *_ = network.gradients(x, y, l2)
    parameters = [*network.weights, *network.biases]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        for at in np.ndindex(parameter.shape):
            before, losses = parameter[at], []
            if parameter.ndim == 2 and before == 0:
                assert gradient[at] == 0, "there is no edge"
                continue
            for nudge in (1e-6, -1e-6):
                parameter[at] = before + nudge
                losses.append(network.gradients(x, y, l2)[1])
            parameter[at] = before
            slope = (losses[0] - losses[1]) / 2e-6
            assert gradient[at] == pytest.approx(slope, abs=1e-7, rel=1e-4)


def test_adam_steps_as_published():
    """Algorithm 1 of Kingma and Ba, with its corrected moments written out."""
    rng = np.random.default_rng(1)
    theta, m, v = np.full(5, 0.5), np.zeros(5), np.zeros(5)
    mine = theta.copy()
    adam = Adam([mine], rate=0.01)
    for t in range(1, 30):
        g = rng.normal(size=5)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        theta = theta - 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        adam.step([g.copy()])
        assert mine == pytest.approx(theta, rel=1e-5)


def digits():
    arrays = read_data("digits")
    return [arrays[name] / np.float32(255) if name[0] == "x" else arrays[name]
            for name in ("xtr", "ytr", "xte", "yte")]  # fmt: skip


def test_training_keeps_the_pattern_and_learns():
    xtr, ytr, xte, yte = digits()
    masks = [draw_mask("clash-free", 64, 80, 10, 1), draw_mask("clash-free", 80, 10, 5, 1)]
    network = SparseNetwork(masks)
    history = network.train(xtr, ytr, Recipe(epochs=60, batch=32), (xte, yte))
    assert len(history) == 60
    assert history[-1].loss < history[0].loss / 10
    assert history[-1].validation_accuracy == network.accuracy(xte, yte) > 0.93
    assert all((w[~mask] == 0).all() for w, mask in zip(network.weights, masks, strict=True))
    assert network.n_edges == 64 * 10 + 80 * 5


def test_same_seed_same_training():
    xtr, ytr, *_ = digits()

    def trained(seed):
        network = SparseNetwork([draw_mask("structured", 64, 10, 5, 1)], seed)
        network.train(xtr, ytr, Recipe(epochs=1, seed=seed))
        return network.weights[0]

    assert np.array_equal(trained(1), trained(1))
    assert not np.array_equal(trained(1), trained(2))


def test_l2_makes_weights_small():
    xtr, ytr, *_ = digits()
    sizes = []
    for l2 in (0.0, 0.1):
        network = SparseNetwork([draw_mask("structured", 64, 10, 10, 1)])
        network.train(xtr, ytr, Recipe(epochs=30, batch=32, l2=l2))
        sizes.append(np.abs(network.weights[0]).mean())
    assert sizes[1] < sizes[0] / 2
