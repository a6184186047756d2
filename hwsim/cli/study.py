"""``clashfree study``: trends of sparse networks as tables, means and intervals over seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hwsim.cli import output
from hwsim.cli.options import (
    Finite,
    Integers,
    Numbers,
    check_targets,
    data_option,
    design_argument,
    going_on,
    json_option,
    place_options,
    records_option,
    warn_of_fewer,
    warn_of_no_workers,
)
from hwsim.cli.search_options import SearchOptions, search_options, starter
from hwsim.data import fit_data, read_data
from hwsim.design_file import load_design
from hwsim.errors import MISSING, bad
from hwsim.files import write_text

if TYPE_CHECKING:
    import pandas as pd

    from hwsim.sparsity.view import View
    from hwsim.trials.campaign import Campaign

PATTERNS = ("clash-free", "structured", "random")

SHARES = {"accuracy", "test_accuracy", "gain", "gain_low", "gain_high"}
"""Columns that tables for people show in percent; so are the ends of an accuracy's interval."""

MOST_COMPONENTS = 200

FEW_STEPS = 500
"""Of Adam, below which hardly any network has learnt."""

UNEQUAL = 1.15
"""Times as many edges, from which on networks do not have as many."""

DENSITIES = Numbers(1e-6, 1, "0.2,0.1")

Command = Callable[..., Any]


@click.group("study", no_args_is_help=False)
def study() -> None:
    r"""Train many sparse networks, and tabulate what makes them good.

    Each study is a table: a row per network, test accuracy as mean over seeds with a 95 %
    confidence interval, and what it gains over the network that it is compared with, from
    differences seed by seed. Networks are in floating point; those of `bits` are bit-exact.

    \b
    junctions     later junctions should be denser
    redundancy    less redundant data tolerate less sparsity
    size          large and sparse beats small and dense
    l2            sparse networks need less L2
    bits          accuracy against memory, 8 to 16 bits
    methods       the search against random search and a Sobol grid

    \b
    Examples:
      clashfree study size --data mnist.npz --seeds 5 --epochs 20 --csv size.csv
      clashfree study bits designs/digits.toml --data digits --epochs 6
    """


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


@study.command("junctions")
@layers_option
@click.option("--densities", type=DENSITIES, default="0.2,0.1,0.05", show_default=True,
              help="Edges over those of the fully connected network.")  # fmt: skip
@click.option("--ratios", type=Numbers(1e-3, 1e3, "0.25,1,4"), default="0.25,1,4",
              show_default=True,
              help="How many times denser each junction is than the one before.")  # fmt: skip
@floating
@common
def junctions(layers: tuple[int, ...], densities: Any, ratios: Any, **given: Any) -> None:
    r"""Spread the same edges over the junctions in several ways.

    Gains are over the even spread (ratio 1), where it is among the ratios.

    \b
    Example:
      clashfree study junctions --data mnist.npz --layers 800,100,100,10
    """
    view = _view(given, layers)
    from hwsim.sparsity.trends import later_denser

    _run(
        given | {"as_many_edges": "density"}, given["seeds"] * len(densities) * len(ratios),
        lambda *run: later_denser(run[0], view, layers, _effort(given), run[1], densities, ratios),
    )  # fmt: skip


@study.command("redundancy")
@layers_option
@click.option("--densities", type=DENSITIES, default="1,0.5,0.2,0.1,0.05,0.02",
              show_default=True, help="Overall densities; gains are over the first.")  # fmt: skip
@click.option("--components", type=click.IntRange(1), metavar="N",
              help="Principal components instead of features.  [default: 200, or half of the "
                   "features if they are fewer]")  # fmt: skip
