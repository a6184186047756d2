"""Holding the fast engine to the clock engine."""

from __future__ import annotations

from functools import partial

from small_nets import random_data

from hwsim.comparison import compare
from hwsim.design import Design
from hwsim.engines import make_engine
from hwsim.fixed_point import Tally
from hwsim.schedule import Schedule
from hwsim.state import State


def assert_equal_engines(schedule: Schedule, state: State, inputs: int, **options) -> None:
    """Same predictions and memories; a failure says where they part."""
    design = schedule.design
    data = random_data(design, inputs)
    engines = [partial(make_engine, name, design, schedule, state) for name in ("clock", "fast")]
    found = compare(schedule, *engines, data.xtr, data.ytr, **options)
    assert found is None, str(found)


def tallies_after(engine, runs: list) -> dict[str, Tally]:
    for pixels, labels, train in runs:
        engine.run(pixels, labels, train=train)
    return engine.tallies


def assert_equal_tallies(design: Design, state: State, inputs: int) -> None:
    """Same saturation counts."""
    data = random_data(design, inputs)
    counted = [
        tallies_after(make_engine(name, design, None, state), [(data.xtr, data.ytr, True)])
        for name in ("clock", "fast")
    ]
    assert counted[0] == counted[1]
