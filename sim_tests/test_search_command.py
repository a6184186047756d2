"""``clashfree search``, the command: killed, interrupted, resumed, and given nonsense."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from trial_tools import process, until

from hwsim.cli import app as cli
from hwsim.data import read_data
from hwsim.design_file import load_design
from hwsim.schedule import make_schedule

COMMAND = ("search", "--data", "digits", "--penalty", "clocks", "--trials", "9", "--epochs", "2",
           "--hidden", "2", "--widest", "32", "--jobs", "1")  # fmt: skip


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(capsys, *arguments):
    status = cli.run([*COMMAND, *arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_a_killed_search_goes_on_and_finds_the_same(here, capsys):
    def kept():
        with closing(sqlite3.connect("search.sqlite")) as database:
            try:
                return database.execute("SELECT count(*) FROM training").fetchone()[0]
            except sqlite3.OperationalError:
                return 0

    with process("hwsim.cli", *COMMAND) as started:
        until(lambda: kept() >= 3)
        started.send_signal(signal.SIGKILL)
        started.wait()
    left = kept()
    status, out, err = ask(capsys, "--json", "-o", "best.json", "--plot", "front.svg")
    assert (status, err) == (0, f"{left} of 9 trials were there already\n")
    found = json.loads(out)
    assert kept() == len(found["trials"]) == 9
    best = found["best"]
    assert best["objective"] == min(t["objective"] for t in found["trials"])
    assert {"design", "accuracy", "complexity"} <= best.keys()
    made = load_design("best.json")
    assert made.sections() == best["design"]
    assert make_schedule(made).block_cycle == best["complexity"]
    assert (here / "front.svg").read_bytes().startswith(b"<?xml")
    assert cli.run([*COMMAND, "--records", "new.sqlite", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == found, "as if it had never been killed"
    # Another penalty and another weight: the same trainings, as far as they are the same.
    _, out, err = ask(capsys, "--penalty", "luts", "--wc", "10")
    assert " of 9 trials were there already" in err and "best" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--widest", "40"), "--widest = 40: must be a multiple of 16; fix: 32 or 48"),
        (("--plot", "x.bmp"), "--plot = 'x.bmp': must end in .png, .svg, .pdf; fix: x.png"),
        (("-o", "none/x.json"), "its directory does not exist"),
        (("-o", "x.json", "--records", "x.json"), "would replace the design, the data or another"),
        (("-o", "best.toml"), "--output = 'best.toml': must end in .json"),
        (("--penalty", "joules"), "'joules' is not one of"),
        (("--data", "none.npz"), "none.npz: --data"),
        (("--data", "one.npz"), "there is one class, and nothing to tell apart"),
        (("--data", "few.npz"), "xtr = 20: 20 inputs to train on, 0 to validate with; fix: at"),
        (("--data", "huge.npz"), "--widest = 32: the largest network: "),
        (("--wc", "nan"), "nan is no number"),
        (("--records", "/dev/null"), "is no regular file"),
    ],
)
def test_bad_input_is_one_line(here, capsys, arguments, message):
    digits = read_data("digits")
    np.savez("one.npz", xtr=digits["xtr"], ytr=np.zeros_like(digits["ytr"]))
    few = np.repeat(np.arange(10), 2)
    np.savez("few.npz", xtr=digits["xtr"][:20], ytr=few)
    labels = digits["ytr"].copy()
    labels[0] = 10**9
    np.savez("huge.npz", xtr=digits["xtr"], ytr=labels)
    status, out, err = ask(capsys, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1) and message in err
    assert {path.name for path in here.iterdir()} == {"one.npz", "few.npz", "huge.npz"}


def test_data_need_no_test_set_and_few_are_warned_of(here, capsys):
    digits = read_data("digits")
    np.savez("no-test.npz", xtr=digits["xtr"], ytr=digits["ytr"])
    status, out, err = ask(capsys, "--data", "no-test.npz", "--limit", "400", "--trials", "1",
                           "--json")  # fmt: skip
    assert (status, json.loads(out)["best"]["test_accuracy"]) == (0, None)
    assert err == "warning: 80 inputs to validate with: accuracies go in steps of 1.2 points\n"


def test_an_interrupted_search_says_where_it_goes_on(here, capsys, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("hwsim.search.evaluation.Evaluation.run", interrupt)
    assert ask(capsys) == (130, "", "stopped: search.sqlite keeps what is trained; the same "
                           "command goes on from there\ninterrupted\n")  # fmt: skip
