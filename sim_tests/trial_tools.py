"""Places for trainings in tests: here, in this process, and clusters of processes."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
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
        env=os.environ | ONE_THREAD | environment,
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
def scheduler(folder: Path) -> Iterator[str]:
    """A Dask scheduler; its address."""
    file = folder / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
    with process("distributed.cli.dask_scheduler", *options, "--scheduler-file", str(file)):
        until(lambda: file.exists() and file.read_text())
        yield json.loads(file.read_text())["address"]


def worker(address: str, folder: Path, *more: str, **environment: str):
    """A Dask worker without a nanny, which would start another one in its place."""
    options = ["--nthreads", "1", "--no-nanny", "--no-dashboard"]
    place = ["--local-directory", str(folder)]
    return process("distributed.cli.dask_worker", address, *options, *place, *more, **environment)
