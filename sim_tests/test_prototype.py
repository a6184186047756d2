"""The authors' own hardware agrees: 100 MNIST images trained as their RTL trains them.

The files hold weights, biases and predictions of the 2018 FPGA prototype's network; every number
must come out equal.
"""

from pathlib import Path

import numpy as np
import pytest

from hwsim.cli.app import run as run_command
from hwsim.cost import Cost
from hwsim.data import load_data
from hwsim.design_file import load_design
from hwsim.pipeline import Pipeline
from hwsim.state import State

HERE = Path(__file__).parent
DESIGNS = HERE.parent / "designs"

RUNS = {
    "prototype_golden": ("sigmoid", 3),
    "prototype_golden_k1": (("relu", "sigmoid"), 1),
    "prototype_golden_saturating": (("relu", "sigmoid"), 0),
}
"""Activations and eta_shift of each golden run; everything else is ``prototype-2018.toml``."""

UNSEEN = 31
"""The RTL's running maximum never sees the neurons of the last clock: output neuron 31."""


class CostOfTheRtl(Cost):
    """The prediction without the neuron that the authors' maximum leaves out."""

    def _predict(self, access, activation):
        seen = access.elements != UNSEEN
        if seen.any():
            super()._predict(self.access(access.elements[seen]), activation[seen])


def golden(name):
    with np.load(HERE / "data" / f"{name}.npz") as file:
        return {key: file[key].astype(np.int64) for key in file.files}


def design_of(name):
    activations, shift = RUNS[name]
    design = load_design(DESIGNS / "prototype-2018.toml")
    network = design.network.model_copy(update={"activations": activations})
    training = design.training.model_copy(update={"eta_shift": shift})
    return type(design)(network, design.hardware, design.number, design.pattern, training)


def trained(name, monkeypatch):
    monkeypatch.setattr("hwsim.pipeline.Cost", CostOfTheRtl)
    run = golden(name)
    state = State([run["weight_1"], run["weight_2"]], [run["bias_1"], run["bias_2"]])
    pipeline = Pipeline(design_of(name), state=state)
    return run, pipeline.run(run["x"], run["y"]), pipeline


@pytest.mark.parametrize("name", RUNS)
def test_every_weight_bias_and_prediction_equals_the_rtl(name, monkeypatch):
    run, predictions, pipeline = trained(name, monkeypatch)
    state = pipeline.state()
    for i in range(2):
        np.testing.assert_array_equal(state.weights[i], run[f"weight_{i + 1}_after"])
        np.testing.assert_array_equal(state.biases[i], run[f"bias_{i + 1}_after"])
    np.testing.assert_array_equal(predictions, run["prediction"])


def test_training_changed_what_is_compared():
    for name in RUNS:
        run = golden(name)
        assert (run["weight_1"] != run["weight_1_after"]).any()
        assert (run["weight_2"] != run["weight_2_after"]).any()


def test_the_runs_exercise_saturation(monkeypatch):
    _, _, pipeline = trained("prototype_golden_saturating", monkeypatch)
    hit = {name for name, tally in pipeline.tallies.items() if tally.saturated}
    assert {"junction 1 feedforward sum", "junction 2 delta sum", "junction 2 weight"} <= hit


def test_block_cycle_is_the_prototypes():
    for registers, name in ((0, "prototype-2018"), (2, "prototype-2018-published")):
        pipeline = Pipeline(load_design(DESIGNS / f"{name}.toml"))
        assert pipeline.schedule.block_cycle == 34 + registers


def test_the_published_default_computes_wrong_deltas_and_forwarding_mends_them():
    """One training input, from equal weights: only the hazard tells the three apart."""
    run = golden("prototype_golden")
    left_deltas = {}
    for name, registers, forwarding in (
        ("no registers", 0, False),
        ("published", 2, False),
        ("forwarding", 2, True),
    ):
        design = design_of("prototype_golden")
        hardware = design.hardware.model_copy(
            update={"registers": registers, "forwarding": forwarding}
        )
        design = type(design)(design.network, hardware, design.number, design.pattern)
        state = State([run["weight_1"], run["weight_2"]], [run["bias_1"], run["bias_2"]])
        pipeline = Pipeline(design, state=state)
        pipeline.run(run["x"][:1], run["y"][:1])
        left_deltas[name] = pipeline.layers[1].delta.values  # both copies, in the same order
    np.testing.assert_array_equal(left_deltas["no registers"], left_deltas["forwarding"])
    wrong = np.count_nonzero(left_deltas["published"] != left_deltas["no registers"])
    assert wrong > 32


