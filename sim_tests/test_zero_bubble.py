"""Scheme "zero-bubble": an input every junction cycle, the right bits, and what it needs."""

from __future__ import annotations

import json

import numpy as np
import pytest
from engine_tools import assert_equal_engines
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from skewed_designs import FEWER, NETS, design_of, in_scheme
from small_designs import make, random_pattern, schedule_of
from small_nets import drawn_nets, random_data, registers, scaled_state
from stale_oracle import StaleNet

from hwsim.cli.app import run
from hwsim.design_file import make_design
from hwsim.engines import ENGINES, make_engine
from hwsim.errors import BadInput, Refused
from hwsim.pipeline import Input, Pipeline
from hwsim.schedule import make_schedule
from hwsim.simulation import PHASES, Simulation, steady_utilisation
from hwsim.state import State
from hwsim.timing import make_timings, path_latencies


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("profile", ["default", "prototype"])
@pytest.mark.parametrize("carry", [False, True])
def test_both_engines_and_the_definition_agree(name, profile, carry):
    """The oracle knows how stale weights are, and nothing of clocks."""
    design = design_of(name, profile, carry=carry)
    state = scaled_state(design, 1.0)
    data = random_data(design, 60)
    lags = [part.staleness for part in make_schedule(design).junctions]
    oracle = StaleNet(design, state, lags)
    pairs = zip(data.xtr, data.ytr, strict=True)
    expected = [oracle.learn(pixels, int(label), 3) for pixels, label in pairs]
    for engine in ENGINES:
        made = make_engine(engine, design, None, state)
        predictions = made.run(data.xtr, data.ytr)
        for (weight, bias), got, got_bias in zip(
            oracle.weights, made.state().weights, made.state().biases, strict=True
        ):
            np.testing.assert_array_equal(got, weight, err_msg=engine)
            np.testing.assert_array_equal(got_bias, bias, err_msg=engine)
        assert predictions.tolist() == expected


@pytest.mark.parametrize("name", ["digits", "neurons that span clocks"])
def test_the_definition_with_another_staleness_is_another_net(name):
    design = design_of(name)
    data, state = random_data(design, 40), scaled_state(design, 1.0)
    lags = [part.staleness for part in make_schedule(design).junctions]
    engine = make_engine("fast", design, None, state)
    engine.run(data.xtr, data.ytr)
    for j in range(design.n_junctions):
        oracle = StaleNet(design, state, [lag + (i == j) for i, lag in enumerate(lags)])
        for pixels, label in zip(data.xtr, data.ytr, strict=True):
            oracle.learn(pixels, int(label), 3)
        equal = [
            np.array_equal(weight, got)
            for (weight, _), got in zip(oracle.weights, engine.state().weights, strict=True)
        ]
        assert not all(equal), f"junction {j + 1}"


@settings(deadline=None, max_examples=25)
@given(drawn_nets(), st.sampled_from([None, 0.5, 4.0]))
def test_engines_agree_on_any_net(design, spread):
    design = in_scheme(design)
    assume(design is not None)
    state = State.initial(design) if spread is None else scaled_state(design, spread)
    assert_equal_engines(make_schedule(design), state, 60)


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("profile", ["default", "prototype"])
def test_an_input_every_junction_cycle_and_every_lane_busy(name, profile):
    design = design_of(name, profile)
    schedule, data = make_schedule(design), random_data(design, 20)
    cycles = {shape.junction_cycle for shape in design.shapes}
    assert schedule.block_cycle == max(cycles)
    model = Pipeline(design, schedule)
    model.run(data.xtr, data.ytr)
    assert model.sequencer.clocks == schedule.clocks(20) == schedule.blocks(20) * max(cycles)
    usage = Simulation(schedule, 20).run()
    assert usage.clocks == model.sequencer.clocks
    assert usage.stall_clocks == {"clash": 0, "starved": 0, "fill": 0}
    for index, shape in enumerate(design.shapes):
        expected = shape.junction_cycle / max(cycles)
        phases = PHASES if index else ("ff", "up")
        assert [steady_utilisation(schedule)[index][p] for p in phases] == [expected] * len(phases)
        assert usage.busy[index] == {p: 20 * shape.n_edges * (p in phases) for p in PHASES}


