"""``clashfree train``: bit-exact training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from hwsim.cli import output
from hwsim.cli.options import (
    check_targets,
    data_option,
    design_argument,
    engine_option,
    json_option,
    warn_of_fewer,
)
from hwsim.cli.run_view import (
    clocks_to_json,
    load_state,
    saturation_to_json,
    show_clocks,
    show_saturation,
    show_utilisation,
    warn_of_problems,
)
from hwsim.data import load_data
from hwsim.design_file import load_design
from hwsim.files import write_npz
from hwsim.schedule import make_schedule
from hwsim.simulation import Usage, steady_utilisation, usage_of
from hwsim.state import State
from hwsim.training import SHUFFLERS, Epoch, Trainer

FILE = click.Path(path_type=Path)


@click.command("train")
@design_argument
@data_option
@click.option(
    "--epochs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Times to go through the training inputs.",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    help="Train on the first N inputs of the data only, the same in every epoch.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    metavar="S",
    help="Seed of the shuffling, and of nothing else.",
)
@click.option(
    "--shuffle",
    "shuffler",
    type=click.Choice(SHUFFLERS),
    default=SHUFFLERS[0],
    show_default=True,
    help="Who shuffles: numpy, or the address generator that boards have.",
)
@click.option("--no-shuffle", is_flag=True, help="Take the data in its own order.")
@click.option(
    "--save", type=FILE, metavar="STATE.npz", help="Write the state here after every epoch."
)
@click.option(
    "--load",
    type=FILE,
    metavar="STATE.npz",
    help="Go on from this state instead of the design's initial one.",
)
@click.option(
    "--predictions",
    type=FILE,
    metavar="FILE.npz",
    help="Write the predictions made while training: prediction (epochs, inputs), in "
    "the order of the data, and order (epochs, inputs), that of the training.",
)
@engine_option
@json_option
def train(
    path: Path, source: str, epochs: int, limit: int | None, seed: int, shuffler: str,
    no_shuffle: bool, save: Path | None, load: Path | None, predictions: Path | None, engine: str,
    as_json: bool,
) -> None:  # fmt: skip
    r"""Train DESIGN bit for bit as the hardware would.

    What the accelerator computes is computed, with its fixed-point numbers and its pipelining: a
    feedforward misses the updates of the inputs still under way. The train accuracy counts the
    predictions made while training, the test accuracy those on the test set after the epoch.

    The pipeline is drained after every epoch, so training can stop and go on: two epochs are the
    same bits as one with --save and then one with --load, shuffling and learning rate included.

    \b
    Examples:
      clashfree train designs/digits.toml --data digits --epochs 6 --save state.npz
      clashfree train designs/digits.toml --data digits --load state.npz --save state.npz
      clashfree train designs/prototype-2018.toml --data mnist/ --limit 12544 --json
    """
    design = load_design(path)
    schedule = make_schedule(design)
    data = load_data(source, design)
    state = load_state(load, design) if load else State.initial(design)
    check_targets({"--save": save, "--predictions": predictions}, (path, Path(source)))
    warn_of_problems(schedule)
    warn_of_fewer("--limit", limit, len(data.xtr))
    with output.patience("starting the engine; compiled the first time, for each kind of numbers"):
        trainer = Trainer(
            design, schedule, data, state=state, seed=seed, shuffle=not no_shuffle,
            shuffler=shuffler, limit=limit, engine=engine,
        )  # fmt: skip
    done = _train(trainer, epochs, save)
    if predictions is not None:
        _write_predictions(predictions, done)
    if as_json:
        output.emit(_to_json(trainer, done, engine, save))
    else:
        _show(trainer, done, save)


def _train(trainer: Trainer, epochs: int, save: Path | None) -> list[Epoch]:
    done: list[Epoch] = []
    is_saved = False
    try:
        for epoch in range(1, epochs + 1):
            with output.progress(f"epoch {epoch} of {epochs}", trainer.n_inputs) as advance:
                done.append(trainer.epoch(advance))
            if save is not None:
                trainer.state().save(save)
                is_saved = True
            if epochs > 1:
                output.complain(f"epoch {epoch} of {epochs}: {_accuracies(done[-1])}")
    except KeyboardInterrupt:
        output.complain(_left_behind(save, is_saved))
        raise
    return done


def _accuracies(epoch: Epoch) -> str:
    test = "no test set" if epoch.test_accuracy is None else f"test {_percent(epoch.test_accuracy)}"
    return f"train {_percent(epoch.train_accuracy)}, {test}"


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.2f} %"


def _left_behind(save: Path | None, is_saved: bool) -> str:
    if is_saved:
        return f"stopped: {save} holds the state after the last finished epoch; --load it to go on"
    if save is not None:
        return f"stopped in the first epoch: nothing was saved to {save}"
    return "stopped: nothing is saved without --save"


def _write_predictions(target: Path, epochs: list[Epoch]) -> None:
    prediction = np.stack([epoch.prediction for epoch in epochs])
    order = np.stack([epoch.order for epoch in epochs])
    write_npz(target, {"prediction": prediction, "order": order})


def _usage(trainer: Trainer, epochs: list[Epoch]) -> Usage:
    inputs = sum(epoch.inputs for epoch in epochs)
    return usage_of(trainer.schedule, trainer.engine.blocks, inputs)


def _to_json(
    trainer: Trainer, epochs: list[Epoch], engine: str, save: Path | None
) -> dict[str, Any]:
    keys = ("inputs", "train_accuracy", "test_accuracy", "samples_per_second")
    steady = steady_utilisation(trainer.schedule)
    return {
        "epochs": [
            {"epoch": epoch.number} | {key: getattr(epoch, key) for key in keys} for epoch in epochs
        ],
        **clocks_to_json(trainer.schedule, _usage(trainer, epochs), steady),
        "saturation": saturation_to_json(trainer.engine.tallies),
        "start_seconds": trainer.engine.start_seconds,
        "inputs_seen": trainer.engine.inputs_seen,
        "epochs_seen": trainer.engine.epochs_seen,
        "engine": engine,
        "saved": None if save is None else str(save),
    }


def _show(trainer: Trainer, epochs: list[Epoch], save: Path | None) -> None:
    head = ["epoch", "train accuracy", "test accuracy", "inputs", "inputs/s in this model"]
    rows = [
        (e.number, _percent(e.train_accuracy), _percent(e.test_accuracy), e.inputs, round(rate))
        for e, rate in ((epoch, epoch.samples_per_second) for epoch in epochs)
    ]
    output.show_table(head, rows)
    schedule, usage = trainer.schedule, _usage(trainer, epochs)
    show_clocks(schedule, usage, sum(epoch.inputs for epoch in epochs))
    show_utilisation(schedule, usage.lane_utilisation(schedule), steady_utilisation(schedule))
    show_saturation(trainer.engine.tallies)
    if save is not None:
        output.say(f"state: {save}")
