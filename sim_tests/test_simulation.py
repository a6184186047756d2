"""``hwsim.simulation``: counted clock by clock, and the closed forms say the same."""

from __future__ import annotations

import numpy as np
import pytest
from small_designs import make, random_pattern, schedule_of
from small_nets import NETS, random_data, small_net

from hwsim.pipeline import Pipeline
from hwsim.schedule import Schedule, make_schedule
from hwsim.simulation import PHASES, Simulation, steady_utilisation, usage_of


def clashing(name: str, registers: int) -> Schedule:
    design, rng = make(*NETS[name], registers=registers), np.random.default_rng(2)
    return schedule_of(design, *(random_pattern(shape, rng) for shape in design.shapes))


SCHEDULES = [make_schedule(small_net(name, registers=n % 3)) for n, name in enumerate(NETS)]
SCHEDULES += [clashing(name, n % 3) for n, name in enumerate(NETS)]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("input_clocks", [0, 1, 7, 31, 200])
@pytest.mark.parametrize("inputs", [1, 5])
def test_counting_equals_the_closed_forms(schedule, input_clocks, inputs):
    usage = Simulation(schedule, inputs, input_clocks=input_clocks).run()
    blocks = inputs + 2 * schedule.design.n_junctions
    block = schedule.junction_cycle + 2 + schedule.design.hardware.registers + schedule.stalls
    assert usage.starved == max(0, input_clocks - block) * (inputs - 1)
    assert usage.clocks == blocks * block + usage.starved
    assert usage.clocks == schedule.clocks(inputs, input_clocks)
    assert usage.clash == blocks * schedule.stalls
    assert usage.fill == blocks * (2 + schedule.design.hardware.registers)
    for index, (busy, shape) in enumerate(zip(usage.busy, schedule.design.shapes, strict=True)):
        edges = inputs * shape.n_edges
        assert busy == {"ff": edges, "bp": edges if index else 0, "up": edges}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_model_takes_the_clocks_that_were_counted(schedule):
    pipeline, data = Pipeline(schedule.design, schedule), random_data(schedule.design, 4)
    pipeline.run(data.xtr, data.ytr)
    assert usage_of(schedule, pipeline.blocks, 4) == Simulation(schedule, 4).run()
    assert pipeline.sequencer.clocks == usage_of(schedule, pipeline.blocks, 4).clocks


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("input_clocks", [0, 200])
def test_steady_utilisation_is_what_more_inputs_add(schedule, input_clocks):
    few = Simulation(schedule, 10, input_clocks=input_clocks).run()
    more = Simulation(schedule, 17, input_clocks=input_clocks).run()
    steady = steady_utilisation(schedule, input_clocks)
    for index, shape in enumerate(schedule.design.shapes):
        lane_clocks = shape.z * (more.clocks - few.clocks)
        for phase in PHASES:
            added = more.busy[index][phase] - few.busy[index][phase]
            assert steady[index][phase] == added / lane_clocks


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_lane_utilisation_is_busy_lane_clocks_over_all(schedule):
    usage = Simulation(schedule, 3).run()
    block, blocks = schedule.block_cycle, 3 + 2 * schedule.design.n_junctions
    for shape, share in zip(schedule.design.shapes, usage.lane_utilisation(schedule), strict=True):
        wanted = 3 * shape.junction_cycle / (blocks * block)
        assert share == {"ff": wanted, "bp": wanted if shape.index > 1 else 0.0, "up": wanted}


def test_the_diagram_shows_the_pipelining_of_the_paper():
    """FF of junction j on input n in cycle n + j, BP and UP in cycle n + 2L - j + 1."""
    schedule = make_schedule(small_net("four junctions"))
    run = Simulation(schedule, 6, shown_cycles=99)
    run.run()
    assert len(run.diagram) == 6 + 8

    def number(cycle: int) -> int | None:
        return cycle if 0 <= cycle < 6 else None

    for row in run.diagram:
        assert row.loads == number(row.cycle)
        assert row.first_clock == row.cycle * schedule.block_cycle
        for j, on in enumerate(row.junctions, 1):
            back = number(row.cycle - 8 + j - 1)
            assert on == {"ff": number(row.cycle - j), "bp": back if j > 1 else None, "up": back}


def test_the_diagram_shows_as_many_cycles_as_asked_for():
    schedule = make_schedule(small_net("one junction"))
    run = Simulation(schedule, 5, input_clocks=100, shown_cycles=3)
    run.run()
    assert [row.first_clock for row in run.diagram] == [0, 100, 200]


def test_progress_is_told_of_every_input():
    steps: list[int] = []
    Simulation(make_schedule(small_net("one junction")), 5).run(steps.append)
    assert steps == [1] * 5