@pytest.mark.parametrize("name", NETS)
def test_lags_and_copies_are_those_of_the_closed_forms(name):
    """3(L - i) + 1, and two copies more; output deltas need one."""
    for profile in ("default", "prototype"):
        schedule = make_schedule(design_of(name, profile, carry=False))
        timings = make_timings(schedule.design.shapes, schedule.latencies)
        last = len(schedule.junctions)
        for i, (part, timing) in enumerate(zip(schedule.junctions, timings, strict=True), 1):
            assert part.staleness == timing.staleness == 3 * (last - i) + 1
            assert part.copies["activation"] == timing.left_copies == part.staleness + 2
            by_edge = profile == "prototype"
            slopes = part.staleness + (2 if by_edge else 3) if i > 1 else 0
            assert part.copies["derivative"] == slopes
            assert part.copies["output_delta"] == (1 if i == last else 0)


@pytest.mark.parametrize("profile", ["default", "prototype"])
@pytest.mark.parametrize("name", NETS)
def test_where_the_last_junction_carries_its_forward_misses_no_update(name, profile):
    """And what it carries, it carries from its read until the first output delta can be read."""
    schedule = make_schedule(design_of(name, profile, carry=True))
    timings = make_timings(schedule.design.shapes, schedule.latencies, carry=True)
    assert [part.staleness for part in schedule.junctions] == [t.staleness for t in timings]
    last, timing = schedule.junctions[-1], timings[-1]
    assert (last.staleness, last.pace.lag, last.copies["activation"]) == (0, 0, 2)
    assert last.pace.carry == timing.turnaround == timing.carry
    edges = 2 if schedule.design.n_junctions == 1 or profile == "default" else 3
    width = schedule.design.fixed_point.width
    carried = edges * width if schedule.design.n_junctions > 1 else width + 8
    assert last.memory_bits(schedule.design)["shift"] == last.pace.carry * last.shape.z * carried


@pytest.mark.parametrize("name", NETS)
def test_the_last_junction_carries_where_that_needs_no_more_memory(name):
    def bits(carry: bool | None) -> int:
        design = design_of(name, carry=carry, registers=FEWER.get(name, 0))
        parts = make_schedule(design).junctions
        return sum(part.memory_bits(design)["total"] for part in parts)

    assert bits(None) == min(bits(False), bits(True))
    design = design_of(name, registers=FEWER.get(name, 0))
    is_carried = make_schedule(design).junctions[-1].pace.carry > 0
    assert is_carried == (bits(True) <= bits(False))


def test_memory_of_the_network_of_2018():
    """RAM as the study of the scheme has it; and registers for two neurons' a and a' per clock."""
    for scheme, ram in (("prototype", 110_464), ("zero-bubble", 118_272)):
        net = ([1024, 64, 32], [4, 16], [128, 32])
        carry = None if scheme == "prototype" else False
        design = make(*net, scheme=scheme, registers=7, carry=carry)
        design = make_design({**design.sections(), "number": {"profile": "prototype"}})
        schedule = make_schedule(design)
        bits = [part.memory_bits(design) for part in schedule.junctions]
        assert sum(of["total"] - of["shift"] for of in bits) == ram
        slack = schedule.junctions[0].pace.slack
        assert slack == (32 - (2 + 7) - (1 + 7) if scheme == "zero-bubble" else 0)
        assert [of["shift"] for of in bits] == [slack * 2 * 2 * 12, 0]


@pytest.mark.parametrize("name", ["digits", "neurons that span clocks"])
def test_pauses_cost_clocks_and_change_nothing(name):
    """Inputs that come late, beats that are missing, predictions that nobody takes."""
    design, rng = design_of(name), np.random.default_rng(1)
    data = random_data(design, 25)
    steady, paused = Pipeline(design), Pipeline(design)
    expected = steady.run(data.xtr, data.ytr)
    source = [
        Input(pixels.astype(np.int64), paused.describe(int(label), True, n))
        for n, (pixels, label) in enumerate(zip(data.xtr, data.ytr, strict=True))
    ]
    predictions, held = [], None
    while source or not paused.sequencer.drained or held is not None:
        offered = source[0] if source and rng.integers(3) else None
        take = bool(rng.integers(2))
        if take and held is not None:
            predictions.append(held.prediction)
        tick = paused.clock(offered, drain=not source, take=take)
        held = paused.output
        if tick.beat == paused.schedule.beats - 1:
            source.pop(0)
    assert predictions == expected.tolist()
    assert paused.sequencer.starved > 0
    for name, values in steady.contents().items():
        np.testing.assert_array_equal(paused.contents()[name], values, err_msg=name)


def test_runs_in_a_row_and_training_off():
    design = design_of("digits")
    clock, fast = (make_engine(engine, design) for engine in ("clock", "fast"))
    data = random_data(design, 40)
    for part, train in ((slice(0, 3), True), (slice(3, 9), False), (slice(9, 40), True)):
        for engine in (clock, fast):
            engine.run(data.xtr[part], data.ytr[part], train=train)
        contents = fast.contents()
        for name, values in clock.contents().items():
            np.testing.assert_array_equal(contents[name], values, err_msg=name)
        assert clock.blocks == fast.blocks
    assert clock.tallies == fast.tallies


