"""``clashfree study``: how edges are spread, the tables, and the command."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from sklearn.decomposition import PCA
from trial_tools import assert_all_count, campaign_here

from hwsim.cli import app as cli
from hwsim.data import read_data
from hwsim.design_file import load_design
from hwsim.errors import MISSING, BadInput
from hwsim.sparsity import trends
from hwsim.sparsity.bit_width import bit_width
from hwsim.sparsity.cases import Case, compare
from hwsim.sparsity.intervals import interval
from hwsim.sparsity.network import Recipe
from hwsim.sparsity.spread import densities, edges, full_edges, spread
from hwsim.sparsity.trial import FloatTraining
from hwsim.sparsity.view import View
from hwsim.sweep.sweep import Settings, trials

DIGITS = View.of("digits")
QUICK = trends.Effort(seeds=2, epochs=1, batch=64)


def ignore(count):
    pass


# How edges are spread.


@pytest.mark.parametrize("layers", [(64, 128, 64), (800, 100, 100, 10), (64, 1024, 64)])
@pytest.mark.parametrize("density", [1.0, 0.5, 0.2, 0.07])
@pytest.mark.parametrize("ratio", [0.25, 1.0, 4.0])
def test_densities_have_their_ratio_and_their_mean(layers, density, ratio):
    found = densities(layers, density, ratio)
    sizes = [a * b for a, b in pairwise(layers)]
    assert sum(map(math.prod, zip(sizes, found, strict=True))) == pytest.approx(
        density * full_edges(layers)
    )
    for before, after in pairwise(found):
        assert max(before, after) == 1 or after / before == pytest.approx(ratio)


def test_a_dense_last_junction_leaves_the_rest_to_the_others():
    assert densities([64, 64, 64], 0.75, dense_last=True) == pytest.approx([0.5, 1])
    assert densities([16, 16, 64], 0.5, dense_last=True) == [0, 1]
    assert spread([784, 112, 112, 112, 10], 0.1, dense_last=True)[-1] == 10


def test_out_degrees_are_near_to_the_density():
    for density in (0.05, 0.1, 0.3):
        layers = (800, 100, 100, 10)
        found = edges(layers, spread(layers, density)) / full_edges(layers)
        assert found == pytest.approx(density, rel=0.1)


# Means and intervals.


def test_the_interval_is_that_of_students_t():
    values = [0.91, 0.95, 0.9, 0.93]
    expected = stats.t.interval(0.95, 3, loc=np.mean(values), scale=stats.sem(values))
    assert interval(values) == pytest.approx((np.mean(values), *expected))
    assert interval([0.5])[0] == 0.5 and all(math.isnan(x) for x in interval([0.5])[1:])


@dataclass(frozen=True)
class Known:
    """A training whose accuracy is known."""

    accuracy: float

    def description(self):
        return {"accuracy": self.accuracy}

    def run(self):
        return {"edges": 7, "accuracy": self.accuracy}


def test_gains_are_differences_seed_by_seed():
    """Seeds differ by far more than the cases do; pairs see the gain all the same."""
    cases = [
        Case({"kind": "base"}, lambda seed: Known(0.1 * seed), 0),
        Case({"kind": "better"}, lambda seed: Known(0.1 * seed + 0.01), 0),
        Case({"kind": "alone"}, lambda seed: Known(0.5)),
    ]
    steps = []
    table = compare(campaign_here(), cases, 3, steps.append)
    base, better, alone = table.to_dict("records")
    assert (base["kind"], base["edges"], base["seeds"]) == ("base", 7, 3)
    assert (base["accuracy"], base["gain"]) == (pytest.approx(0.2), 0)
    assert better["gain_low"] == pytest.approx(0.01) == better["gain_high"]
    assert better["low"] < base["accuracy"] < better["high"]
    assert math.isnan(alone["gain"]) and sum(steps) == 9


# What is trained.


def test_a_training_is_named_by_what_it_sees_not_by_where_that_lies(tmp_path):
    arrays = read_data("digits")
    names = []
    for name in ("a.npz", "b.npz"):
        np.savez(tmp_path / name, **arrays)
        view = View.of(str(tmp_path / name))
        training = FloatTraining(view, (64, 10), (10,), "random", Recipe(epochs=1))
        names.append(training.description())
    assert names[0] == names[1]
    assert_all_count(training)


def test_the_view_pads_reduces_and_keeps_back():
    padded = View.of("digits", 80).load()
    assert padded.xtr.shape == (1437, 80) and not padded.xtr[:, 64:].any()
    assert padded.xtr.max() == 1 and padded.xva.shape == (0, 80)
    limited = replace(DIGITS, limit=100, validation=0.2).load()
    assert len(limited.ytr) + len(limited.yva) == 100
    whole = replace(DIGITS, validation=0.2).load()
    counts = [np.bincount(y, minlength=10) for y in (whole.ytr, whole.yva)]
    assert abs(counts[1] - 0.2 * (counts[0] + counts[1])).max() <= 0.5
    everything = np.concatenate([whole.xtr, whole.xva])
    assert np.array_equal(
        np.unique(everything, axis=0), np.unique(DIGITS.load().xtr, axis=0)
    )  # fmt: skip
    reduced = DIGITS.reduced(20).load()
    assert reduced.xtr.shape[1] == reduced.xte.shape[1] == 20
    fitted = PCA(20, svd_solver="covariance_eigh").fit(DIGITS.load().xtr)
    assert np.allclose(reduced.xte, fitted.transform(DIGITS.load().xte), atol=1e-5)
    covariance = np.cov(reduced.xtr.T)
    assert abs(covariance - np.diag(np.diag(covariance))).max() < 1e-4
    assert (np.diff(np.diag(covariance)) < 1e-6).all()


def test_data_that_changed_are_refused_wherever_that_is_found(tmp_path):
    arrays = read_data("digits")
    np.savez(tmp_path / "data.npz", **arrays)
    view = View.of(str(tmp_path / "data.npz"))
    np.savez(tmp_path / "data.npz", **arrays | {"ytr": arrays["ytr"][::-1]})
    with pytest.raises(BadInput, match=r"data.npz.: is not what it was at first") as caught:
        FloatTraining(view, (64, 10), (10,), "random", Recipe(epochs=1)).run()
    sent = pickle.loads(pickle.dumps(caught.value))
    assert sent.lines == caught.value.lines and type(sent) is BadInput
    assert pickle.loads(pickle.dumps(MISSING)) is MISSING


def test_degrees_that_no_pattern_has_are_bad_input():
    training = FloatTraining(DIGITS, (64, 10), (3,), "clash-free", Recipe(epochs=1))
    with pytest.raises(BadInput, match=r"junction 1 of \(64, 10\): out_degree = 3: .*; fix: "):
        training.run()


def test_patterns_and_seeds_reach_the_edges():
    effort = trends.Effort(pattern="random", epochs=3, batch=7, rate=0.5)
    made = [effort.training(DIGITS, (64, 20, 10), (5, 10), 1e-3)(seed) for seed in (1, 2)]
    assert {training.pattern for training in made} == {"random"}
    assert made[0].recipe == Recipe(epochs=3, batch=7, rate=0.5, l2=1e-3, seed=1)
    first, second = (training._masks()[0] for training in made)
    assert not np.array_equal(first, second) and len(set(first.sum(axis=0))) > 1


# The trends: what is compared with what. That they hold, the tables in docs/sparsity.md show.


def test_later_denser_compares_with_the_even_spread():
    table = trends.later_denser(
        campaign_here(), DIGITS, (64, 80, 80), QUICK, ignore, (0.2, 0.5), (0.5, 1, 2)
    )
    assert [*table["density"]] == [0.2] * 3 + [0.5] * 3
    assert [*table["ratio"]] == [0.5, 1, 2] * 2
    assert (table["gain"][table["ratio"] == 1] == 0).all()
    first, last = table["out_degrees"][0], table["out_degrees"][2]
    assert int(first.split()[0]) > int(last.split()[0])


def test_less_redundant_compares_features_and_components():
    table = trends.less_redundant(
        campaign_here(), DIGITS, (64, 40, 10), QUICK, ignore, (1, 0.5), 20
    )
    assert [*table["inputs"]] == ["64 features"] * 2 + ["20 components"] * 2
    assert [*table["gain"][[0, 2]]] == [0, 0]
    assert [*table["edges"][[0, 2]]] == [64 * 40 + 400, 20 * 40 + 400]


def test_large_and_sparse_has_as_many_edges():
    table = trends.large_and_sparse(campaign_here(), DIGITS, QUICK, ignore, (16, 32, 64), 2)
    assert [*table["width"]] == [16, 32, 64] and table["density"][0] == 1
    assert (abs(table["edges"] / table["edges"][0] - 1) < 0.25).all()
    assert table["gain"][0] == 0


def test_less_l2_marks_the_best_of_each_density():
    table = trends.less_l2(
        campaign_here(), DIGITS, (64, 40, 10), QUICK, ignore, (1, 0.5), (0, 1e-4, 0.3)
    )
    assert [*table["best"].groupby(table["density"]).sum()] == [1, 1]
    assert (table["gain"][table["l2"] == 0] == 0).all()
    best = table[table["best"]]
    assert (
        best["accuracy"].to_numpy() == table.groupby("density")["accuracy"].max()[[1, 0.5]]
    ).all()
    assert not table["best"][table["l2"] == 0.3].any(), "so much L2 leaves nothing"


def test_bit_width_replaces_widths_and_seeds():
    arrays = read_data("digits")
    design = load_design("designs/digits.toml")
    trial = trials(Settings("digits", 1, 300, 1, "fast"), arrays)(design)
    runs = campaign_here()
    table = bit_width(runs, trial, (8, 12), 2, ignore)
    assert [*table["frac_bits"]] == [4, 8] and [*table["int_bits"]] == [3, 3]
    assert table["memory_bits"][0] < table["memory_bits"][1] and table["gain"][1] == 0
    assert runs.trained == 4
    again = bit_width(runs, trial, (12,), 2, ignore, int_bits=4)
    assert ([*again["frac_bits"]], runs.trained) == ([7], 6)


# The command.


@pytest.fixture
def study(tmp_path, monkeypatch, capsys):
    """Run the command: its status, what ``--json`` prints, what it says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hwsim.trials.campaign.choose", lambda *_: campaign_here().place)

    def run(*arguments):
        status = cli.run(["study", *arguments, "--json"])
        printed = capsys.readouterr()
        return status, json.loads(printed.out or "{}"), printed.err

    return run


