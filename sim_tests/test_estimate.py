"""Estimates of resources, held to what yosys finds for designs that no cost was fitted to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

from fpga.boards import BOARDS
from fpga.estimate.estimate import estimate
from fpga.estimate.families import FAMILIES
from fpga.estimate.mapping import Use
from fpga.estimate.samples import SAMPLES, sample, schedule_of
from fpga.resources import NAMES
from hwsim.cli.app import run
from hwsim.design_file import load_design
from hwsim.schedule import make_schedule

DESIGNS = Path(__file__).parent.parent / "designs"

WITHIN = 0.15
FEW = 10
"""Up to here a count may be one off."""

ALL_STAGES = {"network": 1, "multiplier": 3, "tree": 2, "activation": 2}
NARROW = {"int_bits": 2, "frac_bits": 5}

SMALL = {
    "one lane": {"layers": [6, 4], "out_degrees": [2], "z": [1], "number": NARROW},
    "depth 5, d_in 3 not dividing z 2, type 1": {
        "layers": [10, 10], "out_degrees": [3], "z": [2], "pattern": {"type": 1},
        "hardware": {"registers": 1}, "number": NARROW,
    },
    "zero-bubble, relu, every stage, type 2": {
        "layers": [8, 8, 4], "out_degrees": [4, 4], "z": [2, 2],
        "network": {"activations": ["relu", "sigmoid"]}, "number": NARROW,
        "hardware": {"scheme": "zero-bubble", "registers": ALL_STAGES},
    },
    "prototype profile, type 3, dither": {
        "layers": [8, 8, 4], "out_degrees": [2, 2], "z": [4, 4], "number": {
            **NARROW, "profile": "prototype"}, "pattern": {"type": 3, "dither": True},
        "hardware": {"registers": 2},
    },
    "four junctions": {
        "layers": [4, 4, 4, 4, 2], "out_degrees": [2, 2, 2, 1], "z": [1, 1, 1, 1], "number": NARROW,
    },
    "delays in memories": {
        "layers": [16, 16, 4], "out_degrees": [8, 2], "z": [1, 1],
        "hardware": {"scheme": "zero-bubble", "registers": 1}, "number": NARROW,
    },
    "quadratic, zero-bubble": {
        "layers": [12, 6], "out_degrees": [3], "z": [3], "network": {"cost": "quadratic"},
        "hardware": {"scheme": "zero-bubble", "registers": 1},
    },
}  # fmt: skip

FAMILIES_OF_SMALL = dict.fromkeys(SMALL, ("ecp5",)) | {
    "one lane": ("ecp5", "xc7", "ice40"),
    "quadratic, zero-bubble": ("ecp5", "xc7"),
}

LARGE = {
    "digits": DESIGNS / "digits.toml",
    "digits, zero-bubble, every stage": {
        "layers": [64, 80, 10], "out_degrees": [5, 5], "z": [16, 20],
        "hardware": {"scheme": "zero-bubble", "registers": ALL_STAGES},
    },
    "prototype of 2018, half its lanes": {
        "layers": [1024, 64, 32], "out_degrees": [4, 16], "z": [64, 16],
        "hardware": {"forwarding": False}, "pattern": {"type": 3, "phi": 0},
        "number": {"int_bits": 2, "frac_bits": 7, "profile": "prototype"},
    },
}  # fmt: skip


def make(given):
    """The schedule of a file, or of a design from some keys."""
    return make_schedule(load_design(given)) if isinstance(given, Path) else schedule_of(**given)


def both(given, family, multipliers=None):
    """The estimate of a design, and what yosys finds."""
    reference = pytest.importorskip("fpga.estimate.reference")
    schedule = make(given)
    found = reference.synthesise(schedule, family, multipliers)
    return estimate(schedule, family, multipliers).total, found


@pytest.fixture(scope="module")
def pairs():
    """Of all small designs, as many at a time as there are cores."""
    cases = [(name, family) for name in SMALL for family in FAMILIES_OF_SMALL[name]]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda case: both(SMALL[case[0]], case[1]), cases)
        return dict(zip(cases, found, strict=True))


def differences(mine: Use, found: Use) -> list[str]:
    """Resources of which the estimate is too far off."""
    return [
        f"{NAMES[name]}: estimated {here}, found {there}"
        for (name, here), there in zip(asdict(mine).items(), asdict(found).values(), strict=True)
        if abs(here - there) > (WITHIN * there if there > FEW else 1)
    ]


@pytest.mark.parametrize("name", SMALL)
def test_estimates_are_close_to_what_yosys_finds(name, pairs):
    for family in FAMILIES_OF_SMALL[name]:
        mine, found = pairs[name, family]
        assert found.lut > 100, "yosys found a design"
        assert differences(mine, found) == [], family


def test_estimates_without_dsp_blocks_enough_are_close_too():
    mine, found = both(SMALL["quadratic, zero-bubble"], "ecp5", multipliers=3)
    assert found.multiplier == 3
    assert differences(mine, found) == []


@pytest.mark.slow
@pytest.mark.parametrize("family", ["ecp5", "xc7"])
@pytest.mark.parametrize("name", LARGE)
def test_estimates_of_large_designs_are_close(name, family):
    mine, found = both(LARGE[name], family)
    assert differences(mine, found) == []


def test_a_difference_is_seen():
    use = Use(lut=1000, flip_flop=500, multiplier=8, block_ram=2, lut_ram=40)
    assert differences(use, use) == []
    assert differences(Use(1151, 500, 8, 2, 40), use) == ["LUT: estimated 1151, found 1000"]
    assert differences(Use(1000, 424, 8, 2, 40), use) == ["FF: estimated 424, found 500"]
    assert differences(Use(1000, 500, 9, 3, 40), use) == []
    assert len(differences(Use(1000, 500, 10, 0.5, 60), use)) == 3


@pytest.mark.parametrize("name", [*SMALL, *LARGE])
def test_memory_bits_are_those_of_the_schedule(name):
    schedule = make((SMALL | LARGE)[name])
    bits = sum(part.memory_bits(schedule.design)["total"] for part in schedule.junctions)
    assert estimate(schedule, "ecp5").memory_bits == bits


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_can_be_estimated_with_and_without_training(name, family):
    design = sample(name).design
    whole = estimate(make_schedule(design), family).total
    inference = estimate(make_schedule(design, inference=True), family).total
    assert 0 < inference.lut < whole.lut
    assert 0 < inference.flip_flop < whole.flip_flop
    assert inference.multiplier <= whole.multiplier


@pytest.mark.parametrize("blocks", [0, 10, 95, 96, 97])
def test_no_more_dsp_blocks_are_estimated_than_there_are(blocks):
    schedule = make(DESIGNS / "digits.toml")
    limited = estimate(schedule, "ecp5", blocks).total
    free = estimate(schedule, "ecp5").total
    assert limited.multiplier == min(blocks, free.multiplier)
    assert (limited.lut > free.lut) == (blocks < free.multiplier)


def test_an_estimate_takes_milliseconds():
    schedule = make(DESIGNS / "digits.toml")
    begun = time.perf_counter()
    estimate(schedule, "ecp5")
    assert time.perf_counter() - begun < 1


def test_json_holds_totals_and_blocks(capsys):
    assert run(["estimate", str(DESIGNS / "digits.toml"), "--family", "xc7", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["family"] == "xc7"
    assert result["memory_bits"] == 21320
    assert result["multiplier"] == 96
    assert {*NAMES, "family", "board", "memory_bits", "blocks"} == set(result)
    assert abs(sum(block["lut"] for block in result["blocks"].values()) - result["lut"]) < 20
    assert result["blocks"]["junction_1.feedforward"]["multiplier"] == 16


def test_text_has_a_row_per_block_and_a_total(capsys):
    assert run(["estimate", str(DESIGNS / "digits.toml")]) == 0
    text = capsys.readouterr().out
    assert "junction_2.backprop" in text and "total" in text and "21320 bits" in text


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_says_the_family_and_the_dsp_blocks(board, capsys):
    path = str(DESIGNS / "prototype-2018.toml")
    assert run(["estimate", path, "--board", board, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["family"] == {"ecp5": "ecp5", "series-7": "xc7"}[BOARDS[board].device.family]
    assert result["multiplier"] == min(384, BOARDS[board].device.multipliers)


def test_neither_yosys_nor_boards_are_needed():
    code = (
        "import sys; sys.modules |= dict.fromkeys(['pyosys', 'amaranth_boards']);"
        "from hwsim.cli.app import run; sys.exit(run(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "estimate", str(DESIGNS / "digits.toml")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "total" in done.stdout, done.stderr
    done = subprocess.run([*command, "--board", "ulx3s-85f"], capture_output=True, text=True)
    assert done.returncode == 2 and "install the extra fpga" in done.stderr


def test_mistakes_are_reported_as_everywhere(tmp_path, capsys):
    path = str(DESIGNS / "digits.toml")
    assert run(["estimate", path, "--family", "ice40", "--board", "arty-a7-35t"]) == 2
    assert "--family = 'ice40': the FPGA of arty-a7-35t is xc7" in capsys.readouterr().err
    assert run(["estimate", path, "--board", "none"]) == 2
    assert "--board = 'none': is no board" in capsys.readouterr().err
    assert run(["estimate", str(tmp_path / "none.toml"), "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and "none.toml" in captured.err


def test_what_does_not_fit_on_a_board_is_told(capsys):
    path = str(DESIGNS / "prototype-2018.toml")
    assert run(["estimate", path, "--board", "arty-a7-35t", "--json"]) == 0
    said = capsys.readouterr().err
    assert "warning: the design does not fit on XC7A35T: about" in said
    assert said.count("\n") == said.count("warning: ") == 2


@pytest.mark.parametrize("multipliers", range(0, 180, 13))
def test_all_multipliers_there_are_get_used_and_no_more(multipliers):
    """The prototype's board wants 177, of several sizes and in several blocks."""
    schedule = make_schedule(load_design(DESIGNS / "prototype-board.toml"))
    found = estimate(schedule, "ecp5", multipliers).total.multiplier
    assert found == min(multipliers, 177)
