"""What commands say, and where: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

PAPER_WIDTH = 160
"""Columns where the output is no terminal, so that a file shows tables uncut."""

PATIENCE = 1.0
"""Seconds of silence before a progress bar shows."""

LOG_INTERVAL = 10.0
"""Seconds between lines of progress where stderr is no terminal."""


def emit(result: dict[str, Any]) -> None:
    """Print the one JSON object of ``--json``; numpy scalars and arrays become plain."""
    click.echo(json.dumps(result, indent=2, allow_nan=False, default=lambda value: value.tolist()))


def say(text: str = "") -> None:
    """Print text for people on stdout, letters that it cannot show as escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding))


def complain(text: str) -> None:
    """Print one line on stderr, whatever ``text`` holds."""
    click.echo(" ".join(text.split()), err=True)


def warn(text: str) -> None:
    """Print a warning, one line, on stderr."""
    complain(f"warning: {text}")


def show_table(head: Sequence[object], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Print a table: first column to the left, the others to the right."""
    table = Table(title=title or None, title_justify="left", title_style="bold")
    for i, name in enumerate(head):
        table.add_column(cell(name), justify="right" if i else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell(value) for value in row))
    _console().print(table)


def cell(value: object) -> str:
    """Write a value as tables show it, no bracket of it taken for markup."""
    if value is None:
        return "-"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text.replace("[", r"\[")


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave the exit status to ``app``; rich would exit with 1, which means a failed check."""
        raise


def _console() -> Console:
    # Made anew each time: whoever captures stdout may have replaced it since.
    return _Console(width=None if sys.stdout.isatty() else PAPER_WIDTH, highlight=False)


@contextmanager
def progress(what: str, total: int, unit: str = "inputs") -> Iterator[Callable[[int], None]]:
    """Show on stderr how far the work is, once it has taken a second.

    A terminal gets a bar, anything else a plain line every ten seconds.

    Args:
        what: what is being done, as in "training".
        total: how many units there are to do.
        unit: what is counted.

    Yields:
        A function to call with the number of units done since it was last called.
    """
    if sys.stderr.isatty():
        with _bar(what, total, unit) as advance:
            yield advance
    else:
        yield _log(what, total, unit)


@contextmanager
def patience(what: str) -> Iterator[None]:
    """Say on stderr that work of unknown length goes on, once it has taken a second."""
    status = Console(stderr=True).status(what)
    is_terminal = sys.stderr.isatty()
    timer = threading.Timer(PATIENCE, status.start if is_terminal else lambda: complain(what))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if is_terminal:
            status.stop()


@contextmanager
def _bar(what: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit),
        TimeRemainingColumn(),
    )  # fmt: skip
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=total)
    begun, shown = time.monotonic(), False

    def advance(units: int = 1) -> None:
        nonlocal shown
        bar.advance(task, units)
        if not shown and time.monotonic() - begun > PATIENCE:
            shown = True
            bar.start()

    try:
        yield advance
    finally:
        if shown:
            bar.stop()


def _log(what: str, total: int, unit: str) -> Callable[[int], None]:
    done, due = 0, time.monotonic() + LOG_INTERVAL

    def advance(units: int = 1) -> None:
        nonlocal done, due
        done += units
        if time.monotonic() >= due:
            due = time.monotonic() + LOG_INTERVAL
            complain(f"{what}: {done} of {total} {unit}")

    return advance
