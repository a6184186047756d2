"""Runs a function on many arguments, over the cores of this machine.

The processes are those of joblib: they start afresh instead of being forked, a pool that lost one
is replaced, and all of them can be killed at once.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TypeVar

from joblib import cpu_count
from joblib.externals.loky import get_reusable_executor

Argument = TypeVar("Argument")
Result = TypeVar("Result")
Item = tuple[str, Argument]

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
"""Every core has a process of its own already."""

WATCH_SECONDS = 1.0
"""How often a worker looks whether anyone still wants its result."""


class Cores:
    """The cores of this machine.

    Args:
        jobs: processes; as many as this process may use cores, if not given.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self.jobs = jobs or cpu_count()

    @property
    def workers(self) -> int:
        """Trainings that can run at the same time."""
        return self.jobs

    def execute(
        self, function: Callable[[Argument], Result], arguments: Mapping[str, Argument]
    ) -> Generator[tuple[str, Result | None], None, None]:
        """Call ``function`` on each of the arguments, ``jobs`` at a time.

        Where a process dies, all that ran at the time is lost and runs once more, one at a time, so
        that only the argument that killed it suffers. Closing the iterator kills what still runs.

        Args:
            function: what to call; it and what it takes and returns is pickled.
            arguments: by name.

        Yields:
            Name and result as they come; None for an argument that kills its process.
        """
        waiting = list(arguments.items())[::-1]  # the first is popped first
        jobs = min(self.jobs, max(1, len(waiting)))
        lost: list[Item] = []
        try:
            while waiting:
                lost += yield from _until_broken(function, waiting, jobs)
            for item in lost:
                if (yield from _until_broken(function, [item], 1)):
                    yield item[0], None
        except BaseException:
            get_reusable_executor(reuse=True).shutdown(kill_workers=True)  # the one there is
            raise

    def close(self) -> None:
        """Nothing is left open."""


def _until_broken(
    function: Callable[[Argument], Result], waiting: list[Item], jobs: int
) -> Generator[tuple[str, Result], None, list[Item]]:
    """Take from ``waiting`` until it is empty or a process dies; return what ran then."""
    executor = _executor(jobs)
    running: dict[Future, Item] = {}
    lost: list[Item] = []
    while running or (waiting and not lost):
        # No more are submitted than can run: the others are not lost with a process.
        while waiting and not lost and len(running) < jobs:
            item = waiting.pop()
            try:
                with _deaf():
                    running[executor.submit(function, item[1])] = item
            except BrokenExecutor:
                lost.append(item)
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            item = running.pop(future)
            try:
                result = future.result()
            except BrokenExecutor:
                lost.append(item)
            else:
                yield item[0], result
    return lost


def _executor(jobs: int) -> Executor:
    # A process that has grown, as one does that compiles the fast engine, is replaced, which is
    # fine; as an error, the warning of it would end the thread that hands out the work.
    warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
    return get_reusable_executor(
        max_workers=jobs, env=ONE_THREAD, initializer=_watch, initargs=(os.getpid(),)
    )


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that start here never hear Ctrl-C, which a terminal sends to all: we kill them."""
    resource_tracker.ensure_running()  # it would unblock the signal if it started in here
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _watch(parent: int) -> None:
    """End this worker when its parent has been killed; otherwise it would train on for nobody."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()
