"""The check: what it must find, what it must not, and what it says."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_designs import SHAPES, edges_in_time, make, random_pattern, schedule_of
from small_nets import registers

from hwsim.checks import check as check_module
from hwsim.checks.bare_pattern import check_pattern
from hwsim.checks.check import check
from hwsim.checks.problems import KINDS, SHOWN
from hwsim.cli.app import run
from hwsim.design_file import load_design, make_design
from hwsim.interleaver import draw_all
from hwsim.schedule import make_schedule

DESIGNS = Path(__file__).parents[1] / "designs"
PUBLISHED = DESIGNS / "prototype-2018-published.toml"


def checked(design, *lefts, **options):
    schedule = schedule_of(design, *lefts) if lefts else make_schedule(design)
    return check(design, schedule, **options)


def prototype(z=(128, 32), **hardware):
    pattern = {"type": 3, "phi": 0}
    return make([1024, 64, 32], [4, 16], list(z), pattern, **hardware)


def places(report, kind):
    return [
        (p.junction, p.clock, p.lanes, p.bank, p.word) for p in report.problems if p.kind == kind
    ]


# What is wrong, by brute force: lists of (clock, lanes, bank, word) in the order of the report.


def true_clashes(junction):
    found, z = [], junction.shape.z
    for clock, lefts in enumerate(junction.interleaver.left.tolist()):
        for bank in range(z):
            lanes = tuple(lane for lane, left in enumerate(lefts) if left % z == bank)
            words = {lefts[lane] // z for lane in lanes}
            if len(lanes) > 1:
                found.append((clock, lanes, bank, words.pop() if len(words) == 1 else None))
    return found


def true_hazards(junction):
    found, last_read, z = [], {}, junction.shape.z
    for issued, clock, lane, left in edges_in_time(junction):
        if junction.shape.index > 1 and issued - last_read.get(left, -999) < junction.safe_distance:
            found.append((clock, (lane,), left % z, left // z))
        last_read[left] = issued
    return found


def true_doubled_edges(junction):
    found, last_edge, z = [], {}, junction.shape.z
    for edge, left in enumerate(junction.interleaver.left.ravel().tolist()):
        pair = left, edge // junction.shape.d_in
        if pair in last_edge:
            found.append((edge // z, (last_edge[pair] % z, edge % z), left % z, left // z))
        last_edge[pair] = edge
    return found


def true_wrong_degrees(junction):
    degrees, z = Counter(junction.interleaver.left.ravel().tolist()), junction.shape.z
    wrong = [n for n in range(junction.shape.n_left) if degrees[n] != junction.shape.d_out]
    return [(None, None, left % z, left // z) for left in wrong]


def assert_finds_all(design, schedule):
    report = check(design, schedule, with_goodness=False)
    total = Counter()
    for junction in schedule.junctions:
        index = junction.shape.index
        truth = {
            "clash": true_clashes(junction),
            "hazard": true_hazards(junction),
            "doubled_edge": true_doubled_edges(junction),
            "degree": true_wrong_degrees(junction),
        }
        for kind, problems in truth.items():
            shown = [place[1:] for place in places(report, kind) if place[0] == index]
            assert shown == problems[:SHOWN]
            assert report.junctions[index - 1].counts[kind] == len(problems)
            total[kind] += len(problems)
    assert report.counts == {kind: total[kind] for kind in KINDS}
    assert report.ok == (not any(total.values()))


@settings(max_examples=80)
@given(
    st.sampled_from(sorted(SHAPES)),
    st.booleans(),
    registers(),
    st.integers(0, 2**32),
    st.sampled_from([1, 3]),
    st.floats(0, 1),
)
def test_finds_all_that_is_wrong(name, forwarding, stages, seed, kind, disorder):
    hardware = {"forwarding": forwarding, "registers": stages}
    design = make(*SHAPES[name], {"type": kind, "seed": seed}, **hardware)
    rng, lefts = np.random.default_rng(seed), []
    for interleaver in draw_all(design):
        noise = random_pattern(interleaver.shape, rng)
        lefts.append(np.where(rng.random(noise.shape) < disorder**3, noise, interleaver.left))
    assert_finds_all(design, schedule_of(design, *lefts))


# The prototype.


def test_published_prototype_fails_for_hazards_in_junction_2_only():
    report = checked(prototype(registers=2, forwarding=False))
    assert not report.ok
    assert report.counts == {"clash": 0, "hazard": 15 * 64, "doubled_edge": 0, "degree": 0}
    assert [(p.kind, p.junction) for p in report.problems] == [("hazard", 2)] * SHOWN
    assert places(report, "hazard")[33] == (2, 3, (1,), 1, 1)
    assert report.problems[33].detail == (
        "the partial delta of left neuron 33 is read 2 clocks after its read in clock 1, "
        "and is safe after 4; fix: forwarding = true, registers <= 0, or a depth of 4 or more "
        "instead of 2 (a smaller z)"
    )


@pytest.mark.parametrize(
    "hardware, is_ok",
    [
        ({"registers": 0, "forwarding": False}, True),
        ({"registers": 1, "forwarding": False}, False),
        ({"registers": 2, "forwarding": True}, True),
        ({"registers": 9, "forwarding": True}, True),
        ({"registers": 2, "forwarding": False, "z": (64, 16)}, True),  # depth 4 = 2 + registers
        ({"registers": 3, "forwarding": False, "z": (64, 16)}, False),
        ({"registers": 0, "forwarding": False, "z": (256, 64)}, False),  # depth 1
    ],
    ids=str,
)
def test_prototype_needs_a_depth_of_2_and_its_registers(hardware, is_ok):
    assert checked(prototype(**hardware), with_goodness=False).ok == is_ok


def test_one_clock_apart_cannot_be_mended_by_fewer_registers():
    report = checked(prototype(z=(256, 64), forwarding=False), with_goodness=False)
    assert report.problems[0].detail.endswith(
        "fix: forwarding = true, or a depth of 2 or more instead of 1 (a smaller z)"
    )


def test_hazards_of_a_deep_pattern_ask_for_another_pattern():
    design = make([30, 25, 5], [5, 3], [6, 5], {"type": 1}, forwarding=False, registers=3)
    report = checked(design, with_goodness=False)
    assert report.counts["hazard"] and report.problems[0].detail.endswith(
        ", or a pattern of type 2 or 3 in place of this one"
    )


def test_stalls_of_another_junction_can_take_a_hazard_away():
    design = make([4, 4, 4], [4, 4], [4, 4], {"type": 3}, forwarding=False)
    in_order = np.tile(np.arange(4), (4, 1))
    one_bank = np.tile([0, 0, 0, 0], (4, 1))
    assert checked(design, in_order, in_order).counts["hazard"] == 3 * 4
    assert checked(design, one_bank, in_order).counts["hazard"] == 0


@pytest.mark.parametrize("path", sorted(DESIGNS.glob("*.toml")), ids=lambda path: path.stem)
def test_example_designs(path):
    report = checked(load_design(path))
    assert report.ok == (path != PUBLISHED)
    assert report.warnings == ()


# Figures.


def test_memory_of_the_prototype_at_12_bits():
    raw = prototype().sections()
    raw["number"] = {"int_bits": 3, "frac_bits": 8, "profile": "prototype"}
    first, second = checked(make_design(raw), with_goodness=False).junctions
    assert first.memory_bits["total"] + second.memory_bits["total"] == 110_464
    assert second.memory_bits == {
        "weight": 1024 * 12,
        "bias": 32 * 12,
        "activation": 3 * 64 * 12,
        "derivative": 3 * 64 * 12,
        "delta": 2 * 64 * 12,
        "output_delta": 2 * 32 * 12,
        "shift": 0,
        "total": 19_584,
    }


def test_default_profile_keeps_partial_deltas_at_full_width():
    second = checked(prototype(), with_goodness=False).junctions[1]
    assert second.memory_bits["delta"] == 2 * 64 * (2 * 12 - 8 + 4)


def test_figures_of_the_published_example():
    """ARCHITECTURE section 1: layers (8, 4, 4), d_out (1, 2)."""
    first, second = checked(make([8, 4, 4], [1, 2], [4, 4], {"type": 3}, registers=1)).junctions
    shown = (first.d_in, first.density, first.n_edges, first.depth, first.junction_cycle)
    assert shown == (2, 0.25, 8, 2, 2)
    shown = (second.d_in, second.density, second.n_edges, second.depth, second.junction_cycle)
    assert shown == (2, 0.5, 8, 1, 2)
    assert first.block_cycle == second.block_cycle == 2 + 2 + 1
    assert first.copies == {"activation": 5, "derivative": 0, "delta": 0, "output_delta": 0}
    assert second.copies == {"activation": 3, "derivative": 3, "delta": 2, "output_delta": 2}
    assert first.access_patterns == {"log2": pytest.approx(4, rel=1e-12), "exact": "16"}
    assert first.address_bits == 4


def test_large_numbers_of_patterns_are_given_as_logarithms():
    counts = checked(prototype()).junctions[0].access_patterns
    assert counts == {"log2": pytest.approx(384, rel=1e-12), "exact": None}


def test_without_goodness():
    report = checked(prototype(), with_goodness=False)
    assert report.scatter is None
    assert {(j.scatter, j.spread, j.dispersion) for j in report.junctions} == {(None, None, None)}


def test_goodness_of_a_large_design_must_be_asked_for(monkeypatch):
    monkeypatch.setattr("hwsim.checks.goodness.MAX_UNASKED_EDGES", 23)
    design = make([12, 6], [2], [4], {"type": 1})
    left_out = checked(design)
    assert left_out == replace(
        checked(design, with_goodness=False),
        warnings=(
            "scatter, spread and dispersion were left out, since they take long for 24 edges: "
            "--scatter computes them",
        ),
    )
    asked_for = checked(design, with_goodness=True)
    assert asked_for.warnings == () and asked_for.scatter["score"] is not None
    monkeypatch.setattr("hwsim.checks.goodness.MAX_UNASKED_EDGES", 24)
    assert checked(design) == asked_for


def test_scatter_of_the_net_is_the_smallest():
    report = checked(prototype())
    assert report.scatter == {"values": [1.0, 0.0625, 1.0, 0.5, 1.0, 1.0], "score": 0.0625}
    assert report.junctions[0].scatter == {"forward": 1.0, "backward": 0.0625}


# Warnings.


def warnings_of(design, *lefts):
    return list(checked(design, *lefts, with_goodness=False).warnings)


def test_warns_of_unequal_junction_cycles():
    assert warnings_of(make([12, 8, 6], [2, 3], [4, 8], {"type": 1})) == [
        "junction cycles are unequal (6, 3 clocks): all take 6, idle is junction 2 for 50 % of them"
    ]


def test_warns_of_stalls():
    design = make([4, 4], [2], [4])
    left = np.array([[0, 1, 2, 3], [0, 0, 1, 1]])
    assert "clashes stall every junction; clocks lost per input: 1" in warnings_of(design, left)


def test_warns_of_split_banks():
    design = make([8, 8, 4], [1, 1], [8, 2])
    assert any(
        w.startswith("junction 2 has z = 2 lanes, fewer than the 8 ") for w in warnings_of(design)
    )


def test_warns_of_neurons_without_connection():
    design = make([4, 4, 4], [2, 2], [2, 2])
    all_of_them = [[0, 1], [2, 3], [0, 1], [2, 3]]
    not_3 = [[0, 1], [2, 0], [0, 1], [2, 2]]
    assert warnings_of(design, all_of_them, not_3) == [
        "clashes stall every junction; clocks lost per input: 2",
        "layer 1 has neurons that feed nobody: 1 (3)",
    ]
    # Left neuron 3 feeds only right neuron 3, which feeds nobody.
    ends_at_3 = [[0, 1], [2, 1], [0, 2], [3, 3]]
    assert "layer 0 has neurons from which no output is reached: 1 (3)" in warnings_of(
        design, ends_at_3, not_3
    )


def test_a_neuron_without_any_edge_is_no_part():
    design = make([4, 2], [1], [2])
    assert warnings_of(design, [[0, 1], [2, 1]]) == ["layer 0 has neurons that feed nobody: 1 (3)"]


def test_warns_of_a_net_in_parts():
    design = make([4, 4], [2], [2])
    apart = [[0, 1], [0, 1], [2, 3], [2, 3]]
    assert warnings_of(design, apart) == [
        "the net falls into 2 parts that share no edge (the largest has 4 neurons, the smallest 4)"
    ]


def test_warns_of_what_was_not_computed(monkeypatch):
    monkeypatch.setattr(check_module, "MAX_EDGES", 10)
    monkeypatch.setattr("hwsim.checks.goodness.MAX_DISPERSION_EDGES", 10)
    monkeypatch.setattr("hwsim.checks.goodness.MAX_PATH_STEPS", 10)
    report = checked(make([12, 6], [2], [4], {"type": 1}))
    assert report.warnings == (
        "neurons without connection were not looked for: 24 edges are too many",
        "junction 1: dispersion was not computed, 24 edges are too many",
        "scatter of the whole net was not computed: it has too many edges",
    )
    assert report.scatter["score"] is None


# Bare patterns.


def saved(tmp_path, **arrays):
    path = tmp_path / "pattern.npz"
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("name", SHAPES)
def test_bare_pattern_is_checked_as_its_design(name, tmp_path):
    layers, degrees, z = SHAPES[name]
    design = make(layers, degrees, z, {"type": 1}, forwarding=False, registers=1)
    lefts = {f"left_{i.shape.index}": i.left for i in draw_all(design)}
    path = saved(tmp_path, **lefts)
    bare = check_pattern(path, layers=layers, z=z, registers=1, forwarding=False)
    whole = checked(design)
    assert (bare.problems, bare.counts, bare.scatter) == (
        whole.problems,
        whole.counts,
        whole.scatter,
    )
    assert bare.warnings == whole.warnings
    assert {junction.access_patterns for junction in bare.junctions} == {None}


def test_bare_pattern_with_everything_wrong(tmp_path):
    # 4 -> 2, out-degree 1, in-degree 2: clock 0 clashes, neuron 0 is doubled, neuron 2 unused.
    path = saved(tmp_path, left_1=[[0, 0], [1, 3]])
    report = check_pattern(path, layers=[4, 2], z=[2])
    assert report.counts == {"clash": 2, "hazard": 0, "doubled_edge": 1, "degree": 2}
    assert [(p.kind, p.place, p.detail) for p in report.problems] == [
        (
            "clash",
            "junction 1, clock 0, lanes 0, 1, bank 0, word 0",
            "2 lanes want bank 0 in one clock, words 0, 0; stalls: 1",
        ),
        (
            "clash",
            "junction 1, clock 1, lanes 0, 1, bank 1",
            "2 lanes want bank 1 in one clock, words 0, 1; stalls: 1",
        ),
        (
            "doubled_edge",
            "junction 1, clock 0, lanes 0, 1, bank 0, word 0",
            "left neuron 0 feeds right neuron 0 more than once: edges 0 (clock 0) and 1",
        ),
        ("degree", "junction 1, bank 0, word 0", "left neuron 0 has 2 edges, not 1"),
        ("degree", "junction 1, bank 0, word 1", "left neuron 2 has 0 edges, not 1"),
    ]


def test_bare_pattern_says_that_hazards_were_not_looked_for(tmp_path):
    path = saved(tmp_path, left_1=[[0, 1], [2, 3]])
    assert check_pattern(path, layers=[4, 2], z=[2]).warnings[-1].startswith("hazards were not ")


def test_doubled_edges_of_a_drawn_pattern_name_the_cause():
    # d_in 4 does not divide 6: the right neuron across the sweep boundary is 4, 5, 0, 1 or worse.
    for seed in range(20):
        report = checked(make([6, 3], [2], [2], {"type": 1, "seed": seed}))
        if report.counts["doubled_edge"]:
            assert report.problems[0].detail.endswith(
                "an in-degree that divides 6, not 4, excludes it; fix: out-degree 1 or 3, or "
                "another seed or type"
            )
            return
    raise AssertionError("no seed doubles an edge")


# The command.

REPORT_KEYS = {"assumed", "ok", "problems", "counts", "warnings", "junctions", "scatter"}
PROBLEM_KEYS = {"kind", "junction", "clock", "lanes", "bank", "word", "detail"}
JUNCTION_KEYS = {
    *("n_left", "n_right", "d_out", "d_in", "z", "n_edges", "density", "depth", "junction_cycle"),
    *("block_cycle", "copies", "junction", "memory_bits", "address_bits", "access_patterns"),
    *("scatter", "spread", "dispersion", "counts", "staleness", "carry"),
}


def test_json(capsys):
    assert run(["check", str(PUBLISHED), "--json"]) == 1
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert printed.err == ""
    assert set(report) == REPORT_KEYS
    assert not report["ok"] and report["counts"]["hazard"] == 960
    assert all(set(problem) == PROBLEM_KEYS for problem in report["problems"])
    assert all(set(junction) == JUNCTION_KEYS for junction in report["junctions"])
    assert len(report["problems"]) == 100 and report["problems"][0]["lanes"] == [0]


def test_output_for_people(capsys):
    assert run(["check", str(PUBLISHED)]) == 1
    printed = capsys.readouterr()
    assert printed.out.endswith(
        f"\n  and 955 more of this kind in junction 2\n{PUBLISHED}: FAILED: 960 x hazard\n"
    )
    assert run(["check", str(DESIGNS / "prototype-2018.toml")]) == 0
    assert capsys.readouterr().out.endswith(": ok\n")


def test_scatter_can_be_asked_for(capsys, monkeypatch):
    monkeypatch.setattr("hwsim.checks.goodness.MAX_UNASKED_EDGES", 10)
    path = str(DESIGNS / "digits.toml")
    reports = {}
    for option in ("--scatter", "--no-scatter", None):
        assert run(["check", path, "--json", *([option] if option else [])]) == 0
        reports[option] = json.loads(capsys.readouterr().out)
    assert reports["--scatter"]["scatter"]["score"] > 0
    assert reports["--scatter"]["warnings"] == reports["--no-scatter"]["warnings"] == []
    assert reports[None]["scatter"] is None
    assert "--scatter computes them" in reports[None]["warnings"][-1]


def test_many_junctions_share_several_tables(capsys, tmp_path):
    path = tmp_path / "deep.toml"
    path.write_text(
        "format = 1\n[network]\nlayers = [4, 4, 4, 4, 4, 4, 4]\nout_degrees = [1, 1, 1, 1, 1, 1]\n"
        "[hardware]\nz = [4, 4, 4, 4, 4, 4]\n"
    )
    assert run(["check", str(path), "--no-scatter"]) == 0
    printed = capsys.readouterr()
    assert printed.out.count("left neurons") == 2
    assert "scatter" not in printed.out
    assert printed.err == (
        "warning: the net falls into 4 parts that share no edge "
        "(the largest has 7 neurons, the smallest 7)\n"
    )


def test_junit(tmp_path):
    path = tmp_path / "report.xml"
    assert run(["check", str(PUBLISHED), "--junit", str(path)]) == 1
    root = ElementTree.parse(path).getroot()
    assert (root.get("tests"), root.get("failures")) == ("8", "1")
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert cases == [(f"junction {junction}", kind) for junction in (1, 2) for kind in KINDS]
    failed = [case for case in root.iter("testcase") if len(case)]
    assert [(case.get("classname"), case.get("name")) for case in failed] == [
        ("junction 2", "hazard")
    ]
    assert failed[0][0].get("message") == "960 problems of kind hazard in junction 2"
    assert len(failed[0][0].text.splitlines()) == 100
    assert failed[0][0].text.startswith("junction 2, clock 2, lane 0, bank 0, word 0: the partial ")


def test_junit_puts_each_problem_into_its_case(tmp_path):
    pattern, path = saved(tmp_path, left_1=[[0, 0], [1, 3]]), tmp_path / "report.xml"
    options = ["-z", "2", "--layers", "4,2", "--junit", str(path)]
    assert run(["check", str(pattern), *options]) == 1
    cases = ElementTree.parse(path).getroot().iter("testcase")
    inside = {case.get("name"): case[0] for case in cases if len(case)}
    assert inside.pop("hazard").tag == "skipped"  # forwarding was assumed, not checked
    lines = {name: len(failure.text.splitlines()) for name, failure in inside.items()}
    assert lines == {"clash": 2, "doubled_edge": 1, "degree": 2}


def test_junit_of_bad_input_is_an_error_and_no_old_success(tmp_path, capsys):
    path, design = tmp_path / "report.xml", tmp_path / "design.toml"
    path.write_text("<testsuites/>")
    design.write_text("format = 1")
    assert run(["check", str(design), "--junit", str(path)]) == 2
    root = ElementTree.parse(path).getroot()
    assert root.get("errors") == "1" and root.find(".//error") is not None


def test_pattern_file_makes_the_same_design(tmp_path, capsys):
    source, target = DESIGNS / "no-power-of-two.toml", tmp_path / "pattern.npz"
    assert run(["pattern", str(source), "-o", str(target), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(target),
        "arrays": {"left_1": [21, 25], "left_2": [21, 5]},
    }
    raw = load_design(source).sections() | {"pattern": {"file": "pattern.npz"}}
    again = draw_all(make_design(raw, directory=tmp_path))
    for old, new in zip(draw_all(load_design(source)), again, strict=True):
        assert (old.left == new.left).all()
    before = target.read_bytes()
    assert run(["pattern", str(source), "-o", str(target)]) == 0
    assert target.read_bytes() == before
    options = ["-z", "25,5", "--layers", "75,35,15"]
    assert run(["check", str(target), *options]) == 0
