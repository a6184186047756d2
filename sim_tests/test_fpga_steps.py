"""Steps: whole files, records, and what an interrupt leaves."""

from __future__ import annotations

import signal
import sys
import threading

import pytest

from fpga.steps import Step, run
from hwsim.errors import Refused

COPY = "import sys; open('out', 'w').write(open('../in').read() * 2); print('copied')"
HALF = (
    "import sys, time; open('out', 'w').write('half'); print('begun', flush=True); time.sleep(60)"
)


def step(program: str, tools: tuple[str, ...] = ("copy 1",), seen: list[str] | None = None) -> Step:
    def stage(line: str) -> str | None:
        if seen is not None:
            seen.append(line)
        return None

    command = (sys.executable, "-c", program)
    return Step("copy", "copying", command, ("in",), ("out",), tools, stage)


def files(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_step_runs_once_for_the_same_inputs(tmp_path):
    (tmp_path / "in").write_text("ab")
    seen: list[str] = []
    first = run(step(COPY, seen=seen), tmp_path)
    assert (tmp_path / "out").read_text() == "abab"
    assert files(tmp_path) == ["copy.done.json", "copy.log", "in", "out"]
    assert run(step(COPY, seen=seen), tmp_path) == first
    assert seen == ["copied\n"]


@pytest.mark.parametrize("change", ["input", "output", "tool", "record"])
def test_a_step_runs_again_if_anything_changed(change, tmp_path):
    (tmp_path / "in").write_text("ab")
    seen: list[str] = []
    run(step(COPY, seen=seen), tmp_path)
    if change in ("input", "output"):
        (tmp_path / {"input": "in", "output": "out"}[change]).write_text("cd")
    if change == "record":
        (tmp_path / "copy.done.json").write_text("{")
    run(step(COPY, tools=("copy 2" if change == "tool" else "copy 1",), seen=seen), tmp_path)
    assert len(seen) == 2
    assert (tmp_path / "out").read_text() == 2 * (tmp_path / "in").read_text()


def test_an_interrupt_leaves_the_old_files(tmp_path):
    (tmp_path / "in").write_text("ab")
    run(step(COPY), tmp_path)
    before = (tmp_path / "copy.done.json").read_text()

    class Interrupting(list):
        def append(self, line: str) -> None:
            main = threading.main_thread().ident
            threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        run(step(HALF, seen=Interrupting()), tmp_path)
    assert (tmp_path / "out").read_text() == "abab"
    assert (tmp_path / "copy.done.json").read_text() == before
    assert files(tmp_path) == ["copy.done.json", "copy.log", "in", "out"]


@pytest.mark.parametrize("program, status", [("print('no'); exit(3)", 3), ("print('no')", 0)])
def test_a_tool_that_fails_or_writes_nothing_is_refused(program, status, tmp_path):
    (tmp_path / "in").write_text("ab")
    with pytest.raises(Refused) as error:
        run(step(program), tmp_path)
    log = tmp_path / "copy.log"
    assert str(error.value) == f"copying failed (exit status {status}); see {log}: no"
    assert files(tmp_path) == ["copy.log", "in"]