def test_the_hazard_spoils_as_many_deltas_as_the_rtl_showed(monkeypatch):
    """2420 of the 3072 hidden deltas of the first 48 images (simulation of the authors' RTL)."""
    run = golden("prototype_golden")
    design = load_design(DESIGNS / "prototype-2018-published.toml")
    state = State([run["weight_1"], run["weight_2"]], [run["bias_1"], run["bias_2"]])
    pipeline = Pipeline(design, state=state)
    junction, layer = pipeline.junctions[1], pipeline.layers[1]
    right = np.zeros(64, dtype=np.int64)  # every write landed before the next read
    accumulate = junction._accumulate
    wrong = []

    def both(item):
        elements = item.access.elements
        edges = junction.part.interleaver.first_edge.ravel()[item.slot.edges]
        partial = np.where(edges == item.slot.edges, 0, right[elements])
        right[elements] = junction.backprop.accumulate(partial, item.contribution)
        accumulate(item)

    def compare():
        if pipeline.sequencer.age(junction.part.backward_age + 1).valid:
            wrong.append(np.count_nonzero(layer.delta.values[1 - layer.delta_copy] != right))

    monkeypatch.setattr(junction, "_accumulate", both)
    pipeline.run(run["x"][:48], run["y"][:48], on_block=compare)
    assert sum(wrong) == 2420


def test_the_command_line_gives_the_same_numbers(tmp_path):
    """``train`` as a user runs it: data, initial state and design from files."""
    run = golden("prototype_golden")
    np.savez(tmp_path / "images.npz", xtr=run["x"].astype(np.uint8), ytr=run["y"])
    names = ("weight_1", "weight_2", "bias_1", "bias_2")
    np.savez(tmp_path / "initial.npz", **{name: run[name] for name in names})
    text = (DESIGNS / "prototype-2018.toml").read_text()
    assert "\n[training]\n" in text
    lines = [line for line in text.splitlines() if not line.startswith(("seed", "eta_shift"))]
    text = "\n".join(lines).replace("[training]", '[training]\ninitial = "initial.npz"')
    (tmp_path / "design.toml").write_text(text)
    status = run_command(
        ["train", str(tmp_path / "design.toml"), "--data", str(tmp_path / "images.npz"),
         "--no-shuffle", "--save", str(tmp_path / "after.npz"),
         "--predictions", str(tmp_path / "predictions.npz")]
    )  # fmt: skip
    assert status == 0
    with np.load(tmp_path / "after.npz") as after:
        for name in names:
            np.testing.assert_array_equal(after[name], run[f"{name}_after"])
    with np.load(tmp_path / "predictions.npz") as file:
        assert file["prediction"].shape == (1, 100)
        np.testing.assert_array_equal(file["prediction"][0], run["prediction"])


@pytest.mark.parametrize("name", RUNS)
def test_the_copies_are_the_originals(name, shared_data):
    original = (shared_data / f"{name}.npz").read_bytes()
    assert (HERE / "data" / f"{name}.npz").read_bytes() == original


def test_mnist_is_read_and_learnt(shared_data):
    """500 images of the real set: far better than the 10 % of guessing, in three epochs."""
    design = load_design(DESIGNS / "prototype-2018.toml")
    data = load_data(str(shared_data / "mnist.npz"), design)
    assert data.xtr.shape == (60000, 1024) and not data.xtr[:, 784:].any()
    pipeline = Pipeline(design)
    right = [
        np.mean(pipeline.run(data.xtr[:500], data.ytr[:500]) == data.ytr[:500]) for _ in range(3)
    ]
    assert right[0] < right[1] < right[2] and right[2] > 0.5
