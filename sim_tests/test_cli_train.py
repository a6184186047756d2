"""``clashfree simulate``, ``train`` and ``infer`` as a user runs them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from small_nets import assert_same_state, random_data

from hwsim.cli.app import run as run_command
from hwsim.data import load_data
from hwsim.design_file import load_design
from hwsim.schedule import make_schedule
from hwsim.state import State
from hwsim.training import Trainer

DESIGNS = Path(__file__).parent.parent / "designs"

COMMAND = [sys.executable, "-c", "from hwsim.cli import main; main()"]

DESIGN = """
format = 1
[network]
layers      = [12, 8, 6]
out_degrees = [4, 3]
[hardware]
z          = [6, 4]
registers  = 2
forwarding = {forwarding}
[pattern]
type = 3
[training]
eta_shift = [[0, 2], [30, 3]]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A design, the same with a hazard, and data for them."""
    (tmp_path / "design.toml").write_text(DESIGN.format(forwarding="true"))
    (tmp_path / "hazard.toml").write_text(DESIGN.format(forwarding="false"))
    data = random_data(load_design(tmp_path / "design.toml"), 25, tests=40)
    np.savez(tmp_path / "data.npz", xtr=data.xtr, ytr=data.ytr, xte=data.xte, yte=data.yte)
    np.savez(tmp_path / "untested.npz", xtr=data.xtr, ytr=data.ytr)
    np.savez(tmp_path / "wrong.npz", xtr=data.xtr / 255, ytr=data.ytr + 1)
    return tmp_path


def run(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *(str(argument) for argument in arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def run_json(folder: Path, *arguments: object) -> dict:
    """What a good run prints: one JSON object, and nothing else on stdout."""
    done = run(folder, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    return json.loads(done.stdout)


def trained(folder: Path, design: str, epochs: int, **options) -> Trainer:
    loaded = load_design(folder / design)
    data = load_data(folder / "data.npz", loaded)
    trainer = Trainer(loaded, make_schedule(loaded), data, **options)
    for _ in range(epochs):
        trainer.epoch()
    return trainer


def test_simulate_counts_clocks(folder):
    got = run_json(folder, "simulate", "design.toml", "--inputs", 20, "--input-clocks", 15)
    assert got["inputs"] == 20
    assert got["clocks_per_input"] == 12  # 8 + 2 + 2
    assert got["clocks"] == 24 * 12 + 19 * 3
    assert got["stall_clocks"] == {"clash": 0, "starved": 57, "fill": 24 * 4}
    first, second = got["lane_utilisation"]
    assert first == {"ff": 20 * 8 / 345, "bp": 0.0, "up": 20 * 8 / 345}
    assert second == dict.fromkeys(("ff", "bp", "up"), 20 * 6 / 345)
    assert got["lane_utilisation_steady"][1] == dict.fromkeys(("ff", "bp", "up"), 6 / 15)
    assert [row["junctions"][1]["bp"] for row in got["diagram"]] == [None] * 3 + [0, 1, 2, 3]


def test_simulate_counts_the_stalls_of_a_clashing_pattern(folder):
    left = np.zeros((8, 6), dtype=int)  # all lanes want bank 0: 5 stalls a clock
    np.savez(folder / "pattern.npz", left_1=left, left_2=np.arange(24).reshape(6, 4) % 8)
    text = (folder / "design.toml").read_text().replace("type = 3", 'file = "pattern.npz"')
    (folder / "clash.toml").write_text(text)
    done = run(folder, "simulate", "clash.toml", "--inputs", 2, "--json")
    assert done.returncode == 0
    got = json.loads(done.stdout)
    assert got["clocks_per_input"] == 8 * 6 + 4
    assert got["stall_clocks"] == {"clash": 6 * 40, "starved": 0, "fill": 6 * 4}


def test_simulate_shows_people_the_pipeline(folder):
    done = run(folder, "simulate", "design.toml", "--inputs", 3)
    assert done.returncode == 0 and done.stderr == ""
    assert "3 inputs in 84 clocks: 12 per input" in done.stdout
    assert "Which input each junction is on" in done.stdout


@pytest.mark.parametrize("command", ["simulate", "train"])
def test_a_hazard_is_a_warning_and_the_work_is_done(folder, command):
    data = ["--data", "data.npz"] if command == "train" else []
    done = run(folder, command, "hazard.toml", *data, "--json")
    assert done.returncode == 0
    (line,) = (text for text in done.stderr.splitlines() if not text.startswith("starting the"))
    assert line.startswith("warning: junction 2: ") and " x delta hazard, " in line
    assert json.loads(done.stdout)["clocks_per_input"] == 12


def test_train_reports_epochs_clocks_and_saturation(folder):
    got = run_json(
        folder, "train", "design.toml", "--data", "data.npz", "--epochs", 2, "--seed", 9,
        "--predictions", "made.npz", "--save", "state.npz",
    )  # fmt: skip
    wanted = trained(folder, "design.toml", 0, seed=9)
    epochs = [wanted.epoch(), wanted.epoch()]
    made, labels = np.load(folder / "made.npz"), np.load(folder / "data.npz")["ytr"]
    for i, epoch in enumerate(epochs):
        assert got["epochs"][i]["train_accuracy"] == epoch.train_accuracy
        assert got["epochs"][i]["test_accuracy"] == epoch.test_accuracy
        assert got["epochs"][i]["samples_per_second"] > 0
        assert np.mean(made["prediction"][i] == labels) == epoch.train_accuracy
        np.testing.assert_array_equal(made["order"][i], epoch.order)
    assert_same_state(State.load(folder / "state.npz", wanted.design), wanted.state())
    assert got["engine"] == "fast"
    assert got["clocks"] == 2 * (25 + 4) * 12 and got["clocks_per_input"] == 12
    assert got["stall_clocks"] == {"clash": 0, "starved": 0, "fill": 2 * 29 * 4}
    assert got["lane_utilisation"][0] == {"ff": 400 / 696, "bp": 0.0, "up": 400 / 696}
    for name, tally in wanted.engine.tallies.items():
        assert got["saturation"][name] == asdict(tally)


@pytest.mark.parametrize("design", ["design.toml", "hazard.toml"])
def test_two_epochs_equal_one_saved_and_one_more(folder, design):
    common = ["train", design, "--data", "data.npz", "--seed", 3, "--limit", 20]
    run(folder, *common, "--epochs", 2, "--save", "both.npz", "--predictions", "both_made.npz")
    run(folder, *common, "--save", "one.npz")
    run(folder, *common, "--load", "one.npz", "--save", "one.npz", "--predictions", "made.npz")
    both, one = np.load(folder / "both.npz"), np.load(folder / "one.npz")
    assert sorted(both.files) == sorted(one.files)
    for name in both.files:
        np.testing.assert_array_equal(both[name], one[name], err_msg=name)
    second, resumed = np.load(folder / "both_made.npz"), np.load(folder / "made.npz")
    np.testing.assert_array_equal(second["prediction"][1:], resumed["prediction"])
    assert resumed["prediction"].shape == (1, 20)


def test_without_shuffling_the_order_is_that_of_the_data(folder):
    arguments = ["--data", "data.npz", "--no-shuffle", "--predictions", "made.npz"]
    got = run_json(folder, "train", "design.toml", *arguments)
    assert np.load(folder / "made.npz")["order"].tolist() == [list(range(25))]
    wanted = trained(folder, "design.toml", 0, shuffle=False).epoch()
    assert got["epochs"][0]["train_accuracy"] == wanted.train_accuracy


def test_infer_finds_the_test_accuracy_again(folder):
    arguments = ["--data", "data.npz", "--save", "state.npz"]
    accuracy = run_json(folder, "train", "design.toml", *arguments)["epochs"][0]["test_accuracy"]
    got = run_json(folder, "infer", "design.toml", "--load", "state.npz", "--data", "data.npz")
    table, labels = np.array(got["confusion"]), np.load(folder / "data.npz")["yte"]
    assert got["accuracy"] == accuracy == np.trace(table) / 40
    assert got["inputs"] == 40 and table.shape == (6, 6)
    np.testing.assert_array_equal(table.sum(axis=1), np.bincount(labels, minlength=6))
    assert got["saturation"]["junction 2 feedforward product"]["operations"] == 40 * 24
    assert got["saturation"]["junction 1 weight memory"] == {"saturated": 0, "operations": 48}


def test_infer_shows_people_the_confusion(folder):
    trained(folder, "design.toml", 1).state().save(folder / "state.npz")
    done = run(folder, "infer", "design.toml", "--load", "state.npz", "--data", "data.npz")
    assert done.returncode == 0 and done.stderr == ""
    assert "accuracy: " in done.stdout and "said " in done.stdout


TRAIN = ["train", "design.toml", "--data"]
LONG = [*TRAIN, "data.npz", "--epochs", "1000000"]
"""So long that a mistake must be found before the work begins."""

INFER = ["infer", "design.toml", "--data", "data.npz", "--load"]
WRONG = {
    "no such data": ([*TRAIN, "none.npz"], "none.npz: --data = 'none.npz': No such file"),
    "label": ([*TRAIN, "wrong.npz"], "labels go from 0 to 5, one per neuron of the last layer"),
    "no such design": (["train", "none.toml", "--data", "data.npz"], "none.toml: file: No such"),
    "no such state": ([*TRAIN, "data.npz", "--load", "none.npz"], "none.npz: file = 'none.npz'"),
    "no folder for the state": (
        [*LONG, "--save", "no/state.npz"],
        "no/state.npz: output: its",
    ),
    "no folder for predictions": (
        [*LONG, "--predictions", "no/x.npz"],
        "no/x.npz: output: its dir",
    ),
    "no epochs": ([*TRAIN, "data.npz", "--epochs", "0"], "'--epochs': 0 is not in the range x>=1"),
    "no inputs": ([*TRAIN, "data.npz", "--limit", "0"], "'--limit': 0 is not in the range x>=1"),
    "no data": (["train", "design.toml"], "Missing option '--data'"),
    "no state": (["infer", "design.toml", "--data", "data.npz"], "Missing option '--load'"),
    "no test set": (
        ["infer", "design.toml", "--data", "untested.npz", "--load", "state.npz"],
        "untested.npz: xte: there is no test set; fix: add xte and yte",
    ),
    "no simulation": (["simulate", "design.toml", "--inputs", "-1"], "'--inputs': -1 is not in"),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_input_is_one_line_and_status_2(folder, case):
    arguments, text = WRONG[case]
    State.initial(load_design(folder / "design.toml")).save(folder / "state.npz")
    done = run(folder, *arguments, "--json")
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert text in line


def test_a_state_of_another_design_is_named_line_by_line(folder):
    np.savez(folder / "other.npz", weight_1=np.zeros(3, int), bias_1=np.zeros(8, int))
    done = run(folder, *INFER, "other.npz")
    assert done.returncode == 2 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 3 and all(line.startswith("other.npz: ") for line in lines)


def test_a_failed_run_leaves_the_old_state_and_no_litter(folder):
    (folder / "state.npz").write_bytes(b"old")
    assert run(folder, *TRAIN, "wrong.npz", "--save", "state.npz").returncode == 2
    assert (folder / "state.npz").read_bytes() == b"old"
    before = sorted(path.name for path in folder.iterdir())
    assert run(folder, *TRAIN, "data.npz", "--save", "state.npz").returncode == 0
    assert sorted(path.name for path in folder.iterdir()) == before
    State.load(folder / "state.npz", load_design(folder / "design.toml"))


def test_an_interrupt_leaves_the_state_of_the_last_finished_epoch(folder):
    arguments = [*TRAIN, "data.npz", "--epochs", "1000", "--save", "state.npz", "--json"]
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    for line in process.stderr:
        if line.startswith("epoch 2 of 1000"):
            break
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and stdout == ""
    *_, stopped, interrupted = stderr.splitlines()
    assert stopped.startswith("stopped: state.npz holds the state after the last finished epoch")
    assert interrupted == "interrupted"
    saved = State.load(folder / "state.npz", load_design(folder / "design.toml"))
    assert 2 <= saved.epochs_seen < 1000
    assert_same_state(saved, trained(folder, "design.toml", saved.epochs_seen).state())


def test_a_state_of_another_pattern_is_a_warning(tmp_path, capsys):
    """Shapes fit, weights mean something else: `infer` says so, and goes on."""
    source = (DESIGNS / "digits.toml").read_text()
    (tmp_path / "one.toml").write_text(source)
    (tmp_path / "two.toml").write_text(source.replace("type = 2\nseed = 1", "type = 2\nseed = 2"))
    state = str(tmp_path / "state.npz")
    options = ["--data", "digits", "--limit", "20", "--save", state]
    assert run_command(["train", str(tmp_path / "one.toml"), *options]) == 0
    capsys.readouterr()
    for name, warned in (("one", False), ("two", True)):
        path = str(tmp_path / f"{name}.toml")
        assert run_command(["infer", path, "--load", state, "--data", "digits"]) == 0
        assert ("trained with another pattern" in capsys.readouterr().err) is warned
