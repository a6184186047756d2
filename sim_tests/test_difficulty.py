"""How hard data are to tell apart: brute force, and what is published of the Morse data."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from hwsim.cli.app import run
from hwsim.datasets.difficulty import difficulty
from hwsim.datasets.morse import Morse

ACCURACY = {
    "1": (97.6, 96.1, 87.9, 71.5, 54.2),
    "2": (90.4, 82.4, 66.9, 50.2, 35.4),
    "3": (65.1, 59.3, 47.4, 36.1, 26.2),
    "4": (81.2, 79.7, 73.5, 64.2, 54.4),
}
"""Published test accuracies (%) of Morse x.0 to x.4, of fully connected nets with 1024 hidden
neurons (ICCCNT 2018)."""

FIELDS = ("lower", "upper", "distance", "near_pairs")


def by_hand(x, y):
    """The four metrics, class by class and pair by pair."""
    labels = sorted(set(y))
    groups = [[x[i] for i in range(len(y)) if y[i] == label] for label in labels]
    columns = [list(zip(*group, strict=True)) for group in groups]
    centers = [[sum(column) / len(column) for column in group] for group in columns]
    spread = [
        sum(
            math.sqrt(sum((v - c) ** 2 for v in column) / len(column))
            for column, c in zip(group, center, strict=True)
        )
        / len(center)
        for group, center in zip(columns, centers, strict=True)
    ]
    lower = upper = distance = near = 0.0
    for m, group in enumerate(groups):
        others = [math.dist(centers[m], centers[j]) for j in range(len(labels)) if j != m]
        errors = [math.erfc(d / (2 * spread[m]) / math.sqrt(2)) / 2 for d in others]
        lower += len(group) / len(y) * max(errors)
        upper += len(group) / len(y) * sum(errors)
        distance += spread[m] / min(others) / len(labels)
        for j in range(m):
            apart = [abs(a - b) for a, b in zip(centers[m], centers[j], strict=True)]
            near += sum(apart) / len(apart) < 0.05
    return lower, upper, distance, near


@pytest.fixture(scope="module")
def grid():
    """The metrics of every Morse x.y, smaller."""
    found = {}
    for name in (f"{x}.{y}" for x in ACCURACY for y in range(5)):
        arrays = Morse.variant(name, training=200, validation=0, test=0).generate()
        found[name] = difficulty(arrays["xtr"], arrays["ytr"])
    return found


def test_the_metrics_are_those_of_the_formulas():
    rng = np.random.default_rng(1)
    y = rng.integers(4, size=60) * 3  # labels need not be 0, 1, 2 ..
    x = np.clip(rng.normal(0.3 + y[:, None] ** 2 / 400, 0.1, (60, 7)), 0, 1)
    found = difficulty(x, y)
    expected = by_hand(x.tolist(), y.tolist())
    assert [getattr(found, name) for name in FIELDS] == pytest.approx(expected, rel=1e-12)
    assert 0 < found.near_pairs < 6


def test_bytes_are_scaled_and_images_flattened():
    rng = np.random.default_rng(2)
    images, y = rng.integers(256, size=(40, 3, 4), dtype=np.uint8), np.arange(40) % 5
    assert difficulty(images, y) == difficulty(images.reshape(40, 12) / 255, y)


def test_noise_makes_it_harder(grid):
    for x in ACCURACY:
        pairs = [grid[f"{x}.{y}"].near_pairs for y in range(5)]
        assert pairs == sorted(pairs)
        assert pairs[0] < pairs[-1]
        bounds = [grid[f"{x}.{y}"].upper for y in range(5)]
        assert bounds[1:] == sorted(bounds[1:])  # the first two differ by less than the draws
        assert bounds[0] < bounds[-1]


@pytest.mark.parametrize("name", FIELDS[:3])
def test_the_order_of_the_kinds(grid, name):
    """As with the published accuracies: 1 is easiest, then 4, 2, and 3 is hardest."""
    for y in range(3):
        kinds = sorted("1234", key=lambda x: getattr(grid[f"{x}.{y}"], name))
        assert "".join(kinds) == "1423"


@pytest.mark.parametrize("name", FIELDS)
def test_the_metrics_tell_the_published_accuracies(grid, name):
    """They are published to correlate with them at -0.59 to -0.64."""
    values = [getattr(grid[f"{x}.{y}"], name) for x in ACCURACY for y in range(5)]
    accuracies = [accuracy for row in ACCURACY.values() for accuracy in row]
    assert np.corrcoef(values, accuracies)[0, 1] < -0.5


def test_centroids_that_are_equal():
    x = np.array([[0.5], [0.5], [0.5], [0.5]])
    found = difficulty(x, np.array([0, 0, 1, 1]))
    assert (found.lower, found.upper, found.near_pairs) == (0.5, 0.5, 1)
    assert math.isinf(found.distance)
    x = np.array([[0.0], [1.0], [0.0], [1.0]])
    assert difficulty(x, np.array([0, 0, 1, 1])).lower == 0.5


def test_classes_without_spread_are_told_apart():
    found = difficulty(np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0, 0, 1, 1]))
    assert (found.lower, found.upper, found.distance, found.near_pairs) == (0, 0, 0, 0)


def test_the_command(tmp_path, capsys):
    assert run(["data", "difficulty", "--data", "digits", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert tuple(found) == FIELDS
    assert 0 < found["lower"] < found["upper"] < 1
    path = tmp_path / "same.npz"
    np.savez(path, xtr=np.zeros((4, 2)), ytr=[0, 0, 1, 1])
    assert run(["data", "difficulty", "--data", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["distance"] is None


@pytest.mark.parametrize(("labels", "text"), [
    ([0, 0, 0], "ytr = 1: there is one class, and nothing to tell apart"),
    ([0, 1], "ytr = 2: 2 labels for 3 images in xtr"),
    ([0, 1, -1], "ytr[2] = -1: labels go from 0; fix: count from 0"),
])  # fmt: skip
def test_the_command_refuses_with_one_line(labels, text, tmp_path, capsys):
    path = tmp_path / "d.npz"
    np.savez(path, xtr=np.zeros((3, 2)), ytr=labels)
    assert run(["data", "difficulty", "--data", str(path)]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert err.startswith(f"{path}: {text}")
