"""``hwsim.fast``: the bits of the clock-by-clock model, in every memory, for every design."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from engine_tools import assert_equal_engines, assert_equal_tallies, tallies_after
from hypothesis import given, settings
from hypothesis import strategies as st
from small_designs import make, random_pattern, schedule_of
from small_nets import (
    NETS,
    PUBLISHED,
    drawn_nets,
    random_data,
    registers,
    scaled_state,
    small_net,
)

from hwsim.comparison import compare
from hwsim.data import load_data
from hwsim.design_file import load_design, make_design
from hwsim.engines import ENGINES, infer, make_engine
from hwsim.fast.engine import FastPipeline
from hwsim.schedule import make_schedule
from hwsim.state import State

DESIGNS = Path(__file__).parents[1] / "designs"

MANY = 200
"""Inputs after which everything must still be the same."""


@settings(deadline=None, max_examples=25)
@given(drawn_nets(), st.sampled_from([None, 0.5, 4.0]))
def test_equals_the_clock_engine_after_hundreds_of_inputs(design, spread):
    state = State.initial(design) if spread is None else scaled_state(design, spread)
    assert_equal_engines(make_schedule(design), state, MANY)


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("profile", ["default", "prototype"])
def test_equals_the_clock_engine_on_every_net(name, profile):
    design = small_net(name, profile=profile, int_bits=2, eta_shift=((0, 1), (20, 3)))
    assert_equal_engines(make_schedule(design), scaled_state(design, 1.5), 60)


@pytest.mark.parametrize("name", ["powers of two", "four junctions", "unequal junction cycles"])
def test_hazards_lose_the_same_sums(name):
    design = small_net(name, **PUBLISHED)
    assert_equal_engines(make_schedule(design), State.initial(design), 60)


@settings(deadline=None, max_examples=15)
@given(st.sampled_from([n for n in NETS if n != "folded banks"]), st.integers(0, 99),
       st.booleans(), registers())  # fmt: skip
def test_any_pattern_even_one_that_clashes(name, seed, forwarding, stages):
    layers, out_degrees, z = NETS[name]
    hardware = {"forwarding": forwarding, "registers": stages}
    design = make(layers, out_degrees, z, pattern={"type": 3}, **hardware)
    rng = np.random.default_rng(seed)
    schedule = schedule_of(design, *(random_pattern(shape, rng) for shape in design.shapes))
    assert_equal_engines(schedule, State.initial(design), 30)


@pytest.mark.parametrize("frac_bits", [3, 7, 8, 11, 14, 18, 21])
@pytest.mark.parametrize("profile", ["default", "prototype"])
@pytest.mark.parametrize("train", [True, False])
def test_every_width_and_training_off(frac_bits, profile, train):
    design = small_net("four junctions", frac_bits=frac_bits, int_bits=1, profile=profile)
    assert_equal_engines(make_schedule(design), scaled_state(design, 1), 30, train=train)


@pytest.mark.parametrize("profile", ["default", "prototype"])
@pytest.mark.parametrize("cost", ["cross-entropy", "quadratic"])
@pytest.mark.parametrize("spread", [0.3, 6])
def test_counts_saturation_alike_over_several_runs(profile, cost, spread):
    design = small_net("four junctions", profile=profile, cost=cost, activations="sigmoid")
    first, second = random_data(design, 9), random_data(design, 14, seed=2)
    runs = [(first.xtr, first.ytr, True), (second.xtr, second.ytr, False)]
    runs.append((second.xtr, second.ytr, True))
    state = scaled_state(design, spread)
    counted = [
        tallies_after(make_engine(name, design, None, state), runs) for name in ("clock", "fast")
    ]
    assert counted[0] == counted[1]
    assert spread < 1 or sum(tally.saturated for tally in counted[1].values()) > 0


def test_what_lies_behind_the_last_neuron_is_not_counted():
    """Deltas of 56 neurons, some of them clipped, loaded one by one as two whole vectors."""
    design = make([16, 56, 32, 4], [56, 16, 4], [16, 28, 8])
    sections = design.sections()
    sections["number"] = {"profile": "default", "int_bits": 3, "frac_bits": 5}
    sections["network"]["activations"] = ["sigmoid", "relu", "sigmoid"]
    design = make_design(sections)
    assert not FastPipeline(design).map.junctions["right_deltas_in_order"][0]
    assert_equal_tallies(design, scaled_state(design, 16.0), 100)


def test_a_clipped_delta_counts_once_per_clock_that_reads_it():
    """Profile "default" multiplies by a' in each clock that touches a neuron, here in several."""
    keys = {"profile": "default", "int_bits": 1, "activations": ["relu"] * 3 + ["sigmoid"]}
    design = small_net("four junctions", **keys)
    data, state = random_data(design, 30), scaled_state(design, 2.0)
    counted = [
        tallies_after(make_engine(name, design, None, state), [(data.xtr, data.ytr, True)])
        for name in ("clock", "fast")
    ]
    assert counted[0] == counted[1]
    part = make_schedule(design).junctions[1]
    assert part.shape.d_in > part.shape.z
    assert counted[1]["junction 2 right delta"].saturated > 0


