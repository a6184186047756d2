"""Options of studies, and what they say: the data, and how every network is trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hwsim.cli.options import (
    Finite,
    Integers,
    Numbers,
    data_option,
    json_option,
    place_options,
    records_option,
    warn_of_fewer,
)
from hwsim.errors import MISSING, bad

if TYPE_CHECKING:
    from hwsim.sparsity.trends import Effort
    from hwsim.sparsity.view import View

PATTERNS = ("clash-free", "structured", "random")

DENSITIES = Numbers(1e-6, 1, "0.2,0.1")

Command = Callable[..., Any]


def common(function: Command) -> Command:
    """Options of every study."""
    options = [
        click.option("--seeds", type=click.IntRange(1), default=5, show_default=True, metavar="N",
                     help="Trainings per row, each with patterns and weights of its own."),
        click.option("--epochs", type=click.IntRange(1), default=20, show_default=True, metavar="N",
                     help="Times through the training inputs."),
        click.option("--limit", type=click.IntRange(1), metavar="N",
                     help="Train on the first N inputs of the data only."),
        kept,
    ]  # fmt: skip
    for option in [data_option, *options][::-1]:
        function = option(function)
    return function


def kept(function: Command) -> Command:
    """Options that say where trainings run and where results go."""
    csv = click.option("--csv", "table", type=click.Path(path_type=Path), metavar="FILE",
                       help="Write the table here as well.")  # fmt: skip
    for option in (json_option, csv, records_option, place_options):
        function = option(function)
    return function


def floating(function: Command) -> Command:
    """Options of studies in floating point."""
    options = [
        click.option("--batch", type=click.IntRange(1), default=256, show_default=True,
                     help="Inputs per step."),
        click.option("--rate", type=Finite(0, min_open=True), default=1e-3,
                     show_default=True, help="Learning rate of Adam."),
        click.option("--pattern", type=click.Choice(PATTERNS), default=PATTERNS[0],
                     show_default=True, help="Which edges there are."),
    ]  # fmt: skip
    for option in options[::-1]:
        function = option(function)
    return function


layers_option = click.option(
    "--layers", type=Integers(), required=True, metavar="N,N,..",
    help="Neurons; zeros fill what inputs leave of the first layer.",
)  # fmt: skip


def view_of(given: dict[str, Any], layers: Sequence[int] | None = None) -> View:
    """The data, which must fit the layers and have a test set."""
    from hwsim.sparsity.view import View

    if layers is not None and (len(layers) < 2 or min(layers) < 1):
        rule = "must be two or more positive integers"
        raise bad("command line", "--layers", list(layers), rule, "e.g. 800,100,10")
    source = given["source"]
    view = View.of(source, layers[0] if layers else None, given["limit"])
    require_test(source, view.has_test)
    if layers and layers[-1] < view.classes:
        rule = f"the data have {view.classes} classes"
        fix = f"{view.classes} neurons in the last layer"
        raise bad("command line", "--layers", list(layers), rule, fix)
    warn_of_fewer("--limit", given["limit"], view.inputs)
    return view


def require_test(source: str, has_test: bool) -> None:
    """Refuse data without a test set."""
    if not has_test:
        rule = "there is no test set, and a study compares accuracies on it"
        raise bad(source, "xte", MISSING, rule, "add xte and yte")


def effort_of(given: dict[str, Any]) -> Effort:
    """How every network is trained."""
    from hwsim.sparsity.trends import Effort

    return Effort(**{key: given[key] for key in ("seeds", "epochs", "batch", "rate", "pattern")})
