"""``hwsim.fast.arrange``, layouts and windows: where the fast engine puts what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_tools import assert_equal_engines, assert_equal_tallies
from hypothesis import given, settings
from hypothesis import strategies as st
from small_designs import make, random_pattern, schedule_of
from small_nets import DIRECT, PUBLISHED, drawn_nets, scaled_state, small_net

from hwsim.design import Design
from hwsim.design_file import load_design, make_design
from hwsim.engines import make_engine
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
from hwsim.fast.orders import Orders
from hwsim.schedule import Schedule, make_schedule

DESIGNS = Path(__file__).parents[1] / "designs"

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
