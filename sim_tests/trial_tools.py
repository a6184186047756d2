"""Places for trainings in tests: here, in this process, and clusters of processes."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

from hwsim.trials.campaign import Campaign
from hwsim.trials.cores import ONE_THREAD
from hwsim.trials.records import Records


class Here:
    """Runs everything in this process; counts what runs."""

    workers = 1

    def __init__(self):
        self.runs = 0

    def execute(self, function, arguments):
        for name, argument in arguments.items():
            self.runs += 1
            yield name, function(argument)

    def close(self):
        pass


def campaign_here(records: Path | None = None) -> Campaign:
    return Campaign(Here(), Records(records))


@contextlib.contextmanager
def process(*arguments: str, **environment: str) -> Iterator[subprocess.Popen]:
    """A Python module as a process, which ends with the block; one thread for matrices."""
    started = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env=os.environ | ONE_THREAD | {"PYTHONPATH": os.path.dirname(__file__)} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def until(found, seconds: float = 60.0):
    """What ``found`` returns, as soon as that is something."""
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)
    return result


@contextlib.contextmanager
def scheduler(folder: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """A Dask scheduler: its address, and its process."""
    file = folder / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
    options += ["--scheduler-file", str(file)]
    with process("distributed.cli.dask_scheduler", *options) as started:
        until(lambda: file.exists() and file.read_text())
        yield json.loads(file.read_text())["address"], started


def worker(address: str, folder: Path, *more: str, **environment: str):
    """A Dask worker without a nanny, which would start another one in its place."""
    options = ["--nthreads", "1", "--no-nanny", "--no-dashboard"]
    place = ["--local-directory", str(folder)]
    return process("distributed.cli.dask_worker", address, *options, *place, *more, **environment)


def assert_all_count(training) -> None:
    """Whatever is another training has another description; the place of the data is none."""

    def others(record):
        for field in fields(record):
            value = getattr(record, field.name)
            if is_dataclass(value) and field.name in ("view", "recipe"):
                yield from (replace(record, **{field.name: other}) for other in others(value))
            elif field.name not in ("source", "design"):
                yield replace(record, **{field.name: "another"})

    found = list(others(training))
    assert len(found) > 10
    for other in found:
        assert other.description() != training.description()
