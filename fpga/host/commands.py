"""``clashfree board``: training on a board."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from fpga.host.board import DEFAULT_BAUD, Board
from fpga.host.line import Patience
from fpga.host.training import BoardEpoch, BoardTrainer
from fpga.simulation.board import PATIENCE, SimulatedBoard
from hwsim.cli import output
from hwsim.cli.options import (
    check_targets,
    data_option,
    design_argument,
    json_option,
    warn_of_fewer,
)
from hwsim.cli.run_view import load_state, warn_of_problems
from hwsim.data import load_data
from hwsim.design import Design
from hwsim.design_file import load_design
from hwsim.errors import MISSING, bad
from hwsim.schedule import make_schedule
from hwsim.state import State

FILE = click.Path(path_type=Path)
SIMULATION = "simulation"


@click.command("board")
@design_argument
@data_option
@click.option("--port", "url", required=True, metavar="PORT",
              help="Device of the board, as /dev/ttyUSB0, a URL of pyserial, or "
                   "'simulation': simulate one.")  # fmt: skip
@click.option("--baud", type=click.IntRange(1), default=DEFAULT_BAUD, show_default=True,
              help="Speed of the device, as the board was built for.")  # fmt: skip
@click.option("--epochs", type=click.IntRange(1), default=1, show_default=True, metavar="N",
              help="Times to go through the training inputs.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1), metavar="N",
              help="Train on the first N inputs of the data only.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, metavar="S",
              help="Seed of the shuffling.")  # fmt: skip
@click.option("--no-shuffle", is_flag=True, help="Take the data in its own order.")
@click.option("--stream", "streamed", is_flag=True,
              help="Send every input in every epoch; store none on the board.")  # fmt: skip
@click.option("--load", type=FILE, metavar="STATE.npz",
              help="Start from this state instead of the design's initial one.")  # fmt: skip
@click.option("--go-on", is_flag=True,
              help="Go on where an interrupted run of this command has left off.")  # fmt: skip
@click.option("-o", "--save", type=FILE, metavar="STATE.npz",
              help="Read the state back and write it here after every epoch.")  # fmt: skip
@json_option
def board(
    path: Path, source: str, url: str, baud: int, epochs: int, limit: int | None, seed: int,
    no_shuffle: bool, streamed: bool, load: Path | None, go_on: bool, save: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    r"""Train DESIGN on a board, over a serial port, with the model's bits.

    The board holds what `clashfree build` makes. The data set is loaded into its memory once, and
    epochs run at the speed of the core; with --stream it can be of any size, and the port sets the
    pace. Weights are those of `clashfree train --shuffle board`, bit for bit.

    --epochs counts those since the initial weights with --go-on, and the new ones without. A
    simulated board is a new one each time and has nothing to go on with; it has its own --baud.

    \b
    Examples:
      clashfree board designs/digits-board.toml --port simulation --data digits --epochs 6 -o s.npz
      clashfree board designs/digits.toml --port /dev/ttyUSB0 --data digits --stream
      clashfree board designs/digits.toml --port /dev/ttyUSB0 --data digits --epochs 6 --go-on

    Exit status: 0 trained, 2 bad input, or a board that does not answer.
    """
    design = load_design(path)
    warn_of_problems(make_schedule(design))
    data = load_data(source, design)
    state = load_state(load, design) if load else State.initial(design)
    check_targets({"--save": save}, (path, Path(source)))
    warn_of_fewer("--limit", limit, len(data.xtr))
    wanted = min(len(data.xtr), limit or len(data.xtr)) + len(data.xte)
    with _connected(design, path, url, baud, 1 if streamed else wanted) as there:
        trainer = BoardTrainer(
            there, data, state, seed=seed, shuffle=not no_shuffle, limit=limit, streamed=streamed
        )
        _begin(trainer, go_on)
        before = trainer.note.epochs_seen if go_on else 0
        if before >= epochs:
            output.warn(f"nothing left to do: the board has trained {before} epochs of {epochs}")
        done = _train(trainer, before, epochs, save)
        if save is not None and not done:
            trainer.state().save(save)
        result = _result(trainer, done, save)
    if as_json:
        output.emit(result)
    else:
        _show(result)


@contextmanager
def _connected(
    design: Design, path: Path, url: str, baud: int, stored_inputs: int
) -> Iterator[Board]:
    """The board at ``url``, or one that is simulated for as long as it is needed."""
    if url != SIMULATION:
        patience = PATIENCE if "://" in url else Patience()  # networks, and simulations, take time
        with Board(design, url, baud=baud, patience=patience) as there:
            yield there
        return
    folder = Path("build") / "board" / path.stem
    with output.patience("building and starting the simulated board"):
        simulated = SimulatedBoard(design, folder, stored_inputs=stored_inputs)
    with simulated, Board(design, simulated.url, patience=PATIENCE) as there:
        yield there


def _begin(trainer: BoardTrainer, go_on: bool) -> None:
    """Start over, or find out how far the board has come."""
    if go_on:
        if not trainer.resume():
            rule = "the board holds no training with these data and options"
            raise bad("board", "--go-on", MISSING, rule, "start over, without --go-on")
        return
    inputs = 0 if trainer.streamed else trainer.n_inputs + trainer.stored_tests
    with output.progress("storing the data", inputs) as advance:
        trainer.begin(advance)


def _train(
    trainer: BoardTrainer, done_before: int, epochs: int, save: Path | None
) -> list[BoardEpoch]:
    done = []
    for epoch in range(done_before + 1, epochs + 1):
        with output.progress(f"epoch {epoch} of {epochs}", trainer.n_inputs) as advance:
            done.append(trainer.epoch(advance))
        if save is not None:
            trainer.state().save(save)
        if epochs > 1:
            output.complain(f"epoch {epoch} of {epochs}: {_accuracies(done[-1])}")
    return done


def _accuracies(epoch: BoardEpoch) -> str:
    test = "no test set"
    if epoch.test_accuracy is not None:
        test = f"test {100 * epoch.test_accuracy:.2f} %"
    return f"train {100 * epoch.train_accuracy:.2f} %, {test}"


def _result(trainer: BoardTrainer, done: list[BoardEpoch], save: Path | None) -> dict[str, Any]:
    return {
        "port": trainer.board.line.url,
        "epochs": [asdict(epoch) for epoch in done],
        "epochs_seen": trainer.note.epochs_seen,
        "inputs_seen": trainer.note.inputs_seen,
        "losses": asdict(trainer.board.line.losses),
        "saved": None if save is None else str(save),
    }


def _show(result: dict[str, Any]) -> None:
    def percent(share: float | None) -> str | None:
        return None if share is None else f"{100 * share:.2f} %"

    output.show_table(
        ["epoch", "train accuracy", "test accuracy", "inputs"],
        [
            (e["number"], percent(e["train_accuracy"]), percent(e["test_accuracy"]), e["inputs"])
            for e in result["epochs"]
        ],
    )
    losses = result["losses"]
    output.say(f"requests sent again: {losses['repeated']}")
    if result["saved"] is not None:
        output.say(f"state: {result['saved']}")
