"""``clashfree sweep``: many designs over the cores, and one row of figures for each."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hwsim.cli import output
from hwsim.cli.options import (
    check_targets,
    data_option,
    design_argument,
    engine_option,
    json_option,
    place_options,
    warn_of_fewer,
    warn_of_no_workers,
)
from hwsim.data import read_data
from hwsim.errors import MISSING, bad
from hwsim.files import write_text
from hwsim.sweep.grid import fit_grid, make_grid
from hwsim.sweep.run_directory import RunDirectory
from hwsim.sweep.sweep import Row, Settings, Sweep, plain, to_csv
from hwsim.sweep.values import read_axes
from hwsim.trials.place import Place, choose

FILE = click.Path(path_type=Path)

HEAD = ("test accuracy", "train accuracy", "clocks/input", "memory bits", "multipliers", "problems")
"""What tables for people call the figures."""


@click.command("sweep")
@design_argument
@data_option
@click.option("--set", "options", required=True, multiple=True, metavar="KEY=VALUES",
              help="A key of the design file and the values it takes, as above.")  # fmt: skip
@click.option("--epochs", type=click.IntRange(1), default=1, show_default=True, metavar="N",
              help="Times each design goes through the training inputs.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1), metavar="N",
              help="Train on the first N inputs of the data only.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, metavar="S",
              help="Seed of the shuffling, and of nothing else.")  # fmt: skip
@place_options
@engine_option
@click.option("-o", "--output", "folder", type=FILE, required=True, metavar="RUN_DIRECTORY",
              help="Where results are kept, and found again.")  # fmt: skip
@click.option("--csv", "table", type=FILE, metavar="FILE",
              help="Write results.csv here as well, over what is there.")  # fmt: skip
@json_option
def sweep(
    path: Path, source: str, options: tuple[str, ...], epochs: int, limit: int | None, seed: int,
    jobs: int | None, scheduler: str | None, engine: str, folder: Path, table: Path | None,
    as_json: bool,
) -> int:  # fmt: skip
    r"""Train DESIGN with every combination of some values, many at a time.

    Each design gives a row: accuracy on the test set after the last epoch, accuracy while training
    in it, clocks per input, bits of memory, multipliers, and how many problems check finds
    (clashes, hazards, doubled edges, wrong degrees). A design that fails has a row that says why,
    as has a combination of values that makes no valid design, one out of range included; a value of
    no use to its key, such as text for a number, is bad input.

    \b
    KEY is a key of the design file; its section may be left out where that is unambiguous. VALUES
    are separated by commas; a key of several [[pattern]] tables is set in all of them.
      frac_bits=4..12                 all integers, 12 included
      registers=0..6..2               in steps of 2
      registers.step=0..3             a key of an inner table
      profile=default,prototype       text
      'z=[16,20],[32,40]'             lists in brackets, quoted against the shell
      pattern.seed=1..5               `seed` alone could be [training]'s as well

    A pattern file replaces type, seed, phi and dither, and a type replaces the file.

    RUN_DIRECTORY keeps what is done. The same command goes on where it was stopped, and another
    one finds again what they have in common, whichever engine computed it: the bits are the same.
    The tables results.csv and results.json in it are those of the last command: a row per design,
    first the values that were set, then test_accuracy, train_accuracy (0 to 1), clocks_per_input,
    memory_bits, multipliers, problems, error.

    \b
    Examples:
      clashfree sweep designs/digits.toml --data digits --set frac_bits=4..10 --epochs 6 -o runs
      clashfree sweep designs/digits.toml --data digits --set 'z=[16,20],[32,40]' \
          --set type=1,2,3 -o runs --csv table.csv

    \b
    Exit status: 0 good; 1 a design failed; 2 bad input, before anything runs; 130 interrupted.
    """
    points = make_grid(path, read_axes(options))
    arrays = read_data(source)
    points = fit_grid(points, arrays, source)
    warn_of_fewer("--limit", limit, len(arrays["xtr"]))
    check_targets({"--csv": table}, (path, Path(source)))
    _check_folder(folder, source)
    settings = Settings(source, epochs, limit, seed, engine)
    work = Sweep(points, settings, arrays, RunDirectory(folder))
    # Not the engine: what it computed before, another one may have, and the bits are the same.
    shown = {key: value for key, value in asdict(settings).items() if key != "engine"}
    with closing(choose(jobs, scheduler)) as place:
        warn_of_no_workers(place, scheduler)
        summary = _run(work, place, {"design": str(path)} | shown)
    rows = work.rows()
    if table is not None:
        write_text(table, to_csv(rows))
    if as_json:
        output.emit(summary | {"done_before": work.done_before})
    else:
        _show(rows)
        output.say(f"results: {folder / 'results.csv'}, {folder / 'results.json'}")
    _warn(rows)
    return 1 if summary["failed"] else 0


def _check_folder(folder: Path, source: str) -> None:
    if folder.exists() and not folder.is_dir():
        raise bad(folder, "output", MISSING, "is not a directory", "choose another place")
    if folder.is_dir() and Path(source).is_dir() and folder.samefile(source):
        raise bad(folder, "output", MISSING, "holds the data", "choose another place")


def _run(work: Sweep, place: Place, settings: dict[str, Any]) -> dict[str, Any]:
    """Run what is not done; the summary, which is written even if the run is interrupted."""
    total, waiting = len(work.points), len(work.waiting)
    if work.done_before:
        output.complain(f"{work.done_before} of {total} designs were done before")
    try:
        with output.progress("sweep", waiting, "designs") as advance:
            work.run(place, advance)
    except KeyboardInterrupt:
        done = work.write(settings)["finished"]
        folder = work.directory.path
        output.complain(
            f"stopped: {folder} keeps the {done} of {total} designs that are done; the same "
            "command goes on from there"
        )
        raise
    return work.write(settings)


def _show(rows: list[Row]) -> None:
    keys = list(rows[0].values)
    output.show_table([*keys, *HEAD], [_cells(row) for row in rows])


def _cells(row: Row) -> list[object]:
    test, train, *counts = row.figures.values()
    shares = [None if share is None else f"{100 * share:.2f} %" for share in (test, train)]
    return [*(plain(value) for value in row.values.values()), *shares, *counts]


def _warn(rows: list[Row]) -> None:
    """Say what failed, and that some results are those of a design with a fault."""
    for row in rows:
        if row.error is not None:
            values = " ".join(f"{key}={plain(value)}" for key, value in row.values.items())
            output.complain(f"failed: {values}: {row.error}")
    faulty = sum(bool(row.figures["problems"]) for row in rows)
    if faulty:
        output.warn(
            f"{faulty} of {len(rows)} designs have clashes, hazards, doubled edges or wrong "
            "degrees (column problems); clashfree check lists them"
        )
