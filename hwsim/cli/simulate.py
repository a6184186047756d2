"""``clashfree simulate``: how many clocks inputs take, and what every junction does in them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from hwsim.cli import output
from hwsim.cli.options import design_argument, json_option
from hwsim.cli.run_view import (
    clocks_to_json,
    show_clocks,
    show_utilisation,
    warn_of_problems,
)
from hwsim.design_file import load_design
from hwsim.schedule import make_schedule
from hwsim.simulation import PHASES, Row, Simulation, steady_utilisation

MORE_CYCLES = 3
"""Rows that the diagram shows of the full pipeline, and of the bubbles before it."""


@click.command("simulate")
@design_argument
@click.option("--inputs", type=click.IntRange(1), default=100, show_default=True, metavar="N",
              help="How many inputs to train on.")  # fmt: skip
@click.option("--input-clocks", type=click.IntRange(0, 1_000_000), default=0, metavar="K",
              help="Offer an input every K clocks; default: the next is always ready.")  # fmt: skip
@json_option
def simulate(path: Path, inputs: int, input_clocks: int, as_json: bool) -> None:
    r"""Count the clocks that DESIGN takes to train on N inputs.

    Nothing is computed, so no data is needed: the control runs clock by clock and says how many
    clocks pass, what they are lost to, how busy the lanes are, and which input each junction is
    on (the pipelining diagram; inputs and cycles count from 0, a dash is a bubble).

    \b
    A clock is lost to
      clash     lanes of some junction want one memory bank; all junctions wait
      starved   no input is there (see --input-clocks)
      fill      the last results of a block are on their way to memory

    \b
    Examples:
      clashfree simulate designs/digits.toml --inputs 1000
      clashfree simulate designs/digits.toml --inputs 1000 --input-clocks 50
      clashfree simulate designs/deep-4.toml --inputs 20 --json | jq .stall_clocks
    """
    schedule = make_schedule(load_design(path))
    warn_of_problems(schedule)
    shown = min(schedule.blocks(inputs), schedule.oldest_age + MORE_CYCLES)
    run = Simulation(schedule, inputs, input_clocks=input_clocks, shown_cycles=shown)
    with output.progress("simulating", inputs) as advance:
        usage = run.run(advance)
    steady = steady_utilisation(schedule, input_clocks)
    if as_json:
        result = {"inputs": inputs} | clocks_to_json(schedule, usage, steady)
        output.emit(result | {"diagram": [asdict(row) for row in run.diagram]})
        return
    show_clocks(schedule, usage, inputs)
    show_utilisation(schedule, usage.lane_utilisation(schedule), steady)
    _show_diagram(run.diagram)


def _show_diagram(diagram: list[Row]) -> None:
    n_junctions = len(diagram[0].junctions)
    phases = [PHASES if index else ("ff", "up") for index in range(n_junctions)]
    names = [f"{index + 1} {p.upper()}" for index in range(n_junctions) for p in phases[index]]
    rows = [
        [row.cycle, row.first_clock, row.loads]
        + [on[p] for on, its in zip(row.junctions, phases, strict=True) for p in its]
        for row in diagram
    ]
    title = "Which input each junction is on"
    output.show_table(["cycle", "from clock", "load", *names], rows, title)
