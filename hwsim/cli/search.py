"""``clashfree search``: a network that is accurate and costs little on this accelerator."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hwsim.cli import output
from hwsim.cli.options import (
    check_targets,
    going_on,
    json_option,
    place_options,
    warn_of_no_workers,
)
from hwsim.cli.search_options import SearchOptions, search_options, starter
from hwsim.errors import bad
from hwsim.files import write_bytes, write_text
from hwsim.search.pareto import front, image

if TYPE_CHECKING:
    from hwsim.search.evaluation import Evaluation, Trial

FILE = click.Path(path_type=Path)
PICTURES = ("png", "svg", "pdf")
METHOD_NAMES = ("bayesian", "random", "sobol")


@click.command("search")
@search_options
@click.option("--method", type=click.Choice(METHOD_NAMES), default="bayesian", show_default=True,
              help="Three stages, or all choices at once: by lot, or a Sobol grid.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, metavar="S",
              help="Same data, options and seed, same result.")  # fmt: skip
@click.option("--records", type=FILE, default="search.sqlite", show_default=True, metavar="FILE",
              help="SQLite file of all trainings: the same command goes on from it.")  # fmt: skip
@place_options
@click.option("-o", "--output", "target", type=FILE, metavar="FILE",
              help="Write the best design here, as a design file (.json).")  # fmt: skip
@click.option("--plot", "picture", type=FILE, metavar="FILE",
              help="Draw all trials and their Pareto front (.png, .svg, .pdf).")  # fmt: skip
@json_option
def search(
    method: str, seed: int, records: Path, jobs: int | None, scheduler: str | None,
    target: Path | None, picture: Path | None, as_json: bool, **given: Any,
) -> int:  # fmt: skip
    r"""Search for a network that is accurate and costs little on this accelerator.

    Candidates are trained in floating point, on the very edges of their designs, with four fifths
    of the training inputs, and compared by accuracy on the fifth that is left. The objective is
    log(1 - accuracy + W * complexity / that of the largest network, fully connected). Three stages,
    each from the best before: widths of hidden layers and density, by Bayesian optimisation from 16
    Sobol points; how edges are spread over the junctions; learning rate, L2 and batch size.

    \b
    clocks       per input, with no more than --lanes edges per clock
    parameters   weights and biases
    memory_bits  of all memories
    luts         of an ECP5, as clashfree estimate counts them

    \b
    Examples:
      clashfree search --data digits --penalty clocks --wc 0.1
      clashfree search --data mnist.npz --limit 10000 --penalty memory_bits -o best.json
      clashfree search --data mnist.npz --penalty luts --scheduler tcp://192.168.1.10:8786

    \b
    Exit status: 0 good; 1 a training kills its process; 2 bad input; 130 interrupted.
    """
    options = SearchOptions(**given)
    if picture is not None and picture.suffix[1:] not in PICTURES:
        rule = f"must end in {', '.join('.' + kind for kind in PICTURES)}"
        raise bad("command line", "--plot", str(picture), rule, f"{picture.stem}.png")
    if target is not None and target.suffix != ".json":
        rule = "must end in .json: that is what it will hold"
        raise bad("command line", "--output", str(target), rule, f"{target.stem}.json")
    targets = {"--records": records, "--output": target, "--plot": picture}
    check_targets(targets, (Path(options.source),))
    evaluation = _search(options, method, seed, (jobs, scheduler, records))
    if target is not None:
        write_text(target, json.dumps(evaluation.best.design, indent=2) + "\n")
    if picture is not None:
        write_bytes(picture, image(evaluation, options.penalty, picture.suffix[1:]))
    if as_json:
        settings = asdict(options) | {"method": method, "seed": seed}
        output.emit(_plain(evaluation) | {"settings": settings})
    else:
        _show(evaluation, options.penalty)
    return 0


def _search(
    options: SearchOptions, method: str, seed: int, where: tuple[int | None, str | None, Path]
) -> Evaluation:
    """Search; the evaluation holds what was found."""
    from hwsim.search.search import METHODS
    from hwsim.trials.campaign import campaign

    start = starter(options)
    with (
        campaign(*where) as runs,
        output.progress("search", options.trials, "trials") as advance,
        going_on(where[-1]),
    ):
        warn_of_no_workers(runs.place, where[1])
        evaluation, plan = start(seed, runs, advance)
        METHODS[method](evaluation, plan)
    if runs.found:
        output.complain(f"{runs.found} of {runs.asked} trials were there already")
    return evaluation


def _plain(evaluation: Evaluation) -> dict[str, Any]:
    """Best and all trials, the numbers of those on the front, and the baseline."""
    return {
        "best": asdict(evaluation.best),
        "baseline": evaluation.baseline,
        "front": [trial.number for trial in front(evaluation.trials)],
        "trials": [asdict(trial) for trial in evaluation.trials],
    }


def _show(evaluation: Evaluation, penalty: str) -> None:
    best = evaluation.best
    rows = [_cells(trial, trial is best) for trial in front(evaluation.trials)]
    head = ("trial", "layers", "out-degrees", "z", "rate", "L2", "batch", "validation", "test")
    title = f"trials that no other one beats, of {len(evaluation.trials)}"
    output.show_table([*head, penalty, "objective", ""], rows, title=title)


def _cells(trial: Trial, is_best: bool) -> list[object]:
    network, z = trial.design["network"], trial.design["hardware"]["z"]
    lists = (network["layers"], network["out_degrees"], z)
    recipe = (trial.recipe[name] for name in ("rate", "l2", "batch"))
    shares = (trial.accuracy, trial.test_accuracy)
    percent = [None if share is None else f"{100 * share:.2f} %" for share in shares]
    costs = [str(round(trial.complexity)), f"{trial.objective:.3f}", "best" if is_best else ""]
    texts = [" ".join(map(str, values)) for values in lists]
    return [str(trial.number), *texts, *recipe, *percent, *costs]
