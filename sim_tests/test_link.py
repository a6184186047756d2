"""From a host over the wires of a simulated board and back: bits, losses, and hosts that vanish."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from noisy_line import NoisyLine
from small_nets import assert_same_state, random_data

from fpga.host.board import Board
from fpga.host.line import Patience
from fpga.host.note import UNDER_WAY, Note
from fpga.host.training import BoardTrainer
from fpga.link.frames import Command
from fpga.simulation.board import PATIENCE, SimulatedBoard
from hwsim.design import Design
from hwsim.design_file import make_design
from hwsim.errors import BadInput
from hwsim.pipeline import Pipeline
from hwsim.schedule import make_schedule
from hwsim.state import State
from hwsim.training import Trainer
from rtl_gen import register_map as regs

CHANGING_ETA = ((0, 1), (29, 3), (61, 2))
INPUTS, TESTS = 40, 10
IMPATIENT = Patience(answer=0.5, gap=0.05, attempts=200)


def design_of(registers: int) -> Design:
    network = {"layers": [14, 10, 5], "out_degrees": [5, 3]}
    hardware = {"z": [14, 5], "registers": registers}
    training = {"seed": 3, "eta_shift": CHANGING_ETA}
    return make_design(
        {"format": 1, "network": network, "hardware": hardware, "training": training}
    )


@pytest.fixture(scope="module")
def design() -> Design:
    """Neither 5 beats per input nor 3 pixels per beat are a power of two, and one is padding."""
    return design_of(registers=1)


@pytest.fixture(scope="module")
def data(design):
    return random_data(design, INPUTS, TESTS)


@pytest.fixture(scope="module")
def simulated(design, tmp_path_factory):
    folder = tmp_path_factory.mktemp("link")
    made = SimulatedBoard(design, folder, stored_inputs=INPUTS + TESTS + 2, clocks_per_bit=4.34)
    with made as board:
        yield board


@pytest.fixture
def board(design, simulated):
    with Board(design, simulated.url, patience=PATIENCE) as there:
        yield there


def modelled(design, data, epochs: int, **options) -> tuple[Trainer, list]:
    trainer = Trainer(
        design, make_schedule(design), data, shuffler="board", engine="clock", **options
    )
    return trainer, [trainer.epoch() for _ in range(epochs)]


def accuracies(epochs) -> list:
    return [(e.number, e.inputs, e.train_accuracy, e.test_accuracy) for e in epochs]


@pytest.mark.parametrize("options", [
    {}, {"streamed": True}, {"shuffle": False, "limit": 31}, {"seed": 5, "limit": INPUTS - 1},
], ids=str)  # fmt: skip
def test_epochs_have_the_bits_of_the_model(design, data, board, options):
    start = State.initial(design)
    trainer = BoardTrainer(board, data, start, **options)
    trainer.begin()
    done = [trainer.epoch() for _ in range(2)]
    model, expected = modelled(
        design, data, 2, **{k: v for k, v in options.items() if k != "streamed"}
    )
    assert accuracies(done) == accuracies(expected)
    assert_same_state(trainer.state(), model.state())
    assert board.line.losses.repeated == 0


def test_streamed_inputs_return_each_prediction(design, data, board):
    start = State.initial(design)
    board.load(start)
    model = Pipeline(design, state=start)
    expected = model.run(data.xtr, data.ytr)
    np.testing.assert_array_equal(board.train(data.xtr, data.ytr), expected)
    assert_same_state(board.state(model.inputs_seen), model.state())
    expected = model.run(data.xte, data.yte, train=False)
    np.testing.assert_array_equal(board.infer(data.xte), expected)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_noisy_line_loses_nothing_and_trains_nothing_twice(design, data, simulated, streamed):
    with (
        NoisyLine(simulated.url, seed=1, one_in=80) as line,
        Board(design, line.url, patience=IMPATIENT, request_bytes=80) as board,
    ):
        before = board.info()
        trainer = BoardTrainer(board, data, State.initial(design), streamed=streamed)
        trainer.begin()
        done = [trainer.epoch()]
        final, after = trainer.state(), board.info()
    model, expected = modelled(design, data, 1)
    assert accuracies(done) == accuracies(expected)
    assert_same_state(final, model.state())
    fed = INPUTS + TESTS
    assert (after.fed - before.fed, after.taken - before.taken) == (fed, fed)
    assert min(line.errors.values()) > 0, line.errors
    assert board.line.losses.repeated > 20


@pytest.mark.slow  # a busy machine simulates slower than this host repeats itself
def test_an_impatient_host_takes_no_answer_for_another(design, simulated):
    """It repeats each request before the answer can have come, and is answered more than once."""
    hasty = Patience(answer=0.004, gap=0.05, attempts=10_000)
    with Board(design, simulated.url, patience=hasty) as board:
        for value in range(8):
            board.write(regs.PARAMETER_BANK, value)
            assert board.read(regs.PARAMETER_BANK) == [value]
        assert board.line.losses.repeated > 8


class Vanished(Exception):
    """The host is gone."""


def vanish(trainer: BoardTrainer, last: int, share: float) -> None:
    """Train, and vanish within request number ``last``, after ``share`` of it has been sent."""
    write, left = trainer.board.line._write, iter(range(1, last))

    def write_until_the_end(content: bytes) -> None:
        if next(left, None) is not None:
            return write(content)
        write(content[: round(share * len(content))])
        raise Vanished

    trainer.board.line._write = write_until_the_end
    with pytest.raises(Vanished):
        while True:
            trainer.epoch()


@pytest.mark.parametrize("streamed", [False, True])
def test_a_host_that_vanishes_within_any_request(design, data, simulated, streamed):
    """In the middle of a request, or right after it; another host finishes the epoch."""
    start, flags = State.initial(design), set()
    model = Trainer(design, make_schedule(design), data, shuffler="board", engine="clock")
    with Board(design, simulated.url, patience=PATIENCE) as board:
        BoardTrainer(board, data, start, streamed=streamed).begin()
    for last, share in ((1, 0.5), (3, 1.0), (4, 0.7), (5, 1.0), (8, 1.0)):
        with Board(design, simulated.url, patience=PATIENCE) as board:
            trainer = BoardTrainer(board, data, start, streamed=streamed)
            assert trainer.resume()
            vanish(trainer, last, share)
        with Board(design, simulated.url, patience=PATIENCE) as board:
            trainer = BoardTrainer(board, data, start, streamed=streamed)
            assert trainer.resume()
            flags.add(trainer.note.flags & UNDER_WAY)
            done = trainer.epoch()
            final = trainer.state()
        while model.engine.epochs_seen < done.number:
            expected = model.epoch()
        assert accuracies([done]) == accuracies([expected])
        assert_same_state(final, model.state())
    assert flags == {0, UNDER_WAY}


def test_what_a_run_has_still_to_feed_is_not_fed_again(design, data, board):
    """The new host comes while the old one's run goes on: it is told of it as it was before."""
    trainer = BoardTrainer(board, data, State.initial(design))
    trainer.begin()
    write = board.line._write
    vanish(trainer, 7, 0.0)  # the request after the first run
    board.line._write, info = write, board.info
    assert trainer.resume()
    now = info()
    assert (now.fed - trainer.note.fed) % (1 << 32) == CHANGING_ETA[1][0]
    earlier = [replace(now, fed=now.fed - 10, left=10)]
    board.info = lambda: earlier.pop() if earlier else info()
    trainer.epoch()
    assert not earlier
    model, _ = modelled(design, data, 1)
    assert_same_state(trainer.state(), model.state())


