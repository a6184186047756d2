"""Long steps in processes of their own: progress, logs, whole files, and no work done twice.

A step runs in a folder that is thrown away, and what it made is moved to its place at the end: an
interrupt leaves the old files or the new ones. Beside them stands what they were made from; as long
as that is the same, the step is not run again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from fpga.stages import stages
from hwsim.errors import Refused
from hwsim.files import write_text

SHOWN_LINES = 3
"""Last lines of the log of a step that failed."""


@dataclass(frozen=True)
class Step:
    """One run of a tool.

    Attributes:
        name: of its log and of its record.
        what: what is being done, as in "placing and routing".
        command: program and arguments; it finds its inputs in the folder above.
        inputs: files it reads.
        outputs: files it writes into the folder where it runs.
        tools: versions of what does the work.
        stage: from a line of its log, where it is; None if the line does not say.
    """

    name: str
    what: str
    command: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tools: tuple[str, ...]
    stage: Callable[[str], str | None]


@dataclass(frozen=True)
class Record:
    """What a step that is done was made from, what it made, and how long it took."""

    made_from: str
    outputs: dict[str, str]
    seconds: float


def run(step: Step, folder: Path) -> Record:
    """Run a step in ``folder``, unless it has been run there with the same inputs.

    Raises:
        Refused: if the tool fails.
    """
    made_from = _made_from(step, folder)
    record = _recorded(step, folder)
    if record and record.made_from == made_from and record.outputs == _hashes(step, folder):
        return record
    begun = time.monotonic()
    with _scratch(folder, step.name) as scratch:
        _execute(step, folder, scratch)
        for name in step.outputs:
            (scratch / name).replace(folder / name)
    record = Record(made_from, _hashes(step, folder), round(time.monotonic() - begun, 1))
    write_text(_record_file(step, folder), json.dumps(asdict(record), indent=2) + "\n")
    return record


@contextmanager
def _scratch(folder: Path, name: str) -> Iterator[Path]:
    scratch = folder / f".{name}"
    shutil.rmtree(scratch, ignore_errors=True)  # of a run that was killed
    scratch.mkdir()
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _execute(step: Step, folder: Path, scratch: Path) -> None:
    log = folder / f"{step.name}.log"
    with (
        log.open("w", buffering=1) as file,
        stages(step.what) as show,
        _started(step, scratch) as process,
    ):
        for line in process.stdout:
            file.write(line)
            if stage := step.stage(line):
                show(stage)
        status = process.wait()
    missing = [name for name in step.outputs if not (scratch / name).exists()]
    if status or missing:
        said = " | ".join(line for line in log.read_text().splitlines() if line.strip())
        last = " | ".join(said.split(" | ")[-SHOWN_LINES:])
        raise Refused(f"{step.what} failed (exit status {status}); see {log}: {last}")


@contextmanager
def _started(step: Step, scratch: Path) -> Iterator[subprocess.Popen[str]]:
    """The tool at work; it does not outlive the block."""
    process = subprocess.Popen(
        step.command, cwd=scratch, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.kill()


def _made_from(step: Step, folder: Path) -> str:
    sources = [list(step.command), list(step.tools), [_hash(folder / name) for name in step.inputs]]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def _hashes(step: Step, folder: Path) -> dict[str, str]:
    return {name: _hash(folder / name) for name in step.outputs if (folder / name).exists()}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _record_file(step: Step, folder: Path) -> Path:
    return folder / f"{step.name}.done.json"


def _recorded(step: Step, folder: Path) -> Record | None:
    try:
        return Record(**json.loads(_record_file(step, folder).read_text()))
    except (OSError, ValueError, TypeError):
        return None  # never run, or not by this version
