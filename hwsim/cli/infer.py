"""``clashfree infer``: accuracy and confusion matrix of a trained state."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from hwsim.cli import output
from hwsim.cli.options import data_option, design_argument, engine_option, json_option
from hwsim.cli.run_view import load_state, saturation_to_json, show_saturation
from hwsim.data import load_data
from hwsim.design import Design
from hwsim.design_file import load_design
from hwsim.engines import infer as predict
from hwsim.errors import MISSING, bad
from hwsim.fixed_point import Tally
from hwsim.inference import confusion
from hwsim.interleaver import Index
from hwsim.schedule import make_schedule
from hwsim.state import State


@click.command("infer")
@design_argument
@click.option(
    "--load",
    type=click.Path(path_type=Path),
    required=True,
    metavar="STATE.npz",
    help="Weights and biases, as train --save writes them.",
)
@data_option
@engine_option
@json_option
def infer(path: Path, load: Path, source: str, engine: str, as_json: bool) -> None:
    r"""Test a trained DESIGN: the bits of the hardware with training off.

    Shows the accuracy on the test set, the confusion matrix (a row per label, a column per
    prediction), and how often each operation left the number range and was clipped, and how many
    words of each memory lie at its end: the first thing to look at when an accuracy disappoints.

    \b
    Example:
      clashfree infer designs/digits.toml --load state.npz --data digits
    """
    design = load_design(path)
    schedule = make_schedule(design)
    state = load_state(load, design)
    data = load_data(source, design)
    if not len(data.xte):
        raise bad(source, "xte", MISSING, "there is no test set", "add xte and yte")
    tallies = _memory_tallies(design, state)
    with output.progress("testing", len(data.xte)) as advance:
        predictions = predict(engine, design, schedule, state, data.xte, tallies, advance)
    accuracy = float(np.mean(predictions == data.yte))
    table = confusion(data.yte, predictions, design.network.layers[-1])
    if as_json:
        output.emit(
            {
                "inputs": len(predictions),
                "accuracy": accuracy,
                "confusion": table,
                "saturation": saturation_to_json(tallies),
            }
        )
        return
    right = int(np.trace(table))
    output.say(f"accuracy: {100 * accuracy:.2f} % ({right} of {len(predictions)} test inputs)")
    _show_confusion(table)
    show_saturation(tallies)


def _memory_tallies(design: Design, state: State) -> dict[str, Tally]:
    """Words of each weight and bias memory that lie at an end of the number range."""
    number, tallies = design.fixed_point, {}
    for kind, memories in (("weight", state.weights), ("bias", state.biases)):
        for index, words in enumerate(memories, 1):
            ends = (words == number.minimum) | (words == number.maximum)
            tallies[f"junction {index} {kind} memory"] = Tally(int(ends.sum()), words.size)
    return tallies


def _show_confusion(table: Index) -> None:
    """Show the classes that occur; a last layer may have neurons to spare."""
    seen = np.flatnonzero(table.sum(axis=0) + table.sum(axis=1))
    rows = [
        [f"is {label}", *(count or "." for count in table[label, seen].tolist())] for label in seen
    ]
    output.show_table(["", *(f"said {label}" for label in seen)], rows, "Confusion")
