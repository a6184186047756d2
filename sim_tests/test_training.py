"""``hwsim.training``: the pipeline's staleness, resuming, shuffling, limits and learning rates."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from small_nets import NETS, assert_same_state, random_data, small_net

from hwsim.activation import Activation
from hwsim.data import Data
from hwsim.design import Design
from hwsim.inference import infer
from hwsim.schedule import make_schedule
from hwsim.state import State
from hwsim.training import Trainer

CHANGING_ETA = ((0, 1), (7, 3), (25, 2))
PUBLISHED = {"registers": 2, "forwarding": False, "profile": "prototype"}


def trainer(design: Design, data: Data, **options) -> Trainer:
    return Trainer(design, make_schedule(design), data, **options)


class Blocks:
    """Training by whole blocks, without clocks, lanes or banks (ARCHITECTURE section 4).

    In block c, junction j does FF on the input of block c-j, and BP and UP on that of block
    c-(2L-j+1), all with the weights of the block before.
    """

    def __init__(self, design: Design, state: State) -> None:
        self.design, self.number, self.depth = design, design.fixed_point, design.n_junctions
        parts = make_schedule(design).junctions
        self.left = [part.interleaver.left.ravel() for part in parts]
        self.right = [np.arange(part.shape.n_edges) // part.shape.d_in for part in parts]
        self.activations = [Activation(name, self.number) for name in design.activations]
        self.weights, self.biases = list(state.weights), list(state.biases)
        self.seen = state.inputs_seen

    def train(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        """Take the inputs in order, then drain."""
        ages: deque[dict | None] = deque([None] * (2 * self.depth + 1), 2 * self.depth + 1)
        bubbles = [None] * (2 * self.depth)
        for item in [*zip(pixels, labels, strict=True), *bubbles]:
            ages.appendleft(None if item is None else self.load(*item))
            changes = []
            for j in range(1, self.depth + 1):
                if ages[j]:
                    self.forward(ages[j], j)
                if ages[2 * self.depth - j + 1]:
                    changes.append(self.backward(ages[2 * self.depth - j + 1], j))
            for j, weight, bias in changes:
                self.weights[j - 1], self.biases[j - 1] = weight, bias

    def load(self, image: np.ndarray, label: int) -> dict:
        """What travels with an input, its learning rate included."""
        schedule = self.design.training.eta_shift
        steps = ((0, schedule),) if isinstance(schedule, int) else schedule
        shift = [shift for start, shift in steps if self.seen >= start][-1]
        self.seen += 1
        a = {0: self.number.from_pixel(image.astype(np.int64))}
        return {"a": a, "slope": {}, "delta": {}, "label": label, "shift": shift}

    def forward(self, x: dict, j: int) -> None:
        products = self.number.multiply(self.weights[j - 1], x["a"][j - 1][self.left[j - 1]])
        total = self.biases[j - 1].copy()
        np.add.at(total, self.right[j - 1], products)
        x["a"][j], x["slope"][j] = self.activations[j - 1](self.number.saturate(total))
        if j == self.depth:
            target = np.zeros_like(total)
            target[x["label"]] = self.number.one
            x["delta"][j] = self.number.add(x["a"][j], -target)
            if self.design.network.cost == "quadratic":
                x["delta"][j] = self.number.multiply(x["delta"][j], x["slope"][j])

    def backward(self, x: dict, j: int) -> tuple[int, np.ndarray, np.ndarray]:
        weight, left, right, delta = (
            self.weights[j - 1], self.left[j - 1], self.right[j - 1], x["delta"][j],
        )  # fmt: skip
        if j > 1:
            x["delta"][j - 1] = self.back(x["slope"][j - 1], weight, left, delta[right])
        step = self.number.shift_right(self.number.negate(delta), x["shift"])
        change = self.number.multiply(step[right], x["a"][j - 1][left])
        return j, self.number.add(weight, change), self.number.add(self.biases[j - 1], step)

    def back(
        self, slope: np.ndarray, weight: np.ndarray, left: np.ndarray, delta: np.ndarray
    ) -> np.ndarray:
        total = np.zeros_like(slope)
        if self.design.number.profile == "default":
            np.add.at(total, left, self.number.multiply_wide(weight, delta))
            return self.number.multiply(total, slope)
        products = self.number.multiply(self.number.multiply(delta, slope[left]), weight)
        for neuron, product in zip(left, products, strict=True):
            total[neuron] = self.number.add(total[neuron], product)
        return total


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("profile", ["default", "prototype"])
@pytest.mark.parametrize("cost", ["cross-entropy", "quadratic"])
def test_equals_training_by_blocks(name, profile, cost):
    keys = {"profile": profile, "cost": cost, "registers": 1, "int_bits": 2}
    design = small_net(name, eta_shift=CHANGING_ETA, **keys)
    start, data = State.initial(design), random_data(design, 30)
    run, oracle = trainer(design, data, state=start, shuffle=False), Blocks(design, start)
    run.epoch()
    oracle.train(data.xtr, data.ytr)
    assert_same_state(run.state(), State(oracle.weights, oracle.biases, 30, 1))


@pytest.mark.parametrize("name", ["powers of two", "four junctions", "one junction"])
@pytest.mark.parametrize("keys", [{}, PUBLISHED], ids=["default", "with hazards"])
def test_resuming_equals_never_stopping(tmp_path, name, keys):
    pattern = {"type": 3} if keys else None
    design = small_net(name, eta_shift=CHANGING_ETA, pattern=pattern, **keys)
    data = random_data(design, 13, tests=9)
    straight, first = trainer(design, data, seed=4), trainer(design, data, seed=4)
    epochs = [straight.epoch() for _ in range(3)]
    first.epoch()
    first.state().save(tmp_path / "state.npz")
    resumed = trainer(design, data, seed=4, state=State.load(tmp_path / "state.npz", design))
    for wanted in epochs[1:]:
        got = resumed.epoch()
        np.testing.assert_array_equal(got.prediction, wanted.prediction)
        np.testing.assert_array_equal(got.order, wanted.order)
        assert (got.number, got.test_accuracy) == (wanted.number, wanted.test_accuracy)
    assert_same_state(resumed.state(), straight.state())


def test_an_epoch_ends_drained_and_counts_its_inputs():
    design = small_net("four junctions")
    run = trainer(design, random_data(design, 13))
    for done in (1, 2):
        assert run.epoch().number == done
        assert (run.state().inputs_seen, run.state().epochs_seen) == (13 * done, done)
        assert run.engine.blocks == (13 + 8) * done


def test_the_eta_schedule_goes_on_over_epochs():
    """One run of 26 inputs in the same order, drained in the middle, takes the same steps."""
    design = small_net("powers of two", eta_shift=CHANGING_ETA)
    data, start = random_data(design, 13), State.initial(design)
    run, oracle = trainer(design, data, state=start, shuffle=False), Blocks(design, start)
    for _ in range(3):
        run.epoch()
        oracle.train(data.xtr, data.ytr)
    assert_same_state(run.state(), State(oracle.weights, oracle.biases, 39, 3))


def test_the_limit_takes_the_first_of_the_data_and_shuffles_those():
    design = small_net("powers of two")
    data = random_data(design, 30)
    cut = Data(data.xtr[:11], data.ytr[:11], data.xte, data.yte)
    limited, short = trainer(design, data, limit=11), trainer(design, cut)
    for _ in range(2):
        got, wanted = limited.epoch(), short.epoch()
        assert got.inputs == 11 and sorted(got.order) == list(range(11))
        np.testing.assert_array_equal(got.prediction, wanted.prediction)
    assert_same_state(limited.state(), short.state())
    assert trainer(design, data, limit=99).epoch().inputs == 30


def test_the_order_of_an_epoch_depends_on_seed_and_epoch_alone():
    design = small_net("one junction")
    data = random_data(design, 10)
    run = trainer(design, data, seed=6)
    for epoch in range(3):
        wanted = np.random.default_rng([6, epoch]).permutation(10)
        assert run.epoch().order.tolist() == wanted.tolist()
    plain = trainer(design, data, seed=6, shuffle=False)
    assert plain.epoch().order.tolist() == plain.epoch().order.tolist() == list(range(10))


def test_accuracies_count_what_they_say():
    design = small_net("powers of two")
    data, schedule = random_data(design, 40, tests=60), make_schedule(design)
    run = trainer(design, data)
    epoch = run.epoch()
    made = trainer(design, data).engine.run(data.xtr[epoch.order], data.ytr[epoch.order])
    np.testing.assert_array_equal(epoch.prediction[epoch.order], made)
    assert epoch.train_accuracy == np.mean(made == data.ytr[epoch.order])
    right = infer(design, schedule, run.state(), data.xte) == data.yte
    assert epoch.test_accuracy == np.mean(right)
    assert 0 < epoch.train_accuracy < 1 and 0 < epoch.test_accuracy < 1
    assert trainer(design, random_data(design, 5)).epoch().test_accuracy is None


def test_progress_is_told_of_every_input():
    design = small_net("powers of two")
    steps: list[int] = []
    trainer(design, random_data(design, 9)).epoch(steps.append)
    assert sum(steps) == 9 and min(steps) > 0