SIZE = ("size", "--data", "digits", "--widths", "10,20", "--hidden", "1", "--seeds", "2",
        "--epochs", "2", "--limit", "200", "--batch", "32")  # fmt: skip


L2 = ("l2", "--data", "digits", "--layers", "64,10")
FEW_STEPS = "warning: 14 steps per training: more --epochs or a smaller --batch learn more\n"


def test_networks_that_have_not_as_many_edges_are_told_of(study):
    _, found, said = study(*SIZE, "--widths", "5,80")
    edges = [row["edges"] for row in found["rows"]]
    assert f"networks have {min(edges)} to {max(edges)} edges: few degrees are possible" in said
    more = ("--data", "digits", "--layers", "64,64,64", "--densities", "0.5,0.3", "--seeds", "1",
            "--epochs", "1")  # fmt: skip
    assert "edges" not in study("junctions", *more)[2]


def test_a_study_is_a_table_and_goes_on_from_its_records(study, tmp_path):
    places = ("--records", "r.sqlite", "--csv", "t.csv")
    status, found, said = study(*SIZE, *places)
    assert (status, len(found["rows"])) == (0, 2)
    assert said == FEW_STEPS
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[0].split(",") == [*found["rows"][0]] and len(lines) == 3
    again = study(*SIZE, *places)
    assert again == (0, found, FEW_STEPS + "4 of 4 trainings were there already\n")


