"""``clashfree compare``: the fast engine held to the clock-by-clock one."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from hwsim.cli import output
from hwsim.cli.options import data_option, design_argument, json_option, warn_of_fewer
from hwsim.cli.run_view import load_state
from hwsim.comparison import compare as find_divergence
from hwsim.data import load_data
from hwsim.design_file import load_design
from hwsim.engines import make_engine
from hwsim.schedule import make_schedule
from hwsim.state import State

INPUTS = 200
"""Enough for every copy of every memory to be used many times."""


@click.command("compare")
@design_argument
@data_option
@click.option(
    "--inputs",
    type=click.IntRange(1),
    metavar="N",
    help=f"Train on the first N inputs.  [default: {INPUTS}]",
)
@click.option(
    "--load",
    type=click.Path(path_type=Path),
    metavar="STATE.npz",
    help="Begin with this state instead of the design's initial one.",
)
@json_option
def compare(path: Path, source: str, inputs: int | None, load: Path | None, as_json: bool) -> int:
    r"""Hold the fast engine to the clock-by-clock engine on DESIGN, on this machine.

    Both train on the same inputs from the same state. Then their predictions and all bits of all
    memories must be equal. If not, the first input, junction, phase and lane that differ are shown,
    and the exit status is 1.

    \b
    Example:
      clashfree compare designs/digits.toml --data digits --inputs 500
    """
    design = load_design(path)
    schedule = make_schedule(design)
    data = load_data(source, design)
    state = load_state(load, design) if load else State.initial(design)
    engines = [partial(make_engine, name, design, schedule, state) for name in ("clock", "fast")]
    warn_of_fewer("--inputs", inputs, len(data.xtr))
    pixels, labels = data.xtr[: inputs or INPUTS], data.ytr[: inputs or INPUTS]
    with output.patience("training in both engines"):
        found = find_divergence(schedule, *engines, pixels, labels)
    if as_json:
        divergence = None if found is None else asdict(found)
        output.emit({"inputs": len(pixels), "equal": found is None, "divergence": divergence})
    elif found is None:
        output.say(f"equal: predictions and every memory after {len(pixels)} inputs")
    else:
        output.say(f"different: {found}")
    return 0 if found is None else 1