def test_a_pattern_that_clashes_is_refused():
    design = design_of("three alike")
    rng = np.random.default_rng(1)
    schedule = schedule_of(design, *(random_pattern(shape, rng) for shape in design.shapes))
    assert schedule.stalls > 0
    for engine in ENGINES:
        with pytest.raises(Refused, match=r"patterns clash, .* fix: other patterns, or scheme"):
            make_engine(engine, design, schedule)


@pytest.mark.parametrize(("hardware", "message"), [
    ({"forwarding": False}, "hardware.forwarding = False: scheme = 'zero-bubble' forwards"),
    ({"registers": 5}, "a junction cycle of 12 clocks is shorter than the way of a result .* 13"),
    (
        {"registers": {"step": 11}},
        "a junction cycle of 12 clocks is shorter than the way of a weight through its update, 13,",
    ),
    (
        {"registers": 4, "carry": True},
        "hardware.carry = True: a junction cycle of 12 clocks is too short for the .* 18",
    ),
    (
        {"scheme": "prototype", "carry": True},
        "hardware.carry = True: only the last junction of scheme = 'zero-bubble'",
    ),
    (
        {"registers": {"multiplier": 3, "tree": 1}},
        r"hardware.registers = {'multiplier': 3, 'tree': 1}: a junction cycle of 12 .* 13",
    ),
])  # fmt: skip
def test_what_the_scheme_needs(hardware, message):
    with pytest.raises(BadInput, match=message):
        design_of("three alike", **hardware)
    assert design_of("three alike", registers=4)


@pytest.mark.parametrize("name", NETS)
def test_one_register_more_than_fits_would_take_another_cycle(name):
    """The rule of the scheme is what the closed forms say of the junction cycles that it takes."""
    accepted = [fits(name, registers, "default") for registers in range(130)]
    most = accepted.index(False) - 1
    assert accepted == [registers <= most for registers in range(130)]


@example("digits", {"multiplier": 8, "tree": 1}, "default")  # 20 clocks, as many as there are
@example("digits", {"multiplier": 8, "tree": 2}, "default")
@example("digits", {"multiplier": 5, "tree": 2}, "prototype")
@example("digits", {"multiplier": 5, "tree": 3}, "prototype")
@example("digits", {"step": 18}, "default")  # a weight is back just before it is read again
@example("digits", {"step": 19}, "default")
@settings(max_examples=60)
@given(st.sampled_from(sorted(NETS)), registers(5), st.sampled_from(["default", "prototype"]))
def test_stages_fit_or_would_take_another_cycle(name, stages, profile):
    fits(name, stages, profile)


def fits(name: str, registers: int | dict[str, int], profile: str) -> bool:
    """Whether the design is valid; by the timing itself as well."""
    plain = make(*NETS[name], registers=registers)
    paths = path_latencies(plain.registers, plain.n_junctions, profile)
    timings = make_timings(plain.shapes, paths)
    wanted = [3 * (plain.n_junctions - i) - 2 for i in range(plain.n_junctions)]
    lags = [timing.lag for timing in timings]
    is_in_time = lags == wanted == [timing.staleness for timing in timings]
    try:
        design_of(name, profile, registers=registers)
    except BadInput:
        assert not is_in_time
        return False
    assert is_in_time
    return True


@pytest.mark.parametrize("carry", [True, False])
def test_steps_that_take_almost_a_junction_cycle_change_no_bit(carry):
    """A weight is written just before it is read again."""
    few = 14 if carry else 18
    design = design_of("digits", registers={"step": few}, carry=carry)
    with pytest.raises(BadInput, match="a junction cycle of 20 clocks is"):
        design_of("digits", registers={"step": few + 1}, carry=carry)
    assert_equal_engines(make_schedule(design), State.initial(design), 40)


def test_check_and_simulate_tell(tmp_path, capsys):
    path = tmp_path / "net.json"
    path.write_text(json.dumps(design_of("digits").sections()))
    assert run(["check", str(path), "--json"]) == 0
    junctions = json.loads(capsys.readouterr().out)["junctions"]
    assert [j["staleness"] for j in junctions] == [3, 0]
    assert junctions[0]["carry"] == 0 < junctions[1]["carry"] < 20
    assert [j["copies"]["activation"] for j in junctions] == [5, 2]
    assert run(["simulate", str(path), "--inputs", "30", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["clocks_per_input"] == 20