def test_one_seed_has_no_interval(study):
    status, found, _ = study(*SIZE, "--seeds", "1")
    row = found["rows"][1]
    assert (status, row["low"], row["gain_low"]) == (0, None, None)
    assert row["gain"] is not None


def test_people_see_percent(study, capsys, tmp_path):
    assert cli.run(["study", *SIZE]) == 0
    printed = capsys.readouterr().out
    assert "accuracy" in printed and " %" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*SIZE, "--widths", "0,3"), "--widths = [0, 3]: must be positive; fix: e.g. 14,28,56"),
        (("l2", "--data", "digits", "--layers", "64"), "must be two or more positive integers"),
        (("l2", "--data", "digits", "--layers", "32,10"), "images of 64 pixels"),
        (("l2", "--data", "digits", "--layers", "64,9"), "the data have 10 classes; fix: 10 neur"),
        ((*L2, "--densities", "0"), "must be numbers from 1e-06 to 1; fix: e.g. 0.2,0.1"),
        ((*L2, "--lambdas", "-1"), "must be numbers from 0 on; fix: e.g. 0,1e-5"),
        ((*L2, "--lambdas", "a"), "must be numbers"),
        ((*L2, "--densities", "nan"), "must be numbers from 1e-06 to 1"),
        (("redundancy", *L2[1:], "--components", "65"), "1437 inputs of 64 features; fix: at most"),
        (("bits", "DESIGN", "--data", "digits", "--bits", "6,40"), "frac_bits = 2: "),
        (("bits", "DESIGN", "--data", "digits", "--bits", "30"), "--bits: number"),
        ((*SIZE, "--csv", "none/t.csv"), "its directory does not exist"),
        ((*SIZE, "--csv", "x", "--records", "x"), "would replace the design, the data or another"),
        (("size", "--data", "no-test.npz"), "xte: there is no test set"),
        (("size", "--data", "empty-test.npz"), "xte: there is no test set"),
        (("bits", "DESIGN", "--data", "empty-test.npz"), "xte: there is no test set"),
        ((*SIZE, "--rate", "nan"), "nan is no number"),
        (("junctions", *L2[1:], "--ratios", "1e-9"), "from 0.001 to 1000; fix: e.g. 0.25,1,4"),
        (("bits", "DESIGN", "--data", "digits", "--csv", "DESIGN"), "would replace the design"),
        (("bits", "DESIGN", "--data", "digits", "--bits", "6", "--records", "r"), "frac_bits = 2"),
        (("redundancy", "--data", "digits", "--layers", "64,10", "--limit", "9", "--components",
          "12"), "there are 9 inputs of 64 features; fix: at most 9"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_per_mistake(study, arguments, message, request, tmp_path):
    design = str(request.config.rootpath / "designs/digits.toml")
    arrays = read_data("digits")
    np.savez("no-test.npz", xtr=arrays["xtr"], ytr=arrays["ytr"])
    np.savez("empty-test.npz", **arrays | {"xte": arrays["xte"][:0], "yte": arrays["yte"][:0]})
    status, _, said = study(*(design if word == "DESIGN" else word for word in arguments))
    assert status == 2 and message in said
    assert all("fix: " in line or "; see " in line for line in said.splitlines())
    assert {path.name for path in tmp_path.iterdir()} == {"no-test.npz", "empty-test.npz"}