HOST = """
import sys
import numpy as np
from fpga.host.board import Board
from fpga.host.training import BoardTrainer
from fpga.link.frames import Command
from fpga.simulation.board import PATIENCE
from fpga.simulation.job import Job
from hwsim.data import Data
from hwsim.state import State
job, url, path = sys.argv[1:]
design = Job.load(job).design
with np.load(path) as file:
    data = Data(*(file[name] for name in ("xtr", "ytr", "xte", "yte")))
trainer = BoardTrainer(Board(design, url, patience=PATIENCE), data, State.initial(design))
trainer.begin()
print("ready", flush=True)
while True:
    trainer.epoch()
"""


def test_a_host_process_that_is_killed(design, data, simulated, tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, xtr=data.xtr, ytr=data.ytr, xte=data.xte, yte=data.yte)
    arguments = [str(simulated.job.file), simulated.url, str(path)]
    process = subprocess.Popen(
        [sys.executable, "-c", HOST, *arguments], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
    with Board(design, simulated.url, patience=PATIENCE) as board:
        trainer = BoardTrainer(board, data, State.initial(design))
        assert trainer.resume()
        done = trainer.epoch()
        model, _ = modelled(design, data, done.number)
        assert_same_state(trainer.state(), model.state())


def test_a_run_goes_on_while_the_line_is_used(design, data, board):
    for _ in board.store(data.xtr, data.ytr):
        pass
    before = board.info()
    board.run(first=0, size=INPUTS, begin=0, count=INPUTS, train=False)
    left = [info.left for info in board.wait()]
    assert left == sorted(left, reverse=True) and left[-1] == 0
    board.drain()
    assert board.info().fed == before.fed + INPUTS


def test_what_is_missing_of_an_input_is_zeros_and_stale_predictions_are_nobodys(
    design, data, board
):
    """A request that ends within its second input; its predictions are left for nobody."""
    before, inputs = board.info().fed, board._encode(data.xtr[:2], data.ytr[:2])
    board.line.request(Command.STREAM, bytes(4) + inputs[:-3])
    assert board.info().fed - before == 2
    expected = Pipeline(design, state=board.state()).run(data.xte, data.yte, train=False)
    np.testing.assert_array_equal(board.infer(data.xte), expected)


def test_what_cannot_be_done_is_one_line(design, data, board):
    with pytest.raises(BadInput, match="READ was answered REFUSED"):
        board.write(regs.PARAMETER_SELECT, 9)
        board.read(regs.PARAMETER_DATA)
    with pytest.raises(BadInput, match=f"the board has room for {INPUTS + TESTS + 2} inputs"):
        next(board.store(data.xtr, data.ytr, first=INPUTS))
    board.line._sequence += 1
    with pytest.raises(BadInput, match="STATUS was answered OUT_OF_ORDER; fix: let one host"):
        board.info()
    board.hello()


def test_a_board_of_another_design_is_refused(simulated):
    with pytest.raises(BadInput, match="holds another design"):
        Board(design_of(registers=2), simulated.url, patience=PATIENCE)


def test_nobody_answers(tmp_path, design):
    with pytest.raises(BadInput, match="cannot be opened"):
        Board(design, str(tmp_path / "ttyUSB7"))


def test_notes_keep_what_they_are_given():
    note = Note(7, 2**32 - 1, 5, 2**31, 9, b"abcdefgh")
    assert Note.decode(note.encode()) == note
    assert Note.decode(bytes(32)) == Note()
