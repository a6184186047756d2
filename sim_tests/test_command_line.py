"""The command line: exit statuses, one line per error, and nothing on stdout where it fails."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import click
import numpy as np
import pytest

from hwsim.cli import app as cli
from hwsim.cli import output
from hwsim.design_file import make_design
from hwsim.errors import Refused

# The command line as a process.


def clashfree(*arguments, stdout=subprocess.PIPE):
    command = [sys.executable, "-c", "from hwsim.cli import main; main()", *arguments]
    pipes = {"stdout": stdout, "stderr": subprocess.PIPE}
    return subprocess.run(command, **pipes, text=True, timeout=60, check=False)


@pytest.fixture
def design_path(tmp_path):
    def write(text="", name="my.toml"):
        path = tmp_path / name
        good = "format = 1\n[network]\nlayers = [12, 8]\nout_degrees = [2]\n[hardware]\nz = [4]\n"
        path.write_text(good + text)
        return str(path)

    return write


def test_process_good_design(design_path):
    ended = clashfree("check", design_path(), "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("{") and ended.stdout.endswith("}\n")


def test_process_bad_design(design_path):
    path = design_path("registers = -1\nzz = 3\n")
    ended = clashfree("check", path, "--json")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"{path}: hardware.registers = -1: must be an integer of 0 or more, or a table of them "
        "by stage; fix: e.g. registers = 0 or { multiplier = 2, tree = 1 }\n"
        f"{path}: hardware.zz = 3: unknown key; fix: did you mean 'z'?\n"
    )


def test_process_broken_pipe(design_path):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as pipe:
        ended = clashfree("check", design_path(), stdout=pipe)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_process_full_disk(design_path):
    with open("/dev/full", "w") as full:
        ended = clashfree("check", design_path(), stdout=full)
    assert (ended.returncode, ended.stderr) == (74, "stdout: No space left on device\n")


@pytest.mark.parametrize("signal", ["SIGINT", "SIGTERM"])
def test_process_interrupted(signal):
    """Or told to end: so what it has started, as place and route, ends with it."""
    code = (
        "import os, signal, click, hwsim.cli.app as app\n"
        f"stop = click.command('x')(lambda: os.kill(os.getpid(), signal.{signal}))\n"
        "app.Commands.get_command = lambda *_: stop\n"
        "app.main(['x'])"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")


# The command line in this process: faster.

USAGE = [
    (["chekc"], "clashfree: No such command 'chekc'"),
    (["check"], "clashfree check: Missing argument 'DESIGN'; see clashfree check --help"),
    (["check", "a", "b"], "clashfree check: Got unexpected extra argument (b)"),
    (["check", "a.toml", "--jsno"], "clashfree check: No such option"),
    (["check", "a.npz"], "clashfree check: a bare pattern needs -z and --layers"),
    (["check", "a.npz", "-z", "2"], "clashfree check: a bare pattern needs -z and --layers"),
    (["check", "a.toml", "-z", "2"], "clashfree check: -z, --layers, --registers, --forwarding"),
    (["check", "a.npz", "-z", "2,x", "--layers", "4,2"], "command line: -z = '2,x': must be integ"),
    (["check", "a.npz", "-z", "", "--layers", "4,2"], "command line: -z = '': must be integers"),
    (["check", "a.npz", "-z", "2", "--layers", "4,2"], "a.npz: file = 'a.npz': No such file"),
    (["check", "a.npz", "-z", "2", "--layers", "4,2", "--registers", "-1"], "clashfree check: "),
    (["check", "a\nb.toml"], "a b.toml: file: No such file or directory"),
    (["check", "a.toml", "--junit", "/no/such/a.xml"], "/no/such/a.xml: output: its directory"),
    (["pattern", "a.toml"], "clashfree pattern: Missing option '-o' / '--output'"),
    (["--no-such"], "clashfree: No such option"),
]


@pytest.mark.parametrize("arguments, begin", USAGE, ids=str)
def test_bad_usage_is_one_line(arguments, begin, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(begin)
    assert printed.err.count("\n") == 1 and printed.err.endswith("\n")


def bare(tmp_path, capsys, z, layers, **arrays):
    np.savez(tmp_path / "p.npz", **arrays)
    path = str(tmp_path / "p.npz")
    assert cli.run(["check", path, "-z", z, "--layers", layers]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err.removeprefix(f"{path}: ").removesuffix("\n")


@pytest.mark.parametrize(
    "z, layers, line",
    [
        ("2", "5,2", "left_1 = [2, 2]: clocks times lanes must be a multiple of the 5 left "
         "neurons; fix: correct --layers, or the pattern"),
        ("3", "4,2", "-z[1] = 3: z must divide the 4 left neurons of junction 1; "
         "fix: z = 1 or 2 or 4"),
        ("1", "4,2", "left_1 = 'int64[2, 2]': pattern must have shape (4, 1), not (2, 2); "
         "fix: regenerate it for this design"),
        ("2", "4", "command line: --layers = '4': needs two or more positive sizes; "
         "fix: e.g. --layers 1024,64,32"),
        ("2,2", "4,2", "-z = [2, 2]: needs one entry for each of the 1 junctions of 2 layers; "
         "fix: give 1, not 2"),
        ("2", "4,2,2", "left_2 = '(missing)': the array is missing; fix: add it, or give 2 layers"),
    ],
)  # fmt: skip
def test_bare_patterns_that_do_not_fit(z, layers, line, tmp_path, capsys):
    assert bare(tmp_path, capsys, z, layers, left_1=[[0, 1], [2, 3]]) == line


def test_bare_patterns_with_more_arrays_than_junctions(tmp_path, capsys):
    pattern = [[0, 1], [2, 3]]
    assert bare(tmp_path, capsys, "2", "4,2", left_1=pattern, left_2=pattern, x=pattern) == (
        "left_2 = [2, 2]: there is no such junction between 2 layers; "
        "fix: correct --layers, or remove the array"
    )


@pytest.mark.parametrize("name", ["check", "pattern"])
def test_help_teaches(name, capsys):
    assert cli.run([name, "--help"]) == 0
    printed = capsys.readouterr().out
    assert f"  clashfree {name} design.toml" in printed and "\\b" not in printed


def test_help_of_the_whole(capsys):
    assert cli.run([]) == 0
    plain = capsys.readouterr().out
    assert cli.run(["--help"]) == 0
    assert capsys.readouterr().out == plain
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("clashfree ")


@pytest.fixture
def command(monkeypatch):
    """A command that ends as it is told."""

    def install(function):
        made = click.command("try")(function)
        monkeypatch.setattr(cli.Commands, "get_command", lambda self, ctx, name: made)

    return install


def ending(error):
    def end():
        raise error

    return end


@pytest.mark.parametrize(
    "error, status, line",
    [
        (Refused("clashes"), 1, "clashes\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (MemoryError("8 EiB"), 71, "this machine has too little memory for it: 8 EiB\n"),
        (click.ClickException("a\nb."), 2, "a b\n"),
    ],
    ids=repr,
)
def test_every_ending_has_its_status(error, status, line, command, capsys):
    command(ending(error))
    assert cli.run(["try"]) == status
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize("status", [None, 0, 1])
def test_a_command_returns_its_status(status, command):
    command(lambda: status)
    assert cli.run(["try"]) == (status or 0)


def test_a_bug_is_one_line_unless_asked(command, capsys, monkeypatch):
    command(lambda: make_design(None))
    assert cli.run(["try"]) == 70
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    assert printed.err.startswith("a bug in clashfree: AttributeError: 'NoneType' object has no ")
    assert "(design_file.py:" in printed.err
    monkeypatch.setenv("CLASHFREE_DEBUG", "1")
    assert cli.run(["try"]) == 70
    assert capsys.readouterr().err.startswith("Traceback (most recent call last):\n")


def test_a_command_that_cannot_be_imported_does_not_hide_the_others(capsys, monkeypatch):
    monkeypatch.setattr(cli, "COMMANDS", ("check", "no_such_module"))
    assert cli.run(["--help"]) == 0
    assert "no_such_module  (not available: No module named" in capsys.readouterr().out
    assert cli.run(["no_such_module", "--json", "a"]) == 2
    assert capsys.readouterr().err.startswith("no_such_module is not available here: No module")


def test_progress_is_silent_at_first_and_then_a_line_every_interval(capsys, monkeypatch):
    now = iter(range(100))
    monkeypatch.setattr(output.time, "monotonic", lambda: next(now) * 4.0)
    with output.progress("training", 8) as advance:
        for _ in range(8):
            advance(1)
    assert capsys.readouterr() == (
        "",
        "training: 3 of 8 inputs\ntraining: 6 of 8 inputs\n",
    )


def test_work_of_unknown_length_says_what_it_is_after_a_while(capsys, monkeypatch):
    monkeypatch.setattr(output, "PATIENCE", 0.01)
    with output.patience("building"):
        time.sleep(0.2)
    assert capsys.readouterr() == ("", "building\n")
    monkeypatch.setattr(output, "PATIENCE", 60)
    with output.patience("building"):
        pass
    assert capsys.readouterr() == ("", "")
