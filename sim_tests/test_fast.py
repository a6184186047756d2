"""``hwsim.fast``: the bits of the clock-by-clock model, in every memory, for every design."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_designs import make, random_pattern, schedule_of
from small_nets import (
    DIRECT,
    NETS,
    drawn_nets,
    random_data,
    registers,
    scaled_state,
    small_net,
)

from hwsim.comparison import compare
from hwsim.data import load_data
from hwsim.design import Design
from hwsim.design_file import load_design, make_design
from hwsim.engines import ENGINES, infer, make_engine
from hwsim.fast import arrange, bundles, layout_by_left, windows
from hwsim.fast.arrange import lay_out
from hwsim.fast.engine import FastPipeline
from hwsim.fast.layout import BUNDLED, FAR, NEAR, WITHIN, in_slots
from hwsim.fast.layout import DIRECT as READ_DIRECT
from hwsim.fast.layout_by_bundle import ByBundle
from hwsim.fast.layout_by_left import ByLeft
from hwsim.fast.layout_by_right import Segments
from hwsim.fast.llvm import LANES
from hwsim.fast.look_ups import table_lanes
from hwsim.fast.memory_map import storage_bits
from hwsim.fast.orders import Orders
from hwsim.fixed_point import FixedPoint, Tally
from hwsim.schedule import Schedule, make_schedule
from hwsim.state import State

DESIGNS = Path(__file__).parents[1] / "designs"

MANY = 200
"""Inputs after which everything must still be the same."""


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


@settings(deadline=None, max_examples=25)
@given(drawn_nets(), st.sampled_from([None, 0.5, 4.0]))
def test_equals_the_clock_engine_after_hundreds_of_inputs(design, spread):
    state = State.initial(design) if spread is None else scaled_state(design, spread)
    assert_equal_engines(make_schedule(design), state, MANY)


PUBLISHED = {"registers": 2, "forwarding": False, "profile": "prototype", "pattern": {"type": 3}}


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


DITHER = {"type": 2, "dither": True}
NEAR_NET = ([96, 12, 12, 4], [4, 4, 4], [8, 4, 4])
LAYOUTS = {
    "banks where they lie": (DIRECT, {}, {"index": 2, "kind": READ_DIRECT}),
    "few left neurons": (([16, 40, 4], [10, 4], [16, 40]), {}, {"index": 1, "kind": BUNDLED}),
    "dither": (DIRECT, {"dither": True}, {"index": 2, "kind": NEAR}),
    "deep banks": (NEAR_NET, {}, {"index": 2, "kind": NEAR, "is_chained": 0}),
    "few right neurons": (([16, 256, 2], [16, 2], [16, 64]), {}, {"index": 2, "bundle_width": 1}),
    "half a vector of left neurons": (
        ([16, 16, 100, 4], [16, 25, 4], [16, 16, 100]),
        {},
        {"index": 2, "product_stride": LANES // 2},
    ),
}
"""A net, its pattern, and how one of its junctions then lies."""


def assert_laid_out(schedule: Schedule, expected: dict[str, int]) -> None:
    record = FastPipeline(schedule.design, schedule).map.junctions[expected["index"] - 1]
    assert {name: record[name] for name in expected} == expected
    assert_equal_engines(schedule, scaled_state(schedule.design, 1.0), 40)


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("profile", ["default", "prototype"])
def test_each_layout_is_taken_where_it_should_be(name, profile):
    sizes, pattern, expected = LAYOUTS[name]
    design = make(*sizes, pattern=pattern)
    design = make_design({**design.sections(), "number": {"profile": profile, "int_bits": 2}})
    assert_laid_out(make_schedule(design), expected)
    assert_equal_tallies(design, scaled_state(design, 3.0), 40)


@pytest.mark.parametrize("bundled", [True, False])
@pytest.mark.parametrize(
    "sizes", [([256, 32, 4], [4, 4], [16, 8]), ([272, 34, 4], [4, 2], [16, 17])]
)
def test_pixels_of_deep_banks(monkeypatch, sizes, bundled):
    monkeypatch.setattr(arrange, "BY_BANK_COST", -1000)
    if not bundled:
        monkeypatch.setattr(ByBundle, "is_possible", False)
    schedule = make_schedule(make(*sizes, pattern={"type": 1}))
    assert_laid_out(schedule, {"index": 1, "is_by_bank": 1, "is_placed": 1})


def test_lost_sums_are_chained():
    schedule = make_schedule(small_net("powers of two", **PUBLISHED))
    assert_laid_out(schedule, {"index": 2, "is_chained": 1})


@pytest.mark.parametrize("kind", [NEAR, FAR])
def test_left_neurons_of_different_degree_are_placed_by_degree(monkeypatch, kind):
    if kind == FAR:
        monkeypatch.setattr(windows, "most_tables", lambda: 0)
    design, rng = make(*NEAR_NET), np.random.default_rng(1)
    patterns = [random_pattern(shape, rng) for shape in design.shapes]
    schedule = schedule_of(design, *patterns)
    assert_laid_out(schedule, {"index": 2, "is_placed": 1, "kind": kind})


@pytest.mark.parametrize("profile", ["default", "prototype"])
@pytest.mark.parametrize(("most", "kind"), [(1 << 16, WITHIN), (1, FAR)])
def test_what_lies_far_apart_is_loaded_one_by_one(monkeypatch, profile, most, kind):
    monkeypatch.setattr(windows, "LOAD_EACH_COST", 0)
    monkeypatch.setattr(bundles, "MOST_WITHIN", most)
    design = make([8, 100, 64, 4], [25, 16, 4], [8, 20, 16])
    design = make_design({**design.sections(), "number": {"profile": profile, "int_bits": 2}})
    expected = {"index": 2, "kind": FAR, "product_kind": kind}
    assert_laid_out(make_schedule(design), expected)
    assert_equal_tallies(design, scaled_state(design, 3.0), 40)


@pytest.mark.parametrize("dither", [True, False])
def test_wide_layers_are_taken_in_panels(monkeypatch, dither):
    monkeypatch.setattr(layout_by_left, "PANEL_WORDS", 16)
    monkeypatch.setattr(layout_by_left, "FEWEST_PANEL_ROWS", 1)
    monkeypatch.setattr(layout_by_left, "FAR_PRODUCTS_COST", 1000)
    design = make(*NEAR_NET, pattern={"dither": dither})
    assert_laid_out(make_schedule(design), {"index": 2, "panels": 4})


@settings(max_examples=50, deadline=None)
@given(drawn_nets(), st.sampled_from([16, 32]))
def test_slots_hold_every_edge_once(design: Design, bits: int):
    parts = make_schedule(design).junctions
    for part, layout in zip(parts, lay_out(parts, bits, 8), strict=True):
        slots, edges = layout.slots, np.arange(1, part.shape.n_edges + 1)
        arranged = in_slots(slots, edges)
        assert sorted(arranged[arranged > 0]) == list(edges)
        np.testing.assert_array_equal(arranged[slots.of_edge], edges)


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
from test_fast import LAYOUTS, assert_equal_engines
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


def test_numbers_and_sums_choose_the_width_of_words():
    def bits(design: Design) -> int:
        return storage_bits(design, make_schedule(design))

    assert bits(small_net("powers of two")) == 16
    assert bits(small_net("powers of two", int_bits=4, frac_bits=11)) == 16
    assert bits(small_net("powers of two", int_bits=4, frac_bits=12)) == 32
    # Sums of deltas, and sums of products, that need more than 32 bits.
    many = make([64, 64], [16], [64])
    assert bits(make_wide(many, int_bits=12, frac_bits=3, profile="default")) == 32
    assert bits(make_wide(many, int_bits=12, frac_bits=3)) == 16
    wide = make([1 << 17, 2], [2], [1 << 17])
    assert bits(wide) == 16
    assert bits(make_wide(wide, int_bits=1, frac_bits=14)) == 32


@pytest.mark.parametrize("forwarding", [True, False])
def test_a_left_neuron_with_most_of_the_edges_overflows_no_sum(forwarding):
    raw = {
        "format": 1,
        "network": {
            "layers": [8, 64, 32, 16, 4],
            "out_degrees": [8, 8, 8, 4],
            "activations": ["relu", "relu", "relu", "sigmoid"],
        },
        "hardware": {
            "z": [8, 64, 32, 16],
            "forwarding": forwarding,
            "registers": 0 if forwarding else 2,
        },
        "number": {"int_bits": 12, "frac_bits": 3, "profile": "default"},
        "pattern": {"type": 3},
        "training": {"eta_shift": 0},
    }
    design = make_design(raw)
    lefts = [np.arange(shape.n_edges) % shape.n_left for shape in design.shapes]
    lefts[1] %= 4
    lefts = [left.reshape(-1, shape.z) for left, shape in zip(lefts, design.shapes, strict=True)]
    state = State.initial(design)
    for weights, biases in zip(state.weights, state.biases, strict=True):
        weights[:], biases[:] = design.fixed_point.maximum, 0
    assert_equal_engines(schedule_of(design, *lefts), state, 12)


def test_patterns_that_begin_regularly_and_do_not_go_on_so(monkeypatch):
    monkeypatch.setattr(layout_by_left, "PANEL_WORDS", 150)
    monkeypatch.setattr(ByBundle, "is_possible", False)
    design = make([96, 24], [3], [96])
    left = np.stack([np.arange(96), np.arange(96), np.repeat(np.arange(48), 2)])
    assert_laid_out(schedule_of(design, left), {"index": 1, "panels": 1, "is_placed": 0})


def test_some_look_ups_take_several_tables():
    schedule = make_schedule(make([8, 600, 600, 4], [75, 2, 4], [8, 60, 4]))
    whole = FastPipeline(schedule.design, schedule).map
    first = whole.junctions[1]["table"]
    assert (whole.tables.table[first:] & windows.FOLLOWED).any()
    assert (whole.tables.product_table & windows.FOLLOWED).any()
    assert_laid_out(schedule, {"index": 2, "kind": NEAR, "product_kind": NEAR})


def test_look_ups_stay_within_their_arrays(monkeypatch):
    """The last neuron is where the longest look-up begins."""
    monkeypatch.setattr(ByBundle, "is_possible", False)
    design = make([16, 256], [16], [16])
    left = np.repeat([0, 1], [248, 8]).reshape(16, 16)
    whole = FastPipeline(design, schedule_of(design, left)).map
    assert whole.junctions["kind"][0] == NEAR
    assert whole.tables.table.max() + table_lanes(whole.bits) <= len(whole.scratch.delta)


def test_activations_are_looked_up_within_their_copy():
    whole = FastPipeline(make([16, 40, 4], [10, 4], [16, 40])).map
    end = whole.tables.table[: whole.junctions["table"][1]].max() + table_lanes(whole.bits)
    assert whole.junctions["kind"][0] == BUNDLED
    assert end <= whole.junctions["left_size"][0]


def test_all_vectors_take_as_many_tables_where_none_is_foreseen(monkeypatch):
    schedule = make_schedule(make([8, 600, 300, 4], [75, 2, 4], [8, 60, 4], pattern=DITHER))
    as_needed = FastPipeline(schedule.design, schedule).map.tables.product_table
    monkeypatch.setattr(windows, "MOST_FORESEEN", 0)
    monkeypatch.setattr(windows, "SURPRISE_COST", 1000)
    even = FastPipeline(schedule.design, schedule).map.tables.product_table
    assert len(even) > len(as_needed)
    assert_laid_out(schedule, {"index": 2, "product_kind": NEAR})


@pytest.mark.parametrize("number", [(8, 3), (10, 3), (10, 5), (6, 8), (7, 8), (5, 9), (3, 8)])
@pytest.mark.parametrize("seed", [1, 2])
def test_deltas_far_beyond_the_limits(number, seed):
    """Profile default: a product is rounded after it is clipped."""
    int_bits, frac_bits = number
    raw = {
        "format": 1,
        "network": {
            "layers": [8, 64, 40, 16, 4],
            "out_degrees": [40, 5, 8, 4],
            "activations": ["relu", "sigmoid", "relu", "sigmoid"],
        },
        "hardware": {"z": [8, 64, 40, 16]},
        "number": {"int_bits": int_bits, "frac_bits": frac_bits, "profile": "default"},
        "pattern": {"type": 1},
    }
    design, rng = make_design(raw), np.random.default_rng(seed)
    state, limits = State.initial(design), design.fixed_point
    for weights, biases in zip(state.weights, state.biases, strict=True):
        weights[:] = rng.integers(limits.minimum, limits.maximum + 1, size=weights.size)
        biases[:] = rng.integers(limits.minimum, limits.maximum + 1, size=biases.size) // 8
    assert_equal_engines(make_schedule(design), state, 20)
    assert_equal_tallies(design, state, 20)


@pytest.mark.parametrize("name", ["digits.toml", "no-power-of-two.toml", "deep-4.toml"])
@pytest.mark.parametrize("frac_bits", [8, 20])
def test_products_are_looked_up_within_their_array(name, frac_bits):
    """The last vector, and one without any edge, reads whole tables too."""
    number = {"frac_bits": frac_bits, "profile": "prototype"}
    design = make_design({**load_design(DESIGNS / name).sections(), "number": number})
    whole = FastPipeline(design).map
    end = whole.tables.product_table.max() + table_lanes(whole.bits)
    assert NEAR in whole.junctions["product_kind"]
    assert end <= len(whole.scratch.products)


def make_wide(design: Design, **number: object) -> Design:
    return make_design({**design.sections(), "number": {"profile": "prototype", **number}})


def test_rows_are_chosen_so_that_vectors_are_full():
    design = make([1024, 64, 32], [4, 16], [128, 32])
    chosen = [Segments.of(shape) for shape in design.shapes]
    assert [(s.rows, s.segments, s.size) for s in chosen] == [(64, 64, 4096), (32, 32, 1024)]


@pytest.mark.parametrize(("layers", "d_out", "width"), [
    ([512, 512], 256, 2),   # a row of products is as long as a table can be, a neuron half of it
    ([64, 1024], 16, 32),   # all products of 32 neurons are near each other
    ([4096, 64], 1, 32),    # too far for tables: as many neurons as fill a vector
    ([256, 2], 1, 2),       # there are no more
])  # fmt: skip
def test_bundles_are_as_wide_as_costs_least(layers, d_out, width):
    design = make(layers, [d_out], [16], pattern={"type": 1})
    (part,) = make_schedule(design).junctions
    own = Orders(np.arange(layers[0]), np.arange(layers[1]))
    assert ByLeft(part, 16, own).products.bundles.width == width


@pytest.mark.parametrize("bound", ["minimum", "maximum"])
@pytest.mark.parametrize("int_bits", [2, 7])
def test_activations_of_the_furthest_sums(int_bits, bound):
    """Of a word, the least number has no opposite."""
    design = make([32, 40, 8], [10, 4], [16, 20])
    design = make_wide(design, int_bits=int_bits, frac_bits=8)
    state = State.initial(design)
    for biases in state.biases:
        biases[:] = getattr(design.fixed_point, bound)
    assert_equal_engines(make_schedule(design), state, 20)


@pytest.mark.parametrize("eta_shift", [1, 14, 15])
def test_learning_rates_that_leave_one_bit_of_a_full_word(eta_shift):
    """Steps are rounded: the most negative delta still moves where nothing else does."""
    design = small_net("four junctions", int_bits=4, frac_bits=11, eta_shift=eta_shift)
    assert_equal_engines(make_schedule(design), scaled_state(design, 4.0), 30)


@pytest.mark.parametrize("int_bits, frac_bits", [(1, 3), (2, 4), (1, 14), (4, 11)])
@pytest.mark.parametrize("spread", ["all", "few at the top"])
def test_numbers_that_hardly_leave_the_range_are_clipped(int_bits, frac_bits, spread):
    """ReLU and weights from limit to limit: products and sums stop beside, at and behind it."""
    design = make([32, 48, 40, 4], [12, 10, 4], [16, 24, 40], pattern={"type": 1, "dither": True})
    sections = design.sections()
    sections["number"] = {"int_bits": int_bits, "frac_bits": frac_bits, "profile": "prototype"}
    sections["network"]["activations"] = ["relu", "relu", "sigmoid"]
    design = make_design(sections)
    number, rng = design.fixed_point, np.random.default_rng(1)
    state = State.initial(design)
    for arrays in (state.weights, state.biases):
        for array in arrays:
            array[:] = rng.integers(number.minimum, number.maximum + 1, size=array.size)
            if spread != "all":
                is_top = rng.random(array.size) < 0.02
                array[:] = np.where(is_top, number.maximum, array // 64)
    assert_equal_engines(make_schedule(design), state, 60)
    assert_equal_tallies(design, state, 60)


def test_formats_at_their_limits_multiply_as_the_model_does():
    """Most negative numbers on both sides: the corner that a rounding multiplication can miss."""
    for keys in ({"int_bits": 1, "frac_bits": 6}, {"int_bits": 3, "frac_bits": 12}):
        for profile in ("default", "prototype"):
            design = small_net("four junctions", profile=profile, **keys)
            number = FixedPoint(**keys)
            state = State.initial(design)
            for arrays in (state.weights, state.biases):
                for array in arrays:
                    array[:] = np.where(np.arange(array.size) % 3, number.minimum, number.maximum)
            assert_equal_engines(make_schedule(design), state, 60)


def test_banks_deeper_than_a_word_can_count():
    n = 32800
    design = make_design(
        {
            "format": 1,
            "network": {"layers": [8, n, 2], "out_degrees": [n // 8, 1]},
            "hardware": {"z": [8, 1]},
            "number": {"profile": "prototype"},
            "pattern": [{"type": 1}, {"type": 2}],
            "training": {"eta_shift": 0},
        }
    )
    schedule = make_schedule(design)
    assert FastPipeline(design, schedule).map.layouts[1].kind == NEAR
    engines = [make_engine(name, design, schedule) for name in ("clock", "fast")]
    pixels, labels = np.full((1, 8), 200, np.uint8), np.array([1])
    for engine in engines:
        engine.run(pixels, labels)
    wanted, got = (engine.contents()["layer 1 delta"] for engine in engines)
    np.testing.assert_array_equal(got, wanted)


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
