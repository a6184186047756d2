"""Arguments and options that commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hwsim.cli import output
from hwsim.engines import ENGINES
from hwsim.errors import bad
from hwsim.files import check_writable

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