def test_runs_in_a_row_and_what_is_left_between_them():
    design = small_net("four junctions", eta_shift=((0, 1), (7, 3)))
    clock, fast = (make_engine(name, design) for name in ("clock", "fast"))
    data = random_data(design, 40)
    for part, train in ((slice(0, 3), True), (slice(3, 5), False), (slice(5, 40), True)):
        for engine in (clock, fast):
            engine.run(data.xtr[part], data.ytr[part], train=train)
        contents = fast.contents()
        for name, values in clock.contents().items():
            np.testing.assert_array_equal(contents[name], values, err_msg=name)
        assert (clock.blocks, clock.inputs_seen) == (fast.blocks, fast.inputs_seen)


def test_no_input_is_no_block():
    design = small_net("powers of two")
    engines = [make_engine(name, design) for name in ENGINES]
    nothing = random_data(design, 0)
    assert [len(engine.run(nothing.xtr, nothing.ytr)) for engine in engines] == [0, 0]
    assert [engine.blocks for engine in engines] == [0, 0]


def test_progress_reaches_the_end():
    design = small_net("powers of two")
    data, told = random_data(design, 50), []
    make_engine("fast", design).run(data.xtr, data.ytr, progress=told.append)
    assert told[-1] == 50 and told == sorted(told)


@settings(deadline=None, max_examples=20)
@given(drawn_nets(), st.integers(1, 70))
def test_inference_equals_the_plain_one(design, inputs):
    state, data = scaled_state(design, 1.0), random_data(design, inputs)
    schedule = make_schedule(design)
    plain: dict = {}
    compiled: dict = {}
    wanted = infer("clock", design, schedule, state, data.xtr, plain)
    np.testing.assert_array_equal(
        infer("fast", design, schedule, state, data.xtr, compiled), wanted
    )
    assert plain == compiled


def test_a_wrong_table_is_found_by_input_junction_phase_and_lane():
    design = small_net("four junctions", pattern={"type": 1})
    schedule = make_schedule(design)

    def broken() -> FastPipeline:
        engine = FastPipeline(design, schedule)
        # Bias 2 of junction 3 begins with one LSB too much.
        at = engine.map.junctions[2]["bias"] + 2
        engine.map.memory.bias[at] += 1
        return engine

    data = random_data(design, 20)
    found = compare(schedule, partial(make_engine, "clock", design), broken, data.xtr, data.ytr)
    assert (found.input, found.junction) == (0, 3)
    assert (found.phase, found.memory) in {
        ("ff", "layer 3 activation"),
        ("ff", "layer 3 derivative"),
        ("up", "junction 3 bias"),
    }
    shape = schedule.junctions[2].shape
    assert found.clock * shape.z + found.lane == 2 * shape.d_in + shape.d_in - 1
    assert f"lane {found.lane}" in str(found) and found.got != found.expected


def test_the_first_input_that_differs_is_found():
    design = small_net("powers of two")
    schedule, data = make_schedule(design), random_data(design, 30)

    class Late(FastPipeline):
        def run(self, pixels, labels, **options):
            labels = labels.copy()
            labels[13:] = (labels[13:] + 1) % 8
            return super().run(pixels, labels, **options)

    found = compare(
        schedule, partial(make_engine, "clock", design), partial(Late, design), data.xtr, data.ytr
    )
    assert (found.input, found.junction, found.phase) == (13, 2, "ff")
    assert found.memory == "output delta"


def assert_equal_on_mnist(folder: Path, name: str, inputs: int | None) -> None:
    design = load_design(DESIGNS / name)
    schedule, data = make_schedule(design), load_data(str(folder / "mnist.npz"), design)
    engines = [partial(make_engine, engine, design, schedule) for engine in ("clock", "fast")]
    found = compare(schedule, *engines, data.xtr[:inputs], data.ytr[:inputs])
    assert found is None, str(found)


@pytest.mark.parametrize("name", ["prototype-2018.toml", "prototype-2018-published.toml"])
def test_mnist(shared_data, name):
    assert_equal_on_mnist(shared_data, name, 300)


