"""Microseconds per input of everything that can train the prototype network, in one run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks import numpy_float, rtl
from benchmarks.plain_loop import PlainLoop
from benchmarks.task import Task, best_seconds, prototype_task, seconds_of
from hwsim.engines import make_engine
from hwsim.fast.inference import infer
from hwsim.state import State

FAST_INPUTS, CLOCK_INPUTS, LOOP_INPUTS, FLOAT_INPUTS = 50_000, 500, 4000, 1000
VERILATOR_INPUTS, ICARUS_INPUTS = (20, 1020), (2, 12)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    microseconds: float
    clocks_per_second: float | None = None
    note: str = ""


class WrongBits(Exception):
    """What was timed does not compute what it should."""


def check(name: str, got: object, wanted: object) -> None:
    """Time nothing that is wrong."""
    if not np.array_equal(got, wanted):
        raise WrongBits(f"{name} disagrees with the model")


def rows(say: Callable[[str], None]) -> list[Row]:
    """Measure everything that this machine has."""
    task = prototype_task(FAST_INPUTS)
    found = []
    for measure in (fast, fast_variants, clock, plain_loop, float_loop, verilator, icarus):
        say(measure.__doc__)
        found += measure(task)
    return found


def fast(task: Task) -> list[Row]:
    """Measure the fast engine."""
    engine = make_engine("fast", task.design, task.schedule, task.state)
    seconds = best_seconds(lambda: engine.run(task.pixels, task.labels), 7)
    infer(task.design, task.schedule, task.state, task.pixels[:1])
    inference = best_seconds(lambda: infer(task.design, task.schedule, task.state, task.pixels), 5)
    return [
        _row("fast engine", seconds, len(task.labels), task, f"start: {_starts()}"),
        _row("fast engine, inference only", inference, len(task.labels), task),
    ]


STARTED = """
from benchmarks.task import prototype_task
from hwsim.fast.engine import FastPipeline
task = prototype_task(1)
print(FastPipeline(task.design, task.schedule, task.state).start_seconds)
"""


def _starts() -> str:
    """Seconds that the engine takes to start, compiling and with what was compiled before."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder}
        command = [sys.executable, "-c", STARTED]
        seconds = [
            float(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
            for _ in range(2)
        ]
    return f"{seconds[0]:.1f} s the first time, {seconds[1]:.2f} s later"


def fast_variants(task: Task) -> list[Row]:
    """Measure the fast engine, other patterns and arithmetic."""
    variants = {
        "phi = 0": {"pattern": {"type": 3, "phi": 0}},
        "type 1": {"pattern": {"type": 1}},
        "type 2 with dither": {"pattern": {"type": 2, "dither": True}},
        "profile default": {"number": {"int_bits": 3, "frac_bits": 8, "profile": "default"}},
        "10 bits": {"number": {"int_bits": 2, "frac_bits": 7, "profile": "prototype"}},
        "16 bits": {"number": {"int_bits": 4, "frac_bits": 11, "profile": "prototype"}},
        "20 bits": {"number": {"int_bits": 4, "frac_bits": 15, "profile": "prototype"}},
    }
    found = []
    for name, changes in variants.items():
        other = prototype_task(FAST_INPUTS // 2, **changes)
        engine = make_engine("fast", other.design, other.schedule, other.state)
        seconds = best_seconds(lambda e=engine, t=other: e.run(t.pixels, t.labels))
        found.append(_row(f"fast engine, {name}", seconds, len(other.labels), other))
    return found


def clock(task: Task) -> list[Row]:
    """Measure the clock engine."""
    pixels, labels = task.first(CLOCK_INPUTS)
    engine = make_engine("clock", task.design, task.schedule, task.state)
    fast_engine = make_engine("fast", task.design, task.schedule, task.state)
    made = []
    seconds = seconds_of(lambda: made.append(engine.run(pixels, labels)))
    check("the fast engine", fast_engine.run(pixels, labels), made[0])
    again = best_seconds(lambda: engine.run(pixels, labels), 2)
    return [_row("clock engine", min(seconds, again), CLOCK_INPUTS, task, drained=True)]


def plain_loop(task: Task) -> list[Row]:
    """Measure the plain numba loop."""
    pixels, labels = task.first(LOOP_INPUTS)
    loop = PlainLoop(task)
    loop.run(pixels, labels)
    engine = make_engine("fast", task.design, task.schedule, task.state)
    engine.run(pixels, labels)
    for got, wanted in zip(loop.weights, engine.state().weights, strict=True):
        check("the plain loop", got, wanted)
    seconds = best_seconds(lambda: loop.run(pixels, labels), 3)
    return [_row("plain numba loop, same bits", seconds, LOOP_INPUTS, task)]


def float_loop(task: Task) -> list[Row]:
    """Measure numpy with floats."""
    pixels, labels = task.first(FLOAT_INPUTS)
    seconds = best_seconds(lambda: numpy_float.train(task, pixels, labels), 2)
    return [Row("numpy float, no hardware's bits", 1e6 * seconds / FLOAT_INPUTS)]


def verilator(task: Task) -> list[Row]:
    """Measure Verilator on the generated RTL (builds for a minute)."""
    return [_simulated("Verilator", rtl.build_verilator, VERILATOR_INPUTS, task, loaded=True)]


def icarus(task: Task) -> list[Row]:
    """Measure Icarus on the generated RTL."""
    if shutil.which("iverilog") is None:
        return [Row("Icarus on the generated RTL", float("nan"), None, "not on this machine")]
    zeros = [[0 * array for array in arrays] for arrays in (task.state.weights, task.state.biases)]
    blank = replace(task, state=State(*zeros))
    row = _simulated("Icarus", rtl.build_icarus, ICARUS_INPUTS, blank, loaded=False)
    return [replace(row, note="from zero weights")]


def _simulated(
    name: str, build: Callable, sizes: tuple[int, int], task: Task, *, loaded: bool
) -> Row:
    """The time of many inputs less that of few: without start-up and loading."""
    seconds = []
    for inputs in sizes:
        with tempfile.TemporaryDirectory() as folder:
            rtl.prepare(task, inputs, Path(folder), loaded=loaded)
            command, made = build(Path(folder)), []
            run = lambda c=command, f=folder, m=made: m.append(rtl.run(c, Path(f)))  # noqa: E731
            seconds.append(best_seconds(run, 1 if name == "Icarus" else 3))
            engine = make_engine("fast", task.design, task.schedule, task.state)
            check(name, made[0], engine.run(*task.first(inputs)))
    return _row(f"{name} on the generated RTL", seconds[1] - seconds[0], sizes[1] - sizes[0], task)


def _row(
    name: str, seconds: float, inputs: int, task: Task, note: str = "", *, drained: bool = False
) -> Row:
    blocks = task.schedule.blocks(inputs) if drained else inputs
    clocks = blocks * task.schedule.block_cycle
    return Row(name, 1e6 * seconds / inputs, clocks / seconds, note)