@floating
@common
def redundancy(
    layers: tuple[int, ...], densities: Any, components: int | None, **given: Any
) -> None:
    r"""Make networks sparser on all features, and on few principal components.

    \b
    Example:
      clashfree study redundancy --data mnist.npz --layers 800,100,10
    """
    view = _view(given, layers)
    most = min(view.features, view.used)
    components = components or min(MOST_COMPONENTS, most // 2)
    if components > most:
        rule = f"there are {view.used} inputs of {view.features} features"
        raise bad("command line", "--components", components, rule, f"at most {most}")
    from hwsim.sparsity.trends import less_redundant

    _run(
        given, given["seeds"] * 2 * len(densities),
        lambda *run: less_redundant(
            run[0], view, layers, _effort(given), run[1], densities, components
        ),
    )  # fmt: skip


@study.command("size")
@click.option("--widths", type=Integers(), default="14,28,56,112,224", show_default=True,
              help="Neurons of hidden layers; the first network is fully connected.")  # fmt: skip
@click.option("--hidden", type=click.IntRange(1), default=3, show_default=True, metavar="N",
              help="Hidden layers.")  # fmt: skip
@click.option("--dense-last/--sparse-last", default=True, show_default=True,
              help="Whether the last junction is always fully connected.")  # fmt: skip
@floating
@common
def size(widths: tuple[int, ...], hidden: int, dense_last: bool, **given: Any) -> None:
    r"""Give wider and wider networks as many edges as the smallest, fully connected, has.

    \b
    Example:
      clashfree study size --data mnist.npz --widths 14,28,56,112,224
    """
    if min(widths) < 1:
        raise bad("command line", "--widths", list(widths), "must be positive", "e.g. 14,28,56")
    view = _view(given)
    from hwsim.sparsity.trends import large_and_sparse

    _run(
        given | {"as_many_edges": None}, given["seeds"] * len(widths),
        lambda *run: large_and_sparse(
            run[0], view, _effort(given), run[1], widths, hidden, dense_last
        ),
    )  # fmt: skip


@study.command("l2")
@layers_option
@click.option("--densities", type=DENSITIES, default="1,0.4,0.11", show_default=True,
              help="Edges over those of the fully connected network.")  # fmt: skip
@click.option("--lambdas", type=Numbers(0, math.inf, "0,1e-5"), show_default=True,
              default="0,1e-5,2.75e-5,5.5e-5,1.1e-4,2.2e-4",
              help="Of the penalty; gains are over the first.")  # fmt: skip
@floating
@common
def l2(layers: tuple[int, ...], densities: Any, lambdas: Any, **given: Any) -> None:
    r"""Find the best L2 penalty for each density.

    The loss has lambda times the sum of squared weights added.

    \b
    Example:
      clashfree study l2 --data mnist.npz --layers 800,100,10 --epochs 50
    """
    view = _view(given, layers)
    from hwsim.sparsity.trends import less_l2

    _run(
        given, given["seeds"] * len(densities) * len(lambdas),
        lambda *run: less_l2(run[0], view, layers, _effort(given), run[1], densities, lambdas),
    )  # fmt: skip


@study.command("bits")
@design_argument
@click.option("--bits", "widths", type=Integers(), default="8,9,10,11,12,13,14,15,16",
              show_default=True, help="Widths of numbers; gains are over the last.")  # fmt: skip
@click.option("--int-bits", type=click.IntRange(1), metavar="N",
              help="Integer bits of every number.  [default: the design's]")  # fmt: skip
@common
def bits(path: Path, widths: tuple[int, ...], int_bits: int | None, **given: Any) -> None:
    r"""Train DESIGN bit for bit with numbers of several widths.

    \b
    Example:
      clashfree study bits designs/digits.toml --data digits --epochs 6
    """
    design, arrays = load_design(path), read_data(given["source"])
    fit_data(arrays, given["source"], design)
    _require_test(given["source"], "xte" in arrays)
    warn_of_fewer("--limit", given["limit"], len(arrays["xtr"]))
    from hwsim.sparsity.bit_width import bit_width, trial_of

    trial = trial_of(design, given["source"], arrays, given["epochs"], given["limit"])
    _run(
        given | {"sources": (path,)}, given["seeds"] * len(widths),
        lambda *run: bit_width(run[0], trial, widths, given["seeds"], run[1], int_bits),
    )  # fmt: skip


@study.command("methods")
@search_options
@click.option("--seeds", type=click.IntRange(1), default=5, show_default=True, metavar="N",
              help="Searches per method, with networks of their own.")  # fmt: skip
@kept
def methods(seeds: int, **given: Any) -> None:
    r"""Search with three stages, at random, and on a Sobol grid, with as many trials each.

    The figures are those of the best trials; `worse` is by how much their objective is higher than
    that of the three stages, seed by seed.

    \b
    Example:
      clashfree study methods --data digits --penalty clocks --trials 64 --seeds 8
    """
    names = [field.name for field in fields(SearchOptions)]
    options = SearchOptions(**{name: given[name] for name in names})

    start = starter(options)

    def work(runs: Campaign, advance: Callable[[int], None]) -> pd.DataFrame:
        from hwsim.search.comparison import compare_methods

        return compare_methods(lambda seed: start(seed, runs, advance), seeds)

    _run(given, 3 * options.trials * seeds, work)


def _view(given: dict[str, Any], layers: Sequence[int] | None = None) -> View:
    """The data, which must fit the layers and have a test set."""
    from hwsim.sparsity.view import View

    if layers is not None and (len(layers) < 2 or min(layers) < 1):
        rule = "must be two or more positive integers"
        raise bad("command line", "--layers", list(layers), rule, "e.g. 800,100,10")
    source = given["source"]
    view = View.of(source, layers[0] if layers else None, given["limit"])
    _require_test(source, view.has_test)
    if layers and layers[-1] < view.classes:
        rule = f"the data have {view.classes} classes"
        fix = f"{view.classes} neurons in the last layer"
        raise bad("command line", "--layers", list(layers), rule, fix)
    warn_of_fewer("--limit", given["limit"], view.inputs)
    given["inputs"] = view.used
    return view


def _require_test(source: str, has_test: bool) -> None:
    if not has_test:
        rule = "there is no test set, and a study compares accuracies on it"
        raise bad(source, "xte", MISSING, rule, "add xte and yte")


def _effort(given: dict[str, Any]) -> Any:
    from hwsim.sparsity.trends import Effort

    return Effort(**{key: given[key] for key in ("seeds", "epochs", "batch", "rate", "pattern")})


def _run(
    given: dict[str, Any], total: int, work: Callable[[Campaign, Callable[[int], None]], Any]
) -> None:
    """Train, and show or write the table; nothing is written over ``sources``."""
    sources = (Path(given["source"]), *given.get("sources", ()))
    from hwsim.trials.campaign import campaign

    check_targets({"--csv": given["table"], "--records": given["records"]}, sources)
    if "inputs" in given:
        _warn_of_few_steps(given["epochs"] * -(-given["inputs"] // given["batch"]))
    with campaign(given["jobs"], given["scheduler"], given["records"]) as runs:
        warn_of_no_workers(runs.place, given["scheduler"])
        with output.progress("study", total, "trainings") as advance, going_on(given["records"]):
            table = work(runs, advance)
        if runs.found:
            output.complain(f"{runs.found} of {runs.asked} trainings were there already")
    if "as_many_edges" in given:
        _warn_of_unequal(table, given["as_many_edges"])
    if given["table"] is not None:
        write_text(given["table"], table.to_csv(index=False))
    if given["as_json"]:
        output.emit({"rows": _plain(table)})
    else:
        _show(table)


def _warn_of_few_steps(steps: int) -> None:
    if steps < FEW_STEPS:
        output.warn(f"{steps} steps per training: more --epochs or a smaller --batch learn more")


def _warn_of_unequal(table: pd.DataFrame, group: str | None) -> None:
    """Say where networks that shall have as many edges have not, because degrees are integers."""
    groups = [rows for _, rows in table.groupby(group)] if group else [table]
    for rows in groups:
        least, most = rows["edges"].min(), rows["edges"].max()
        where = f" at {group} {rows[group].iloc[0]:g}" if group else ""
        if most > UNEQUAL * least:
            output.warn(f"networks{where} have {least} to {most} edges: few degrees are possible")


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of plain types; None where there is no number."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def _show(table: pd.DataFrame) -> None:
    shares = SHARES | ({"low", "high"} if "objective" not in table else set())
    rows = [
        [_cell(value, is_share=name in shares) for name, value in row.items()]
        for row in _plain(table)
    ]
    output.show_table(list(table.columns), rows)


def _cell(value: Any, *, is_share: bool) -> Any:
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{100 * value:.2f} %" if is_share and value is not None else value