@pytest.mark.slow
def test_a_whole_epoch_of_mnist(shared_data):
    assert_equal_on_mnist(shared_data, "prototype-2018.toml", None)


PROCESSORS = {
    "SSE2": ("x86-64", "+sse2", 0, [8]),
    "AVX2": ("haswell", "+sse2,+ssse3,+sse4.1,+popcnt,+avx,+avx2", 256, [8, 17]),
}
"""As LLVM calls it, its features, the widest multiplication of fractions, fraction bits to try."""

OTHER_PROCESSOR = """
import sys
sys.path.insert(0, {folder!r})
from small_nets import DIRECT, scaled_state, small_net
from small_designs import make
from engine_tools import assert_equal_engines
from test_layouts import LAYOUTS
from hwsim.design_file import make_design
from hwsim.fast.llvm import native_bits
from hwsim.schedule import make_schedule
assert native_bits() == {native_bits}
for frac_bits in {frac_bits}:
    designs = [small_net("four junctions")]
    designs += [make(*sizes, pattern=pattern) for sizes, pattern, _ in LAYOUTS.values()]
    for design in designs:
        number = {{"profile": "prototype", "int_bits": 2, "frac_bits": frac_bits}}
        design = make_design({{**design.sections(), "number": number}})
        assert_equal_engines(make_schedule(design), scaled_state(design, 1.5), 60)
"""


@pytest.mark.parametrize("processor", ["SSE2", pytest.param("AVX2", marks=pytest.mark.slow)])
def test_the_same_bits_on_an_older_processor(tmp_path, processor):
    name, features, bits, frac_bits = PROCESSORS[processor]
    code = OTHER_PROCESSOR.format(
        folder=os.path.dirname(__file__), native_bits=bits, frac_bits=frac_bits
    )
    numba = {"CPU_NAME": name, "CPU_FEATURES": features, "CACHE_DIR": str(tmp_path)}
    environment = os.environ | {f"NUMBA_{key}": value for key, value in numba.items()}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


WRONG_INPUTS = {
    "fewer labels": ((5, 64), 3),
    "more labels": ((3, 64), 5),
    "wide pixels": ((3, 65), 3),
    "narrow pixels": ((3, 63), 3),
    "one input": ((64,), 1),
}


@pytest.mark.parametrize("name", WRONG_INPUTS)
def test_inputs_that_do_not_fit_change_nothing(name):
    shape, n_labels = WRONG_INPUTS[name]
    engine = make_engine("fast", small_net("powers of two"))
    before = engine.contents()
    with pytest.raises(ValueError, match="must have shape"):
        engine.run(np.zeros(shape, np.uint8), np.zeros(n_labels, np.int64))
    assert (engine.blocks, engine.inputs_seen) == (0, 0)
    for memory, values in engine.contents().items():
        np.testing.assert_array_equal(values, before[memory])


@pytest.mark.parametrize("label", [-1, 8])
def test_labels_must_be_output_neurons(label):
    engine = make_engine("fast", small_net("powers of two"))
    with pytest.raises(ValueError, match="labels must be 0 to 7"):
        engine.run(np.zeros((1, 64), np.uint8), np.array([label]))


def test_inputs_of_any_layout_and_integer_type():
    design = small_net("powers of two")
    data = random_data(design, 9)
    wanted = make_engine("fast", design).run(data.xtr, data.ytr)
    frozen = data.xtr.copy()
    frozen.flags.writeable = False
    for pixels in (np.asfortranarray(data.xtr), data.xtr.astype(np.int64), frozen):
        got = make_engine("fast", design).run(pixels, data.ytr.astype(np.int32))
        np.testing.assert_array_equal(got, wanted)


def test_a_state_that_does_not_fit_is_refused_whole():
    engine = make_engine("fast", small_net("powers of two"))
    state = engine.state()
    state.weights[1][3] = 1 << 20
    with pytest.raises(ValueError, match="junction 2: a value leaves the number range"):
        engine.load(state)
    state.weights[1] = state.weights[1][:-1]
    with pytest.raises(ValueError, match="junction 2: must have"):
        engine.load(state)


def test_a_wrong_prediction_alone_is_a_divergence():
    design = small_net("powers of two")
    schedule, data = make_schedule(design), random_data(design, 6)

    class Lying(FastPipeline):
        def run(self, pixels, labels, **options):
            made = super().run(pixels, labels, **options)
            made[4:] = (made[4:] + 1) % 8
            return made

    found = compare(
        schedule, partial(make_engine, "clock", design), partial(Lying, design), data.xtr, data.ytr
    )
    assert (found.input, found.phase, found.memory) == (4, "ff", "prediction")
    assert found.got == (found.expected + 1) % 8
