"""Control: hardware and model agree, and both with the closed form; nothing is ever lost."""

from __future__ import annotations

import pytest
from block_points import SEQUENCERS, schedules
from hypothesis import given
from hypothesis import strategies as st

from hwsim.schedule import Schedule
from hwsim.sequencer import Descriptor, Sequencer


def test_rtl_equals_model(run_bench):
    run_bench("bench_sequencer")


def stepped_clocks(schedule: Schedule, inputs: int, input_clocks: int) -> int:
    """Clocks until everything is out, counted one by one."""
    model, accepted = Sequencer(schedule), 0
    while accepted < inputs or not model.drained:
        is_due = accepted < inputs and model.clocks >= accepted * input_clocks
        tick = model.clock(Descriptor(True) if is_due else None, drain=accepted == inputs)
        accepted += tick.beat == schedule.beats - 1
        assert model.clocks <= schedule.clocks(inputs, input_clocks), "not done in time"
    return model.clocks


@pytest.mark.parametrize("name", SEQUENCERS)
@pytest.mark.parametrize("inputs", [1, 2, 9])
def test_stepping_takes_the_clocks_of_the_closed_form(name, inputs):
    schedule = schedules()[name]
    block = schedule.block_cycle
    for input_clocks in (0, 1, block - 1, block, block + 1, 5 * block):
        assert stepped_clocks(schedule, inputs, input_clocks) == schedule.clocks(
            inputs, input_clocks
        )


WAITS = st.lists(st.tuples(*[st.booleans()] * 3), min_size=1, max_size=60)


@pytest.mark.parametrize("name", SEQUENCERS)
@given(waits=WAITS)
def test_inputs_come_out_once_and_in_order_whatever_waits(name, waits):
    """Offered, drain and free follow a drawn rhythm for a while; then everything may go on."""
    schedule = schedules()[name]
    model, inputs, accepted, out = Sequencer(schedule), 4, 0, []
    beats = []
    for clock in range(40 * schedule.block_cycle):
        offered, drain, free = waits[clock] if clock < len(waits) else (True, True, True)
        offer = Descriptor(True, number=accepted) if offered and accepted < inputs else None
        oldest = model.age(schedule.oldest_age)
        tick = model.clock(offer, drain=drain, free=free)
        if tick.beat is not None:
            beats.append(tick.beat)
            accepted += tick.beat == schedule.beats - 1
        if tick.ends_block and oldest.valid:
            out.append(oldest.number)
    assert beats == list(range(schedule.beats)) * inputs
    assert out == list(range(inputs))
    assert model.drained


@pytest.mark.parametrize("name", [n for n in SEQUENCERS if schedules()[n].beats > 1])
def test_a_block_waits_for_its_last_beat_and_issues_nothing_new(name):
    schedule = schedules()[name]
    model, offer = Sequencer(schedule), Descriptor(True)
    model.clock(offer)
    ticks = [model.clock(None) for _ in range(3 * schedule.block_cycle)]
    assert not any(tick.ends_block for tick in ticks)
    last = schedule.block_cycle - 1
    issued = None if schedule.is_skewed else last
    assert model.position == last
    assert {tick.position for tick in ticks[schedule.block_cycle :]} == {issued}
    ticks = [model.clock(offer) for _ in range(schedule.beats - 1)]
    assert [tick.ends_block for tick in ticks] == [False] * (schedule.beats - 2) + [True]
