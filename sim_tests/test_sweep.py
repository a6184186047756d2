"""``clashfree sweep``: the grid, the figures of a trial, and runs that fail, stop and go on."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from small_designs import random_pattern, schedule_of
from small_nets import random_data, small_net

from hwsim.checks.multipliers import multipliers
from hwsim.checks.problems import find_problems
from hwsim.cli import app as cli
from hwsim.design_file import load_design
from hwsim.errors import BadInput
from hwsim.schedule import make_schedule
from hwsim.sweep.grid import make_grid
from hwsim.sweep.values import Axis, read_axes, read_values
from hwsim.trials.cores import Cores
from rtl_gen.verilog import make_accelerator, to_verilog

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
[pattern]
type = 3
[training]
eta_shift = [[0, 2], [30, 3]]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """The working directory: a design and data for it."""
    (tmp_path / "design.toml").write_text(DESIGN)
    data = random_data(load_design(tmp_path / "design.toml"), 25, tests=40)
    np.savez(tmp_path / "data.npz", xtr=data.xtr, ytr=data.ytr, xte=data.xte, yte=data.yte)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def arguments(*sets: str, design: str = "design.toml", engine: str = "clock") -> list[str]:
    options = [word for text in sets for word in ("--set", text)]
    # No more processes than needed: each takes a second to start.
    common = ["--data", "data.npz", "--jobs", "1", "--engine", engine, "-o", "runs"]
    return ["sweep", design, *options, *common]


@pytest.fixture
def sweep(folder, capsys):
    """Run a sweep in this process: its status, what ``--json`` prints, and its complaints."""

    def run(*sets: str, more: tuple[str, ...] = (), **options: str) -> tuple[int, dict, str]:
        status = cli.run([*arguments(*sets, **options), "--json", *more])
        printed = capsys.readouterr()
        return status, json.loads(printed.out or "{}"), printed.err

    return run


# What is written after --set.


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("4..7", (4, 5, 6, 7)),
        ("0..6..2,9", (0, 2, 4, 6, 9)),
        ("3..-3..-3", (3, 0, -3)),
        ("[16,20], [32, 40]", ([16, 20], [32, 40])),
        ("[[0,2],[40,3]],4", ([[0, 2], [40, 3]], 4)),
        ("true,false", (True, False)),
        ("[relu,sigmoid],sigmoid", (["relu", "sigmoid"], "sigmoid")),
        ('../a/b-1.npz,"3 [x], y.npz"', ("../a/b-1.npz", "3 [x], y.npz")),
    ],
)
def test_values(text, values):
    assert read_values(text) == values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("zz=3", "unknown key 'zz'; fix: did you mean 'z'?"),
        ("number.seed=3", "unknown key 'number.seed'"),
        ("seed=1", "of both [pattern] and [training]; fix: --set pattern.seed=.. or --set train"),
        ("frac_bits", "has no '='"),
        ("frac_bits=", "a value is missing at the end"),
        ("frac_bits=4,,5", "a value is missing before ','"),
        ("frac_bits=4 5", "a comma is missing before '5'"),
        ("frac_bits=1.5", "a comma is missing before '.5'"),
        ("frac_bits=9..4", "9..4: holds no integer"),
        ("frac_bits=4..9..0", "4..9..0: the step is 0"),
        ("frac_bits=1..9999999999", "more than 100000 values"),
        ("frac_bits=1..99999999999999999999", "more than 100000 values"),
        ("z=" + "[" * 3000, "brackets in more than 2 levels"),
        ("frac_bits=4?", "cannot be read from '?' on"),
        ("z=[16,20", "a closing bracket is missing at the end"),
        ("z=16,20", "hardware.z = 16: must be positive integers, one per junction"),
        ("frac_bits=few", "number.frac_bits = 'few': must be an integer >= 3"),
        ("profile=defualt", "number.profile = 'defualt': must be 'prototype' or 'default'"),
        ("forwarding=1", "hardware.forwarding = 1: must be true or false"),
        ("registers=few", "hardware.registers = 'few': must be an integer of 0 or more, or a tab"),
        ("registers.tree=few", "hardware.registers.tree = 'few': must be an integer of 0 or more"),
        ("registers.trees=1", "unknown key 'registers.trees'; fix: did you mean"),
    ],
)
def test_what_no_design_can_have_is_refused(text, words):
    with pytest.raises(BadInput) as caught:
        read_axes((text,))
    (line,) = caught.value.lines
    assert line.startswith("command line: --set") and words in line and "; fix: " in line


def test_a_key_is_set_once():
    with pytest.raises(BadInput, match=r"number\.frac_bits is set by another --set as well"):
        read_axes(("frac_bits=4", "number.frac_bits=5"))


# The designs that come of it.


def test_grid_is_the_cross_product_with_the_last_axis_fastest(folder):
    axes = read_axes(("registers=0..1", "pattern.seed=5,3"))
    assert axes == (Axis("hardware.registers", (0, 1)), Axis("pattern.seed", (5, 3)))
    points = make_grid(folder / "design.toml", axes)
    assert [tuple(point.values.values()) for point in points] == [(0, 5), (0, 3), (1, 5), (1, 3)]
    for point in points:
        assert point.design.hardware.registers == point.values["hardware.registers"]
        assert point.design.pattern.seed == point.values["pattern.seed"]
        assert point.design.pattern.type == 3 and point.design.hardware.z == (6, 4)


def test_stages_of_registers_are_keys_of_their_own(folder):
    axes = read_axes(("registers.tree=0..2", "hardware.registers.network=1"))
    assert [axis.key for axis in axes] == ["hardware.registers.tree", "hardware.registers.network"]
    for text, product in (("{ product = 1, multiplier = 3 }", 1), ("2", 2)):
        changed = DESIGN.replace("registers  = 2", f"registers  = {text}")
        (folder / "stages.toml").write_text(changed)
        points = make_grid(folder / "stages.toml", axes)
        assert [point.design.registers.tree for point in points] == [0, 1, 2]
        for point in points:
            assert (point.design.registers.network, point.design.registers.product) == (1, product)


def test_a_key_of_several_pattern_tables_is_set_in_each():
    (point,) = make_grid(DESIGNS / "deep-4.toml", read_axes(("dither=true",)))
    assert [pattern.dither for pattern in point.design.patterns] == [True] * 4
    assert [pattern.type for pattern in point.design.patterns] == [2, 1, 3, 2]


def test_a_key_may_be_missing_in_the_file_if_the_sweep_gives_it(folder):
    (folder / "bare.toml").write_text(DESIGN.replace("z          = [6, 4]", ""))
    first, second = make_grid(folder / "bare.toml", read_axes(("z=[6,4],[5,4]",)))
    assert first.design.hardware.z == (6, 4)
    assert second.design is None and second.error.startswith("hardware.z[1] = 5: z must divide")


def test_how_a_pattern_is_drawn_changes_no_pattern_file(folder):
    left = np.arange(48).reshape(-1, 6) % 12
    np.savez("pattern.npz", left_1=left)
    mixed = '[[pattern]]\nfile = "pattern.npz"\n[[pattern]]\ntype = 2\n'
    Path("mixed.toml").write_text(DESIGN.replace("[pattern]\ntype = 3\n", mixed))
    for point in make_grid(Path("mixed.toml"), read_axes(("pattern.seed=5,6",))):
        first, second = point.design.patterns
        assert first.file == "pattern.npz"
        assert second.seed == point.values["pattern.seed"]
    (point,) = make_grid(Path("mixed.toml"), read_axes(("type=1",)))
    assert [pattern.type for pattern in point.design.patterns] == [1, 1]


def test_a_mistake_of_the_file_itself_is_bad_input(folder):
    (folder / "wrong.toml").write_text(DESIGN + "\n[number]\nfrac_bit = 3\n")
    with pytest.raises(BadInput, match=r"number\.frac_bit = 3: unknown key"):
        make_grid(folder / "wrong.toml", read_axes(("registers=0..1",)))


def test_too_many_combinations(folder):
    with pytest.raises(BadInput, match="1000000 combinations are more than 100000"):
        make_grid(folder / "design.toml", read_axes(("pattern.seed=1..1000", "phi=1..1000")))


# The closed form of the multipliers.


@pytest.mark.parametrize(("name", "total"), [("prototype-2018", 384), ("digits", 96)])
def test_multipliers_of_shipped_designs(name, total):
    assert total_multipliers(load_design(DESIGNS / f"{name}.toml")) == total


@pytest.mark.parametrize(
    ("name", "profile", "cost"),
    [
        ("one junction", "default", "quadratic"),
        ("one junction", "prototype", "cross-entropy"),
        ("folded banks", "default", "cross-entropy"),
        ("folded banks", "prototype", "quadratic"),
        ("four junctions", "default", "quadratic"),
    ],
)
def test_multipliers_are_those_of_the_verilog(name, profile, cost):
    design = small_net(name, profile=profile, cost=cost)
    assert total_multipliers(design) == multipliers_in_verilog(design)


def test_multipliers_of_inference_are_those_of_the_verilog():
    design = small_net("folded banks", cost="quadratic")
    assert total_multipliers(design, inference=True) == sum(design.hardware.z)
    assert multipliers_in_verilog(design, inference=True) == sum(design.hardware.z)


def total_multipliers(design, **options) -> int:
    parts = make_schedule(design, **options).junctions
    return sum(multipliers(design, part)["total"] for part in parts)


def multipliers_in_verilog(design, **options) -> int:
    verilog = to_verilog(make_accelerator(design, make_schedule(design, **options)))
    return verilog.count(" * ")


# Whole sweeps.


def test_a_row_is_what_the_other_commands_say(sweep, folder, capsys):
    status, got, _ = sweep("registers=1", more=("--epochs", "2", "--limit", "20", "--seed", "4"))
    assert status == 0
    (folder / "one.toml").write_text(DESIGN.replace("registers  = 2", "registers = 1"))
    train = ["--epochs", "2", "--limit", "20", "--seed", "4", "--engine", "clock", "--json"]
    assert cli.run(["train", "one.toml", "--data", "data.npz", *train]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert cli.run(["check", "one.toml", "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    (row,) = got["rows"]
    for name in ("test_accuracy", "train_accuracy"):
        assert row[name] == trained["epochs"][1][name]
    assert row["clocks_per_input"] == trained["clocks_per_input"] == 11
    assert row["memory_bits"] == sum(part["memory_bits"]["total"] for part in checked["junctions"])
    assert row["multipliers"] == total_multipliers(load_design("one.toml"))
    assert row["set"] == {"hardware.registers": 1} and row["error"] is None


def test_both_engines_give_the_same_row_and_know_each_others(sweep):
    _, slow, _ = sweep("registers=1")
    for path in Path("runs/designs").iterdir():
        path.unlink()
    status, fast, complaints = sweep("registers=1", engine="fast")
    said = [line for line in complaints.splitlines() if not line.startswith("sweep: ")]
    assert (status, said) == (0, []) and fast["rows"] == slow["rows"]
    _, again, _ = sweep("registers=1")
    assert again["done_before"] == 1


def test_a_design_that_fails_does_not_stop_the_others(sweep, folder):
    np.savez(folder / "empty.npz", nothing=[0])
    (folder / "design.toml").write_text(DESIGN.replace("type = 3", ""))
    status, got, complaints = sweep("registers=0", "z=[6,4],[5,4]", more=("--csv", "table.csv"))
    assert status == 1 and (got["designs"], got["finished"], got["failed"]) == (2, 1, 1)
    good, wrong = got["rows"]
    assert good["error"] is None and 0 <= good["test_accuracy"] <= 1
    assert wrong["error"].startswith("hardware.z[1] = 5: z must divide the 12 left neurons")
    assert wrong["test_accuracy"] is None and wrong["file"] is None
    assert complaints.startswith("failed: hardware.registers=0 hardware.z=[5, 4]: hardware.z[1]")
    # What goes wrong in the worker, where a file turns out to be no pattern.
    status, got, _ = sweep("file=empty.npz,design.toml", "registers=0")
    assert status == 1
    for row, name in zip(
        got["rows"], ("empty.npz: left_1 = ", "design.toml: file = "), strict=True
    ):
        assert row["error"].startswith(str(folder / name))


def test_files_of_a_sweep(sweep):
    status, got, _ = sweep("z=[6,4],[5,4]", "forwarding=true,false", more=("--csv", "table.csv"))
    assert status == 1
    text = Path("runs/results.csv").read_text()
    assert Path("table.csv").read_text() == text
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["hardware.z"] for row in rows] == ["[6, 4]"] * 2 + ["[5, 4]"] * 2
    assert [row["hardware.forwarding"] for row in rows] == ["true", "false"] * 2
    assert rows[0]["error"] == "" and rows[2]["test_accuracy"] == ""
    assert float(rows[0]["test_accuracy"]) == got["rows"][0]["test_accuracy"]
    assert rows[0]["problems"] == "0" and int(rows[1]["problems"]) > 0  # hazards
    kept = json.loads(Path("runs/results.json").read_text())
    assert got == kept | {"done_before": 0}
    file = json.loads((Path("runs") / got["rows"][0]["file"]).read_text())
    assert file["design"]["hardware"]["z"] == [6, 4] and file["inputs"] == 25
    assert file["figures"]["test_accuracy"] == got["rows"][0]["test_accuracy"]


def test_what_is_done_is_not_done_again_unless_something_differs(sweep, folder):
    assert sweep("registers=0..1")[1]["done_before"] == 0
    before = {path: path.stat().st_mtime_ns for path in Path("runs/designs").iterdir()}
    status, got, complaints = sweep("registers=1..2")
    assert (status, got["done_before"]) == (0, 1)
    assert complaints == "1 of 2 designs were done before\n"
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in before.items())
    (folder / "design.toml").write_text(f"# A comment.\n{DESIGN}")
    assert sweep("registers=1", more=("--limit", "999"))[1]["done_before"] == 1
    assert sweep("registers=1", more=("--limit", "24"))[1]["done_before"] == 0
    assert sweep("registers=1", more=("--seed", "2"))[1]["done_before"] == 0
    data = dict(np.load("data.npz"))
    data["ytr"][0] ^= 1
    np.savez("data.npz", **data)
    assert sweep("registers=1")[1]["done_before"] == 0


@pytest.mark.parametrize("content", ["", "{}", '{"figures": {"test_accuracy": 1}}', "[]"])
def test_a_damaged_result_is_made_again(sweep, content):
    whole = sweep("registers=1")[1]
    (path,) = Path("runs/designs").iterdir()
    path.write_text(content)
    again = sweep("registers=1")[1]
    assert again["done_before"] == 0 and again["rows"] == whole["rows"]


def test_a_pattern_file_counts_with_its_content(sweep, folder, capsys):
    results = []
    for seed in (1, 2, 1):
        text = DESIGN.replace("type = 3", f"seed = {seed}")
        (folder / "source.toml").write_text(text)
        assert cli.run(["pattern", "source.toml", "-o", "pattern.npz"]) == 0
        capsys.readouterr()
        results.append(sweep("file=pattern.npz")[1])
    assert [result["done_before"] for result in results] == [0, 0, 1]
    assert results[0]["rows"] == results[2]["rows"]


LONG = ["--epochs", "1000000"]
"""So long that a mistake must be found before the work begins."""


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--set", "zz=1"], "command line: --set = 'zz=1': unknown key 'zz'"),
        ([], "clashfree sweep: Missing option '--set'"),
        (
            ["--set", "z=4,8"],
            "command line: --set z=4,8: hardware.z = 4: must be positive integers, "
            "one per junction; fix: lists stand in brackets: --set 'z=[4,8]'",
        ),
        (
            ["--set", "eta_shift=abc"],
            "command line: --set eta_shift=abc: training.eta_shift = 'abc':"
            " must be an integer of 0 or more, or a list of [first input, shift] pairs; fix: e.g. ",
        ),
        (
            ["--set", "z=[6,4],4"],
            "command line: --set z=[6,4],4: hardware.z = 4: must be positive "
            "integers, one per junction; fix: e.g. z = ",
        ),
        (["--set", "phi=0", "--data", "none.npz"], "none.npz: --data = 'none.npz': No such file"),
        (["--set", "phi=0", "--data", "wide.npz"], "wide.npz: xtr = 99: images of 99 pixels"),
        (["--set", "phi=0", "-o", "no/runs"], "no/runs: output: its directory does not exist"),
        (["--set", "phi=0", "-o", "data.npz"], "data.npz: output: is not a directory"),
        (["--set", "phi=0", "--csv", "no/x.csv"], "no/x.csv: output: its directory does not"),
        (["--set", "phi=0", "--csv", "design.toml"], "command line: --csv = 'design.toml': would"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(options, line, folder, capsys):
    np.savez("wide.npz", xtr=np.zeros((2, 99), np.uint8), ytr=[0, 1])
    before = sorted(folder.iterdir())
    assert cli.run([*arguments(), *LONG, *options]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    assert printed.err.startswith(line)
    assert sorted(folder.iterdir()) == before


def test_tables_for_people(folder, capsys):
    assert cli.run(arguments("forwarding=true,false")) == 0
    printed = capsys.readouterr()
    assert "hardware.forwarding" in printed.out and "test accuracy" in printed.out
    assert printed.out.splitlines()[-1] == "results: runs/results.csv, runs/results.json"
    assert printed.err.startswith("warning: 1 of 2 designs have clashes, hazards,")


def test_clashes_are_problems_too(sweep, folder):
    rng = np.random.default_rng(1)
    design = load_design(folder / "design.toml")
    left = [random_pattern(shape, rng) for shape in design.shapes]
    np.savez("clash.npz", **{f"left_{i}": array for i, array in enumerate(left, 1)})
    (row,) = sweep("file=clash.npz")[1]["rows"]
    checks = [find_problems(part) for part in schedule_of(design, *left).junctions]
    assert checks[0]["clash"].count > 0
    assert row["problems"] == sum(kind.count for check in checks for kind in check.values())


def test_fewer_inputs_than_asked_for_are_a_warning(folder, capsys):
    assert cli.run([*arguments("phi=0"), "--limit", "1000"]) == 0
    inputs = len(np.load(folder / "data.npz")["xtr"])
    warning = f"warning: --limit 1000: the data hold {inputs} training inputs, all are used"
    assert capsys.readouterr().err.splitlines()[0] == warning


# Sweeps that are stopped.

SLOW = ["--epochs", "3"]


def start(*sets: str) -> subprocess.Popen[str]:
    """A sweep that takes a while, stopped by nobody, in a process group as a shell makes them."""
    command = [*COMMAND, *arguments(*sets), *SLOW, "--json"]
    return subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def wait_for_results(count: int) -> None:
    designs, patience = Path("runs/designs"), time.monotonic() + 60
    while len(list(designs.glob("*.json")) if designs.exists() else []) < count:
        assert time.monotonic() < patience
        time.sleep(0.01)


def test_ctrl_c_keeps_what_is_done_and_the_sweep_goes_on(sweep):
    process = start("pattern.seed=1..40")
    wait_for_results(2)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers as well
    begun = time.monotonic()
    stdout, stderr = process.communicate(timeout=60)
    assert time.monotonic() - begun < 5
    assert process.returncode == 130 and stdout == ""
    stopped, interrupted = stderr.splitlines()
    kept = len(list(Path("runs/designs").iterdir()))
    assert 2 <= kept < 40 and interrupted == "interrupted"
    assert stopped.startswith(f"stopped: runs keeps the {kept} of 40 designs that are done")
    rows = list(csv.DictReader(Path("runs/results.csv").read_text().splitlines()))
    assert [int(row["pattern.seed"]) for row in rows] == list(range(1, kept + 1))
    status, got, _ = sweep("pattern.seed=1,2,40", more=tuple(SLOW))
    assert (status, got["done_before"], got["finished"]) == (0, 2, 3)
    assert [str(row["test_accuracy"]) for row in got["rows"][:2]] == [
        row["test_accuracy"] for row in rows[:2]
    ]


def test_a_killed_sweep_goes_on_and_gives_what_an_unbroken_one_gives(sweep):
    process = start("pattern.seed=1..6")
    wait_for_results(2)
    process.kill()
    process.communicate(timeout=60)  # its workers see that it is gone, and close the pipes too
    kept = len(list(Path("runs/designs").glob("*.json")))
    assert not Path("runs/results.csv").exists()
    status, resumed, _ = sweep("pattern.seed=1..6", more=tuple(SLOW))
    assert status == 0 and resumed["done_before"] == kept < 6
    status, unbroken, _ = sweep("pattern.seed=1..6", more=(*SLOW, "-o", "others"))
    assert unbroken["done_before"] == 0 and unbroken["rows"] == resumed["rows"]


def end_process(number: int) -> int:
    """Stands for a trial that the system kills, as it does where memory runs out."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return -number


def test_a_process_that_dies_takes_no_other_trial_with_it():
    results = dict(Cores(2).execute(end_process, {str(n): n for n in range(8)}))
    assert results == {str(n): -n for n in range(8)} | {"3": None}


def test_closing_kills_what_still_runs():
    results = Cores(2).execute(time.sleep, {"short": 0, "long": 300})
    assert next(results) == ("short", None)
    begun = time.monotonic()
    results.close()
    assert time.monotonic() - begun < 10


def is_deaf(number: int) -> bool:
    return number in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_worker_does_not_hear_ctrl_c():
    assert dict(Cores(1).execute(is_deaf, {"": signal.SIGINT})) == {"": True}
    assert not is_deaf(signal.SIGINT)


def test_a_worker_has_one_thread():
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    found = Cores(1).execute(os.getenv, dict(zip(names, names, strict=True)))
    assert dict(found) == dict.fromkeys(names, "1")
