"""The search: kernel, spaces, optimiser, candidates, complexities, evaluation, stages."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm
from trial_tools import assert_all_count, campaign_here

from fpga.estimate.estimate import estimate
from hwsim.checks.problems import find_problems
from hwsim.cli.search_options import SearchOptions, starter
from hwsim.data import load_data
from hwsim.design_file import load_design
from hwsim.interleaver import draw
from hwsim.schedule import make_schedule
from hwsim.search.candidate import Frame, nearest_clean_degree, share_lanes
from hwsim.search.comparison import compare_methods
from hwsim.search.complexity import find, names
from hwsim.search.evaluation import Evaluation, Trial
from hwsim.search.kernel import PointKernel
from hwsim.search.optimiser import (
    expected_improvement,
    objective,
    prior_size,
    propose,
    random_points,
    sobol_points,
)
from hwsim.search.pareto import front
from hwsim.search.search import METHODS, Plan, bayesian
from hwsim.search.space import (
    DEFAULT_RECIPE,
    MISSING,
    RECIPES,
    SPREADS,
    JointSpace,
    Parameter,
    Space,
    architectures,
    largest,
)
from hwsim.search.training import SearchTraining
from hwsim.sparsity.network import Epoch, Recipe
from hwsim.sparsity.patterns import mask_of
from hwsim.sparsity.view import View
from hwsim.training import Trainer

SMALL = architectures(2, 32, 0.05)
FRAME = Frame(features=64, classes=10, lanes=24, seed=1)

# The kernel.


def check_kernel() -> PointKernel:
    """Of the published check: limits of layers 1, 2, 3."""
    limits = enumerate(((16, 64), (16, 128), (16, 256)), 1)
    layers = [Parameter(f"width_{i}", *ends, order=i, group="widths") for i, ends in limits]
    return PointKernel(Space(tuple(layers), (2, 3)))


def test_the_kernel_has_its_published_value():
    kernel, rows = check_kernel(), np.array([[50, 80, MISSING], [36, 61, 107]])
    distances = kernel.distances(rows[:1], rows[1:])[0, 0]
    assert distances.round(3).tolist() == [0.875, 1.236, 3.0]
    assert np.exp(-(distances**2) / 2).round(3).tolist() == [0.682, 0.466, 0.011]
    assert kernel(rows)[0, 1].round(3) == 0.386
    assert np.array_equal(np.diag(kernel(rows)), kernel.diag(rows))


def test_layers_that_both_lack_are_alike():
    rows = np.array([[50, MISSING, MISSING], [36, MISSING, MISSING]])
    assert check_kernel().distances(rows[:1], rows[1:])[0, 0, 1:].tolist() == [0, 0]


def test_groups_weigh_as_much_as_each_other_and_minus_one_is_no_missing_density():
    layers = SMALL.parameters
    assert [p.group for p in layers] == ["widths", "widths", "density"]
    one = SMALL.row({"width_1": 16, "width_2": 32, "density": 0.5})
    other = SMALL.row({"width_1": 16, "width_2": 32, "density": 0.05})
    assert one[2] == -1
    alike = math.exp(-((3 * math.log(10) / math.log(20)) ** 2) / 2)
    kernel = PointKernel(SMALL)
    assert kernel(np.array([one]), np.array([other]))[0, 0] == pytest.approx(0.5 + 0.5 * alike)


# Spaces.


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=9, max_size=9))
def test_points_stay_within_their_limits(shares):
    space = JointSpace(architectures(3, 128, 0.02), SPREADS, RECIPES)
    assert space.dimensions == 9
    point = space.point(shares)
    widths = [point[f"width_{i}"] for i in (1, 2, 3) if f"width_{i}" in point]
    assert len(widths) == 1 + int(3 * shares[0])
    assert all(16 <= width <= 128 and width % 16 == 0 for width in widths)
    assert 0.02 <= point["density"] <= 1 and 1e-4 <= point["rate"] <= 0.0300001
    assert point["batch"] in (32, 64, 128, 256, 512) and 1e-7 <= point["l2"] <= 0.00100001


def test_every_width_and_every_batch_is_as_likely():
    points = random_points(JointSpace(SMALL, SPREADS, RECIPES), 4000, np.random.default_rng(1))
    for name, count in (("width_1", 2), ("batch", 5), ("ratio", 3)):
        _, found = np.unique([point[name] for point in points], return_counts=True)
        assert len(found) == count
        assert abs(found - 4000 / count).max() < 5 * math.sqrt(4000 / count)


def test_the_prior_is_a_balanced_sobol_sequence():
    assert [prior_size(n) for n in (0, 1, 2, 5, 8, 16, 40)] == [0, 1, 2, 4, 8, 16, 16]
    space = architectures(3, 256, 0.02)
    points = sobol_points(space, 16, seed=3)
    widths = sorted(point["width_1"] for point in points)
    assert widths == [*range(16, 257, 16)], "one in each sixteenth"
    assert points == sobol_points(space, 16, seed=3) != sobol_points(space, 16, seed=4)
    assert len(sobol_points(space, 5, seed=3)) == 5


# The optimiser.


@pytest.mark.parametrize(("mean", "deviation"), [(0.3, 0.5), (-1.0, 0.2), (2.0, 0.1)])
def test_expected_improvement_is_the_integral_that_it_stands_for(mean, deviation):
    def weighed(value):
        return max(0.1 - value, 0) * norm.pdf(value, mean, deviation)

    ends = mean - 8 * deviation, mean + 8 * deviation
    expected, _ = quad(weighed, *ends, points=[0.1] if ends[0] < 0.1 < ends[1] else None)
    found = expected_improvement(np.array([mean]), np.array([deviation]), 0.1)[0]
    assert found == pytest.approx(expected, abs=1e-9)


def test_the_objective_is_the_published_one():
    assert objective(0.9, 0.5, 0.2) == pytest.approx(math.log(0.1 + 0.1))
    assert math.isfinite(objective(1.0, 0.5, 0.0))


def bowl(point):
    """Lowest at a rate of 1e-3, a batch of 128 and an L2 of 1e-5."""
    rate, l2 = math.log10(point["rate"]) + 3, math.log10(point["l2"]) + 5
    return rate**2 + 0.1 * l2**2 + (math.log2(point["batch"]) - 7) ** 2


def best_of(points):
    return min(bowl(point) for point in points)


def test_proposals_find_the_minimum_better_than_chance():
    ours, random = [], []
    for seed in range(5):
        known = [(point, bowl(point)) for point in sobol_points(RECIPES, 8, seed)]
        taken = set()
        for step in range(4):
            points = propose(RECIPES, known, 4, [seed, step], lambda p: tuple(p.values()), taken)
            assert len(points) == 4
            known += [(point, bowl(point)) for point in points]
        ours.append(min(value for _, value in known))
        random.append(best_of(random_points(RECIPES, 24, np.random.default_rng(seed))))
    assert np.mean(ours) < np.mean(random) / 3


def test_nothing_is_proposed_twice_and_nothing_is_an_answer():
    taken = {1}
    known = [({"rate": 1e-3, "l2": 1e-5, "batch": 32}, 0.0)]
    points = propose(RECIPES, known, 5, [1], lambda point: point["batch"] // 64, taken)
    assert sorted(point["batch"] // 64 for point in points) == [0, 2, 4, 8]


class Spied:
    """Stands for the regression: what it was made of and has learnt, and a mean that is known."""

    seen: ClassVar[list] = []

    def __init__(self, kernel, **options):
        self.options = options

    def fit(self, rows, values):
        self.seen.append((len(rows), values[-1], self.options))
        return self

    def predict(self, rows, return_std):
        return rows[:, 0], np.ones(len(rows))


def test_each_proposal_is_learnt_from_before_the_next(monkeypatch):
    monkeypatch.setattr("hwsim.search.optimiser.GaussianProcessRegressor", Spied)
    monkeypatch.setattr(
        "hwsim.search.optimiser.expected_improvement",
        lambda mean, deviation, best: mean * deviation,  # the greatest, not the lowest, mean
    )
    Spied.seen.clear()
    known = [({"rate": 1e-3, "l2": 1e-5, "batch": 32}, -7.0)]
    points = propose(RECIPES, known, 3, [1], lambda point: tuple(point.values()), set())
    counts, values, options = zip(*Spied.seen, strict=True)
    assert counts == (1, 2, 3) and values[0] == -7.0
    assert values[1:] == pytest.approx([math.log2(point["rate"]) for point in points[:2]])
    assert min(point["rate"] for point in points) > 2e-2, "chosen by expected improvement"
    assert options[0] == {"alpha": 1e-2, "optimizer": None, "normalize_y": True}


# Candidates.


@given(
    st.sampled_from([48, 64, 784]),
    st.lists(st.integers(1, 8).map(lambda k: 16 * k), min_size=1, max_size=3),
    st.floats(0.02, 1),
    st.sampled_from(SPREADS),
    st.integers(4, 200),
)
def test_candidates_are_designs_without_any_problem(features, widths, density, spread, lanes):
    point = {f"width_{i}": width for i, width in enumerate(widths, 1)} | {"density": density}
    frame = Frame(features, 10, lanes, seed=1)
    design = frame.design(point | spread)
    assert design.network.layers == (features, *widths, 10)
    schedule = make_schedule(design)
    assert not any(p.count for part in schedule.junctions for p in find_problems(part).values())
    assert sum(design.hardware.z) <= max(lanes, len(design.hardware.z))


def test_the_first_layer_is_rounded_up():
    assert Frame(65, 10, 4, 1).n_left == 80 and Frame(64, 10, 4, 1).n_left == 64


def test_clean_degrees_are_nearest_by_factors():
    assert [nearest_clean_degree(64, 48, d) for d in (1, 0.8, 0.7, 0.3, 0.01, 0)] == [
        48, 48, 24, 12, 3, 3
    ]  # fmt: skip


def test_lanes_are_shared_so_that_no_other_share_is_faster():
    layers, degrees = (64, 48, 32, 10), (12, 8, 5)

    def fits(n_left, d_out):
        return [z for z in range(1, n_left + 1) if n_left % z == 0 and n_left * d_out % z == 0]

    def clocks(z):
        return max(n * d // k for n, d, k in zip(layers, degrees, z, strict=False))

    junctions = list(zip(layers, degrees, strict=False))
    choices = [(a, b, c) for a in fits(*junctions[0]) for b in fits(*junctions[1])
               for c in fits(*junctions[2])]  # fmt: skip
    for lanes in (3, 10, 33, 80):
        best = min(clocks(z) for z in choices if sum(z) <= lanes)
        found = share_lanes(layers, degrees, lanes)
        assert clocks(found) == best and sum(found) <= lanes
    assert share_lanes(layers, degrees, 2) == [1, 1, 1], "less than one lane each there is not"


# What a candidate costs, and how good it is.


def test_complexities_are_what_the_other_commands_say():
    schedule = make_schedule(load_design("designs/digits.toml"))
    assert names() == ["clocks", "parameters", "memory_bits", "luts"]
    assert find("clocks")(schedule) == 22
    assert find("parameters")(schedule) == 64 * 5 + 80 + 80 * 5 + 10
    total = estimate(schedule, "ecp5")
    assert find("luts")(schedule) == total.total.lut
    assert find("memory_bits")(schedule) == total.memory_bits


def test_a_candidate_is_trained_on_the_edges_of_its_design():
    design = FRAME.design(largest(SMALL) | {"density": 0.25})
    for index in (1, 2, 3):
        left, mask = draw(design, index).left, mask_of(design, index)
        for (clock, lane), n_left in np.ndenumerate(left):
            shape = design.shapes[index - 1]
            assert mask[n_left, (clock * shape.z + lane) // shape.d_in]
        assert mask.sum() == left.size
    view = View.of("digits", validation=0.2)
    found = SearchTraining(view, design, Recipe(epochs=4, rate=3e-3, batch=32)).run()
    assert found["accuracy"] > 0.5 < found["test_accuracy"] and found["epoch"] >= 2


def test_the_model_can_train_a_candidate():
    design = FRAME.design(largest(SMALL) | {"density": 0.5})
    trainer = Trainer(design, make_schedule(design), load_data("digits", design))
    assert max(trainer.epoch().test_accuracy for _ in range(6)) > 0.85


def test_everything_that_matters_names_a_training():
    assert_all_count(SearchTraining(View.of("digits"), FRAME.design(largest(SMALL)), Recipe()))
    designs = [Frame(64, 10, 24, seed).design(largest(SMALL)) for seed in (1, 2)]
    assert [design.pattern.seed for design in designs] == [1, 2]
    names = [SearchTraining(View.of("digits"), d, Recipe()).description() for d in designs]
    assert names[0] != names[1]


class Rehearsed:
    """Stands for a network: accuracies after each epoch are known."""

    n_seen = 0

    def __init__(self, masks, seed):
        pass

    def train(self, x, y, recipe, validation, look):
        for found in (0.5, 0.8, 0.8, 0.6):
            look(Epoch(0.0, 0.0, found))

    def accuracy(self, x, y):
        Rehearsed.n_seen += 1
        return Rehearsed.n_seen / 10


def test_the_first_of_the_best_epochs_counts(monkeypatch):
    monkeypatch.setattr("hwsim.search.training.SparseNetwork", Rehearsed)
    view = View.of("digits", validation=0.2)
    found = SearchTraining(view, FRAME.design(largest(SMALL)), Recipe()).run()
    assert found == {"accuracy": 0.8, "epoch": 2, "test_accuracy": 0.2}


class Fixed:
    """A campaign whose trainings all come out the same."""

    asked: ClassVar[list] = []

    def run(self, trainings, advance):
        self.asked += trainings.values()
        advance(len(trainings))
        result = {"accuracy": 0.9, "test_accuracy": None, "epoch": 1}
        return dict.fromkeys(trainings, result)


def test_an_evaluation_puts_both_in_one_figure():
    options = SearchOptions("digits", "parameters", 0.5, 9, 3, 500, 2, 32, 24, 4)
    Fixed.asked.clear()
    evaluation, plan = starter(options)(7, Fixed(), lambda n: None)
    assert evaluation.baseline == 64 * 32 + 32 * 32 + 32 * 10 + 32 + 32 + 10
    point = largest(SMALL) | {"density": 0.5, "rate": 0.01, "l2": 1e-4, "batch": 64}
    (found,) = evaluation.run(1, [point])
    parameters = 64 * 16 + 32 * 16 + 32 * 5 + 32 + 32 + 10
    assert found.complexity == parameters
    assert found.objective == pytest.approx(math.log(0.1 + 0.5 * parameters / evaluation.baseline))
    recipe = Recipe(epochs=3, batch=64, rate=0.01, l2=1e-4, seed=7)
    (training,) = Fixed.asked
    assert (training.recipe, training.design.pattern.seed) == (recipe, 7)
    assert (training.view.validation, training.view.limit) == (0.2, 500)
    assert (plan.trials, plan.at_once, plan.seed) == (9, 4, 7)


# The search.


def trial(number, accuracy, complexity):
    return Trial(number, 0, {}, {}, accuracy, None, complexity, 0.0, {})


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=1, max_size=12))
def test_the_front_has_what_no_other_trial_beats(figures):
    trials = [trial(n, a / 10, float(c)) for n, (a, c) in enumerate(figures)]

    def is_beaten(it):
        return any(
            (o.accuracy >= it.accuracy and o.complexity <= it.complexity)
            and (o.accuracy, o.complexity) != (it.accuracy, it.complexity)
            for o in trials
        )

    expected = {(t.accuracy, t.complexity) for t in trials if not is_beaten(t)}
    found = front(trials)
    assert [(t.accuracy, t.complexity) for t in found] == sorted(expected, key=lambda x: x[1])
    assert all(a.accuracy < b.accuracy for a, b in pairwise(found))


class Pretence(Evaluation):
    """An evaluation whose accuracy is a formula: nothing is trained."""

    def run(self, stage, points):
        found = []
        for point in points:
            made = self.frame.network(point)
            accuracy = 0.9 - 0.01 * bowl(point | {"l2": max(point["l2"], 1e-7)})
            costs = sum(n * d for n, d in zip(*made, strict=False))
            value = objective(accuracy, costs / 10_000, self.weight)
            number = len(self.trials) + len(found) + 1
            found.append(Trial(number, stage, {}, {}, accuracy, None, costs, value, point))
        self.trials += found
        return found


def pretend(seed, trials=40, space=SMALL):
    evaluation = Pretence(
        campaign_here(), View.of("digits"), FRAME, find("parameters"), weight=0.1, epochs=1,
        largest=largest(space), advance=print,
    )  # fmt: skip
    return evaluation, Plan(space, trials, 4, seed)


@pytest.mark.parametrize("trials", [1, 2, 7, 16, 24, 40])
def test_the_stages_share_the_trials_and_go_on_from_the_best(trials):
    evaluation, plan = pretend(1, trials)
    bayesian(evaluation, plan)
    assert len(evaluation.trials) == trials
    assert [t.number for t in evaluation.trials] == [*range(1, trials + 1)]
    stages = [t.stage for t in evaluation.trials]
    assert stages == sorted(stages)
    first = [t for t in evaluation.trials if t.stage == 1]
    assert len(first) == plan.shares[0] and plan.shares[0] >= min(trials - plan.shares[1], 16)
    assert all(t.point.items() >= (SPREADS[0] | DEFAULT_RECIPE).items() for t in first)
    best = min(first, key=lambda t: t.objective)
    shape = {name: best.point[name] for name in best.point if "width" in name}
    for later in evaluation.trials[len(first) :]:
        assert later.point.items() >= shape.items()
    identities = [evaluation.identity(t.point) for t in evaluation.trials]
    assert len(set(identities)) == trials, "nothing is trained twice"


def test_each_stage_goes_on_from_the_best_of_all(monkeypatch):
    """Only a spread of ratio 4 is any good, and the third stage has it, and knows how good."""
    known_first = []

    def spy(space, known, *rest):
        known_first.append(known[0])
        return propose(space, known, *rest)

    monkeypatch.setattr("hwsim.search.search.propose", spy)
    monkeypatch.setitem(
        globals(),
        "bowl",
        lambda point: -5.0 * (point["ratio"] == 4) + (math.log10(point["density"]) + 1) ** 2,
    )
    evaluation, plan = pretend(1, 64, architectures(3, 256, 0.02))
    evaluation.weight = 0.0
    bayesian(evaluation, plan)
    second = [t for t in evaluation.trials if t.stage == 2]
    best = min(second, key=lambda t: t.objective)
    assert best.point["ratio"] == 4
    third = [t for t in evaluation.trials if t.stage == 3]
    assert third and all(t.point["ratio"] == 4 for t in third)
    assert known_first[-1] == (best.point, best.objective)


def test_no_trial_of_the_budget_is_lost():
    """Two architectures there are, and what they leave the recipes get."""
    evaluation, _ = pretend(1)
    plan = Plan(architectures(1, 16, 0.5), 40, 4, 1)
    bayesian(evaluation, plan)
    assert len(evaluation.trials) == 40
    assert sum(t.stage == 1 for t in evaluation.trials) < 8


def test_the_search_is_compared_with_others_at_equal_budget():
    table = compare_methods(lambda seed: pretend(seed), 4)
    assert [*table["method"]] == ["bayesian", "random", "sobol"] == [*METHODS]
    assert set(table["trials"]) == {40} and table["worse"][0] == 0
    assert (table["worse"][1:] > 0).all(), "of a smooth objective it finds more"
