"""The model computes the mathematics: three witnesses, the last of them the cost itself."""

from __future__ import annotations

import numpy as np
import pytest
from float_oracle import Bounded, FloatNet
from small_nets import NETS, random_data, small_net

from hwsim.design import Design
from hwsim.pipeline import Pipeline
from hwsim.schedule import make_schedule
from hwsim.state import State

WIDE = {"int_bits": 6, "frac_bits": 16}
LSB = 2.0**-16
TABLE_STEP = 16 / 4096  # [-8, 8) in 4096 entries
COSTS = ["cross-entropy", "quadratic"]


def activations_of(name: str, hidden: str) -> list[str]:
    return [hidden] * (len(NETS[name][0]) - 2) + ["sigmoid"]


def oracle_of(design: Design, state: State) -> FloatNet:
    """The same network in floats: raw numbers over 2^frac_bits, and the pattern as it is."""
    return FloatNet(
        sizes=list(design.network.layers),
        lefts=[part.interleaver.left for part in make_schedule(design).junctions],
        weights=[weight / 2**16 for weight in state.weights],
        biases=[bias / 2**16 for bias in state.biases],
        activations=list(design.activations),
        quadratic=design.network.cost == "quadratic",
        lsb=LSB,
        table_step=TABLE_STEP,
        per_edge=design.number.profile == "prototype",
    )


def clear_of_kinks(net: FloatNet, x: np.ndarray, margin: float = 0.0) -> bool:
    """Whether no ReLU is so near to 0 or 1, and no sigmoid to its table's end, that it may flip."""
    for name, h in zip(net.activations, net.forward(x)[0][1:], strict=True):
        kinks = (0, 1) if name == "relu" else (-8, 8)
        for kink in kinks:
            if np.any(abs(h.value - kink) <= h.error + margin):
                return False
    return True


def assert_within(got: np.ndarray, wanted: Bounded, what: str) -> None:
    """``got``, raw, is where the oracle says; 1e-12 is for float64 itself."""
    excess = abs(got * LSB - wanted.value) - wanted.error
    assert np.all(excess <= 1e-12), f"{what}: {excess.max()} beyond the bound"


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("profile", ["default", "prototype"])
@pytest.mark.parametrize("hidden", ["sigmoid", "relu"])
def test_one_isolated_input(name, cost, profile, hidden):
    """Activations, deltas and changes of one input, whose FF and BP see the same weights."""
    keys = {"activations": activations_of(name, hidden), "cost": cost, "profile": profile} | WIDE
    compared = 0
    for seed in range(4):
        for shift in (0, 3):
            design = small_net(name, eta_shift=shift, **keys)
            compared += compare_one_input(design, seed, shift)
    assert compared >= 2  # the others lie on a kink of ReLU, where nothing can be said


def compare_one_input(design: Design, seed: int, shift: int) -> bool:
    state, data = State.initial(design), random_data(design, 1, seed=seed)
    net, x, label = oracle_of(design, state), data.xtr[0] / 256, int(data.ytr[0])
    if not clear_of_kinks(net, x):
        return False
    pipeline = Pipeline(design, state=state)
    pipeline.run(data.xtr, data.ytr)
    after, depth = pipeline.state(), design.n_junctions
    assert not any(tally.saturated for tally in pipeline.tallies.values())
    a, delta = net.deltas(x, label)
    for j, layer in enumerate(pipeline.layers[1:], 1):
        copy = j % layer.copies  # the input was loaded in block 0, and reached layer j in block j
        assert_within(layer.activation.values[copy], a[j], f"activation {j}")
    weight_changes, bias_changes = net.changes(x, label, shift)
    for j in range(depth):
        changed = after.weights[j] - state.weights[j]
        assert_within(changed, weight_changes[j], f"weight change {j + 1}")
        changed = after.biases[j] - state.biases[j]
        assert_within(changed, bias_changes[j], f"bias change {j + 1}")
        if shift == 0:  # the bias takes the delta as it is
            assert_within(-changed, delta[j + 1], f"delta {j + 1}")
    return True


def test_the_bounds_leave_no_room_for_a_mistake():
    """Bounds are at most a twentieth of what they bound, so that no wrong term hides there."""
    for name in NETS:
        for hidden in ("sigmoid", "relu"):
            design = small_net(name, activations=activations_of(name, hidden), **WIDE)
            net, data = oracle_of(design, State.initial(design)), random_data(design, 1)
            weights, biases = net.changes(data.xtr[0] / 256, int(data.ytr[0]), 0)
            for change in weights + biases:
                assert change.error.max() < 0.05 * abs(change.value).max()


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("hidden", ["sigmoid", "relu"])
def test_the_changes_go_down_the_gradient_of_the_cost(name, cost, hidden):
    """Central differences of the cost; their own error is of the order of step^2 = 1e-10."""
    design = small_net(name, activations=activations_of(name, hidden), cost=cost, **WIDE)
    net, step, tried = oracle_of(design, State.initial(design)), 1e-5, 0
    for seed in range(6):
        data = random_data(design, 1, seed=seed)
        x, label = data.xtr[0] / 256, int(data.ytr[0])
        if tried or not clear_of_kinks(net, x, margin=1e-3):
            continue
        tried += 1
        changes = zip([net.weights, net.biases], net.changes(x, label, 0), strict=True)
        for parameters, wanted in changes:
            for values, change in zip(parameters, wanted, strict=True):
                for place in range(0, len(values), max(1, len(values) // 12)):
                    slope = difference(net, values, place, step, x, label)
                    assert abs(slope + change.value[place]) < 1e-8
    assert tried


def difference(
    net: FloatNet, values: np.ndarray, place: int, step: float, x: np.ndarray, label: int
) -> float:
    """How the cost changes with one weight or bias."""
    before, costs = values[place], []
    for value in (before + step, before - step):
        values[place] = value
        costs.append(net.cost(x, label))
    values[place] = before
    return (costs[0] - costs[1]) / (2 * step)
