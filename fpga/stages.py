"""Progress of work that says where it is, but not how much is left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from hwsim.cli.output import LOG_INTERVAL, complain


@contextmanager
def stages(what: str) -> Iterator[Callable[[str], None]]:
    """Show on stderr what is being done and at which stage it is.

    A terminal gets one line that changes, anything else a plain line every ten seconds.

    Yields:
        A function to call with the stage.
    """
    if not sys.stderr.isatty():
        yield _log(what)
        return
    with Console(stderr=True).status(what) as status:
        yield lambda stage: status.update(f"{what}: {stage}")


def _log(what: str) -> Callable[[str], None]:
    due = time.monotonic() + LOG_INTERVAL

    def show(stage: str) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + LOG_INTERVAL
            complain(f"{what}: {stage}")

    return show
