"""``clashfree study``: trends of sparse networks as tables, means and intervals over seeds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hwsim.cli.options import Integers, Numbers, design_argument, warn_of_fewer
from hwsim.cli.search_options import SearchOptions, search_options, starter
from hwsim.cli.study_options import (
    DENSITIES,
    common,
    effort_of,
    floating,
    kept,
    layers_option,
    require_test,
    view_of,
)
from hwsim.cli.study_run import run_study, warn_of_unequal
from hwsim.data import fit_data, read_data
from hwsim.design_file import load_design
from hwsim.errors import bad

if TYPE_CHECKING:
    import pandas as pd

    from hwsim.trials.campaign import Campaign

MOST_COMPONENTS = 200


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
    view = view_of(given, layers)
    from hwsim.sparsity.trends import later_denser

    table = run_study(
        given, given["seeds"] * len(densities) * len(ratios),
        lambda runs, advance: later_denser(
            runs, view, layers, effort_of(given), advance, densities, ratios
        ),
        inputs=view.used,
    )  # fmt: skip
    warn_of_unequal(table, "density")


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
    view = view_of(given, layers)
    most = min(view.features, view.used)
    components = components or min(MOST_COMPONENTS, most // 2)
    if components > most:
        rule = f"there are {view.used} inputs of {view.features} features"
        raise bad("command line", "--components", components, rule, f"at most {most}")
    from hwsim.sparsity.trends import less_redundant

    run_study(
        given, given["seeds"] * 2 * len(densities),
        lambda runs, advance: less_redundant(
            runs, view, layers, effort_of(given), advance, densities, components
        ),
        inputs=view.used,
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
    view = view_of(given)
    from hwsim.sparsity.trends import large_and_sparse

    table = run_study(
        given, given["seeds"] * len(widths),
        lambda runs, advance: large_and_sparse(
            runs, view, effort_of(given), advance, widths, hidden, dense_last
        ),
        inputs=view.used,
    )  # fmt: skip
    warn_of_unequal(table)


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
    view = view_of(given, layers)
    from hwsim.sparsity.trends import less_l2

    run_study(
        given, given["seeds"] * len(densities) * len(lambdas),
        lambda runs, advance: less_l2(
            runs, view, layers, effort_of(given), advance, densities, lambdas
        ),
        inputs=view.used,
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
    require_test(given["source"], len(arrays.get("xte", ())) > 0)
    warn_of_fewer("--limit", given["limit"], len(arrays["xtr"]))
    from hwsim.sparsity.bit_width import bit_width
    from hwsim.sweep.sweep import Settings, trials

    settings = Settings(given["source"], given["epochs"], given["limit"], 1, "fast")
    trial = trials(settings, arrays)(design)
    run_study(
        given, given["seeds"] * len(widths),
        lambda runs, advance: bit_width(runs, trial, widths, given["seeds"], advance, int_bits),
        design=path,
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

    run_study(given, 3 * options.trials * seeds, work)
