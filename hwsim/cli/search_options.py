"""Options of a search, for the commands that search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from hwsim.cli import output
from hwsim.cli.options import Finite, data_option, warn_of_fewer
from hwsim.errors import BadInput, bad
from hwsim.search.complexity import find, names

if TYPE_CHECKING:
    from hwsim.search.evaluation import Evaluation
    from hwsim.search.search import Plan
    from hwsim.trials.campaign import Campaign

VALIDATION = 0.2
"""Share of the training inputs that candidates are compared by."""

FEW = 100
"""Validation inputs, below which accuracies say little."""

THINNEST = 0.02
"""Lowest density that a search asks for."""

WIDTH_STEP = 16

Command = Callable[..., Any]


@dataclass(frozen=True)
class SearchOptions:
    """What the command line says."""

    source: str
    penalty: str
    weight: float
    trials: int
    epochs: int
    limit: int | None
    hidden: int
    widest: int
    lanes: int
    at_once: int

    def __post_init__(self) -> None:
        if self.widest % WIDTH_STEP:
            below = self.widest // WIDTH_STEP * WIDTH_STEP
            fix = f"{below} or {below + WIDTH_STEP}"
            rule = f"must be a multiple of {WIDTH_STEP}"
            raise bad("command line", "--widest", self.widest, rule, fix)


def search_options(function: Command) -> Command:
    """All of them, given to the command by the names of ``SearchOptions``."""
    count = click.IntRange(1)
    options = [
        data_option,
        click.option("--penalty", type=click.Choice(names()), required=True,
                     help="What shall be little."),
        click.option("--wc", "weight", type=Finite(0, 1e6), default=0.1,
                     show_default=True, metavar="W",
                     help="How much that counts against wrong answers."),
        click.option("--trials", type=count, default=64, show_default=True, metavar="N",
                     help="Networks to train, in all stages."),
        click.option("--epochs", type=count, default=10, show_default=True, metavar="N",
                     help="Times each goes through the training inputs."),
        click.option("--limit", type=click.IntRange(10), metavar="N",
                     help="Use the first N training inputs of the data only."),
        click.option("--hidden", type=click.IntRange(1, 8), default=3, show_default=True,
                     metavar="N", help="Most hidden layers."),
        click.option("--widest", type=click.IntRange(WIDTH_STEP, 4096), default=256,
                     show_default=True, metavar="N",
                     help="Most neurons of a hidden layer, a multiple of 16."),
        click.option("--lanes", type=count, default=64, show_default=True, metavar="N",
                     help="Most edges per clock, of all junctions together; one in each."),
        click.option("--at-once", type=count, default=4, show_default=True, metavar="N",
                     help="Proposals per step of optimisation, trained side by side."),
    ]  # fmt: skip
    for option in options[::-1]:
        function = option(function)
    return function


def _too_large(options: SearchOptions, error: BadInput) -> BadInput:
    """The largest network of the search is no design that there can be."""
    rule = f"the largest network: {error.mistakes[0].rule}"
    fix = "less --widest or --hidden, or data of fewer features or classes"
    return bad("command line", "--widest", options.widest, rule, fix)


Start = Callable[[int, "Campaign", Callable[[int], None]], "tuple[Evaluation, Plan]"]
"""Makes an evaluation, and the plan of a search, for a seed; and says what runs trainings and what
is told how many more trials there are."""


def starter(options: SearchOptions) -> Start:
    """Read the data, and make what starts searches.

    Raises:
        BadInput: if the data cannot be read, or do not do.
    """
    # Imported here because scikit-learn takes a second to load, and help shall not wait for it.
    from hwsim.search.candidate import Frame
    from hwsim.search.evaluation import Evaluation
    from hwsim.search.search import Plan
    from hwsim.search.space import architectures, largest
    from hwsim.sparsity.view import View

    view = View.of(options.source, limit=options.limit, validation=VALIDATION)
    warn_of_fewer("--limit", options.limit, view.inputs)
    if view.classes < 2:
        rule = "there is one class, and nothing to tell apart"
        raise bad(options.source, "ytr", 1, rule, "give inputs of at least two classes")
    if view.held < FEW:
        step = f"{100 / view.held:.2g} points"
        output.warn(f"{view.held} inputs to validate with: accuracies go in steps of {step}")
    space = architectures(options.hidden, options.widest, THINNEST)

    def start(
        seed: int, campaign: Campaign, advance: Callable[[int], None]
    ) -> tuple[Evaluation, Plan]:
        frame = Frame(view.features, view.classes, options.lanes, seed)
        try:
            evaluation = Evaluation(
                campaign, view, frame, find(options.penalty), weight=options.weight,
                epochs=options.epochs, largest=largest(space), advance=advance,
            )  # fmt: skip
        except BadInput as error:
            raise _too_large(options, error) from None
        return evaluation, Plan(space, options.trials, options.at_once, seed)

    return start
