"""Arguments and options that commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hwsim.cli import output
from hwsim.engines import ENGINES
from hwsim.errors import bad
from hwsim.files import check_writable

if TYPE_CHECKING:
    from hwsim.trials.place import Place

Command = Callable[..., Any]


def design_argument(function: Command) -> Command:
    """``DESIGN``, given to the command as ``path`` (a ``Path``; it need not exist)."""
    return click.argument("path", metavar="DESIGN", type=click.Path(path_type=Path))(function)


def data_option(function: Command) -> Command:
    """``--data``, given to the command as ``source``."""
    text = "digits, an .npz file (xtr ytr xte yte), or a directory of idx files."
    return click.option("--data", "source", required=True, metavar="DATA", help=text)(function)


def json_option(function: Command) -> Command:
    """``--json``, given to the command as ``as_json``."""
    text = "Print one JSON object on stdout, and nothing else there."
    return click.option("--json", "as_json", is_flag=True, help=text)(function)


def engine_option(function: Command) -> Command:
    """``--engine``, given to the command as ``engine``."""
    text = "fast: compiled; clock: every clock of every block. The bits are the same."
    option = click.option(
        "--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True, help=text
    )
    return option(function)


def place_options(function: Command) -> Command:
    """``--jobs`` and ``--scheduler``, for ``hwsim.trials.place.choose``."""
    jobs = "Trainings at the same time; default: one per core."
    scheduler = "Train on the workers of this Dask scheduler instead, as tcp://HOST:8786."
    with_jobs = click.option("--jobs", type=click.IntRange(1), metavar="N", help=jobs)
    with_scheduler = click.option("--scheduler", metavar="ADDRESS", help=scheduler)
    return with_jobs(with_scheduler(function))


def records_option(function: Command) -> Command:
    """``--records``, given to the command as ``records``."""
    text = "SQLite file that keeps every training: the same command goes on where it was stopped."
    option = click.option("--records", type=click.Path(path_type=Path), metavar="FILE", help=text)
    return option(function)


def warn_of_no_workers(place: Place, scheduler: str | None) -> None:
    """Say what a cluster waits for."""
    if not place.workers:
        output.warn(f"the cluster has no workers yet; start some: dask worker {scheduler}")


@contextmanager
def going_on(records: Path | None) -> Iterator[None]:
    """Where work is interrupted, say that the records keep what is done."""
    try:
        yield
    except KeyboardInterrupt:
        if records is not None:
            output.complain(
                f"stopped: {records} keeps what is trained; the same command goes on from there"
            )
        raise


def warn_of_fewer(option: str, wanted: int | None, inputs: int) -> None:
    """Say that the data hold fewer training inputs than were asked for."""
    if wanted is not None and wanted > inputs:
        output.warn(f"{option} {wanted}: the data hold {inputs} training inputs, all are used")


def check_targets(targets: dict[str, Path | None], sources: tuple[Path, ...]) -> None:
    """Find out before the training that results can be written and replace nothing they need."""
    taken = {source.resolve() for source in sources}
    for option, target in targets.items():
        if target is None:
            continue
        check_writable(target)
        if target.resolve() in taken:
            rule = "would replace the design, the data or another result"
            raise bad("command line", option, str(target), rule, "choose another name")
        taken.add(target.resolve())


class Integers(click.ParamType):
    """Integers separated by commas, as in ``-z 128,32``."""

    name = "N,N,.."

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Read the integers in ``value``."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) for part in str(value).split(","))
        except ValueError:
            option = param.opts[0] if param else "option"
            raise bad("command line", option, value, "must be integers", "e.g. 128,32") from None


class Numbers(click.ParamType):
    """Numbers from ``low`` to ``high``, separated by commas, as in ``example``."""

    name = "X,X,.."

    def __init__(self, low: float, high: float, example: str) -> None:
        self.low = low
        self.high = high
        self.example = example

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Read the numbers in ``value``."""
        if isinstance(value, tuple):
            return value
        option = param.opts[0] if param else "option"
        try:
            found = tuple(float(part) for part in str(value).split(","))
        except ValueError:
            found = ()
        if found and all(self.low <= x <= self.high and math.isfinite(x) for x in found):
            return found
        upper = "" if self.high == math.inf else f" to {self.high:g}"
        rule = f"must be numbers from {self.low:g}{upper or ' on'}"
        raise bad("command line", option, value, rule, f"e.g. {self.example}")


class Finite(click.FloatRange):
    """A number in a range, which nan is not."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the number."""
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value} is no number", param, ctx)
        return found
