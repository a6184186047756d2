"""Estimates beside what yosys finds: ``python -m fpga.estimate.compare [OPTIONS] [DESIGN] ..``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path

import click

from fpga.estimate import fit
from fpga.estimate.estimate import estimate
from fpga.estimate.families import FAMILIES
from fpga.estimate.mapping import Use, values
from fpga.estimate.reference import synthesise
from fpga.estimate.samples import SAMPLES, sample
from fpga.resources import NAMES
from hwsim.cli import output
from hwsim.design_file import load_design
from hwsim.schedule import Schedule, make_schedule


@click.command()
@click.argument("names", metavar="[DESIGN] ..", nargs=-1)
@click.option("--family", type=click.Choice(list(FAMILIES)), default="ecp5", show_default=True)
@click.option("--multipliers", type=click.IntRange(0), help="DSP blocks there are.")
@click.option("--fit", "wants_fit", is_flag=True, help="Print costs that fit best.")
def main(names: tuple[str, ...], family: str, multipliers: int | None, wants_fit: bool) -> None:
    """Compare estimates of design files, or of samples by name (all if none is given)."""
    schedules = {name: find(name) for name in names or SAMPLES}
    found = dict(zip(schedules, _synthesise_all(schedules, family, multipliers), strict=True))
    rows = []
    for name, schedule in schedules.items():
        begun = time.perf_counter()
        mine = estimate(schedule, family, multipliers).total
        took = 1000 * (time.perf_counter() - begun)
        rows.append((name, *map(shown, values(mine), values(found[name])), f"{took:.0f}"))
    title = f"{FAMILIES[family].name}: estimate / yosys"
    output.show_table(("design", *NAMES.values(), "ms"), rows, title=title)
    if wants_fit:
        output.say(str(fit.fitted(schedules, found, family)))


def find(name: str) -> Schedule:
    """A sample, or what a file holds."""
    return sample(name) if name in SAMPLES else make_schedule(load_design(Path(name)))


def shown(mine: float, found: float) -> str:
    """An estimate, what was found, and the difference."""
    if not found:
        return f"{mine:g} / 0"
    return f"{mine:g} / {found:g} {100 * (mine / found - 1):+.1f} %"


def _synthesise_all(
    schedules: dict[str, Schedule], family: str, multipliers: int | None
) -> Iterator[Use]:
    def run(schedule: Schedule) -> Use:
        return synthesise(schedule, family, multipliers)

    with ThreadPoolExecutor(cpu_count()) as pool:
        yield from pool.map(run, schedules.values())


if __name__ == "__main__":
    main()
