"""``clashfree board``: digits, trained through the wires of a simulated board, bit for bit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from small_nets import assert_same_state

from fpga.simulation.board import SimulatedBoard
from hwsim.cli.app import run
from hwsim.data import load_data
from hwsim.design_file import load_design
from hwsim.state import State

DESIGNS = Path(__file__).parent.parent / "designs"
DIGITS, FOR_BOARDS = DESIGNS / "digits.toml", DESIGNS / "digits-board.toml"
INPUTS, TESTS = 120, 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Digits, fewer of them."""
    folder = tmp_path_factory.mktemp("board")
    data = load_data("digits", load_design(DIGITS))
    np.savez(
        folder / "few.npz",
        xtr=data.xtr[:INPUTS], ytr=data.ytr[:INPUTS], xte=data.xte[:TESTS], yte=data.yte[:TESTS],
    )  # fmt: skip
    return folder


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return folder


def result(capsys, *arguments: str) -> dict:
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def same_as_model(capsys, data: str, epochs: int, found: dict, path: Path = DIGITS) -> None:
    """Accuracies and state of a run on the board are those of ``clashfree train``."""
    options = ["--data", data, "--epochs", str(epochs)]
    expected = result(capsys, "train", str(path), *options, "--shuffle", "board",
                      "--save", "model.npz")  # fmt: skip
    keys = ("inputs", "train_accuracy", "test_accuracy")
    wanted = [{k: e[k] for k in keys} for e in expected["epochs"]][-len(found["epochs"]) :]
    assert [{k: e[k] for k in keys} for e in found["epochs"]] == wanted
    design = load_design(path)
    assert_same_state(State.load("board.npz", design), State.load("model.npz", design))


def test_a_simulated_board_has_the_bits_of_the_model(here, capsys):
    options = ["--data", "few.npz", "--epochs", "3"]
    found = result(
        capsys, "board", str(DIGITS), "--port", "simulation", *options, "-o", "board.npz"
    )
    assert found["losses"]["repeated"] == 0 and found["epochs_seen"] == 3
    same_as_model(capsys, "few.npz", 3, found)


def test_another_command_goes_on(here, capsys):
    """In the folder of the test before, whose build it finds."""
    design, work = load_design(DIGITS), here / "build" / "board" / "digits"
    with SimulatedBoard(design, work, stored_inputs=INPUTS + TESTS) as simulated:
        command = ["board", str(DIGITS), "--port", simulated.url, "--data", "few.npz"]
        assert run([*command, "--go-on"]) == 2
        assert "holds no training with these data and options; fix: start over" in (
            capsys.readouterr().err
        )
        result(capsys, *command)
        found = result(capsys, *command, "--go-on", "--epochs", "2", "-o", "board.npz")
        assert [epoch["number"] for epoch in found["epochs"]] == [2]
        same_as_model(capsys, "few.npz", 2, found)
        found = result(capsys, *command, "--go-on", "--epochs", "2", "-o", "again.npz")
        assert found["epochs"] == []
        assert Path("again.npz").read_bytes() == Path("board.npz").read_bytes()
        assert run([*command, "--limit", "5", "--go-on"]) == 2
        assert "holds no training" in capsys.readouterr().err


def test_bad_ports_are_one_line_and_status_2(here, capsys):
    for port, text in (
        ("/dev/no-such-board", "cannot be opened"),
        ("socket://127.0.0.1:1", "cannot be opened"),
        ("nonsense://", "cannot be opened"),
    ):
        assert run(["board", str(DIGITS), "--port", port, "--data", "few.npz"]) == 2
        captured = capsys.readouterr()
        assert captured.out == "" and text in captured.err and captured.err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "epochs", "options", "accuracy"),
    [(FOR_BOARDS, 6, [], 0.93), (DIGITS, 1, ["--stream"], 0.6)],
    ids=["stored", "streamed"],
)
def test_all_digits(here, capsys, path, epochs, options, accuracy):
    found = result(capsys, "board", str(path), "--port", "simulation", "--data", "digits",
                   "--epochs", str(epochs), "-o", "board.npz", *options)  # fmt: skip
    assert found["epochs"][-1]["test_accuracy"] > accuracy
    same_as_model(capsys, "digits", epochs, found, path)
