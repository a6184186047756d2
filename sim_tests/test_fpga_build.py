"""Builds: each top for each board, one small design to a bitstream, and what is refused."""

from __future__ import annotations

import doctest
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from small_designs import SHAPES, make

from fpga import build as building
from fpga import clock, steps, synthesis
from fpga import timing as timing_module
from fpga.boards import BOARDS, LFE5U_85F
from fpga.build import Options, make_top, write_sources
from fpga.estimate.families import ECP5
from fpga.fit import ACCURACY, check_fit, check_use, doubts, estimated, shortages
from fpga.link.deep_memory import BLOCK_BITS
from fpga.link.sizes import Sizes
from fpga.link.store import store_blocks
from fpga.place_and_route import stage as place_and_route_stage
from fpga.rates import core_rate, wire_rate
from fpga.synthesis import Use
from fpga.timing import block_of, timing
from fpga.yosys import in_blocks
from hwsim.cli.app import run
from hwsim.design_file import load_design
from hwsim.errors import Refused
from hwsim.schedule import make_schedule

KEYS = {"fmax_mhz", "utilisation", "clocks_per_input", "inputs_per_second_core",
        "inputs_per_second_io"}  # fmt: skip

DESIGN = """
format = 1
[network]
layers = [12, 6]
out_degrees = [3]
[hardware]
z = [4]
"""

THREE_MULTIPLIERS = """
module top(input clk, input [59:0] x, output reg [59:0] y = 0);
    reg [59:0] r = 0;
    always @(posedge clk) r <= x;
    genvar i;
    generate for (i = 0; i < 3; i = i + 1) begin
        always @(posedge clk) y[20*i +: 20] <= $signed(r[20*i +: 10]) * $signed(r[20*i + 10 +: 10]);
    end endgenerate
endmodule
"""

DESIGNS = Path(__file__).parent.parent / "designs"
ULX3S, ARTY = BOARDS["ulx3s-85f"], BOARDS["arty-a7-35t"]


@pytest.fixture(scope="module")
def small():
    """One lane, a bank of 6 words: no power of two, and placed in seconds."""
    return make(*SHAPES["one lane"])


@pytest.fixture(scope="module")
def built(small, tmp_path_factory):
    """The small design, placed and routed, and the folder."""
    folder = tmp_path_factory.mktemp("build") / "ulx3s"
    options = Options(mhz=12.5, core_only=True)
    return building.build(small, ULX3S, folder, options), folder, options


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)
@pytest.mark.parametrize("core_only", [False, True], ids=["system", "core only"])
def test_each_top_is_elaborated_for_each_board(board, core_only, small, tmp_path):
    sizes = Sizes(make_schedule(small), stored_inputs=4)
    top = make_top(sizes, board, Options(mhz=40, core_only=core_only))
    names = write_sources(top, board, tmp_path)
    assert names[0] == "top.il"
    constraints = (tmp_path / names[1]).read_text()
    pins = {"ecp5": ["G2", "M1", "L4", "B2"], "series-7": ["E3"]}[board.device.family]
    assert all(f'"{pin}"' in constraints or f"LOC {pin} " in constraints for pin in pins)
    text = (tmp_path / names[0]).read_text()
    assert ("EHXPLLL" if board.device.family == "ecp5" else "MMCME2_BASE") in text
    assert str(tmp_path.home()) not in text
    if board.device.family == "series-7":
        assert {"top.v", "top.tcl", "build_top.sh"} <= set(names)
        assert "synth_design -top top" in (tmp_path / "top.tcl").read_text()


def test_a_build_ends_with_a_bitstream_and_its_figures(built):
    report, folder, _ = built
    assert (folder / "top.bit").read_bytes().startswith(b"\xff\x00")
    assert report.meets_clock and report.fmax_mhz > 12.5
    assert report.synthesis.memories_in_flip_flops == 0
    assert report.utilisation["multiplier"].used == 2
    assert report.utilisation["block_ram"].used >= 1
    assert report.utilisation["lut_ram"].used > 0
    assert report.clocks_per_input == make_schedule(make(*SHAPES["one lane"])).block_cycle
    assert report.inputs_per_second_core == round(12.5e6 / report.clocks_per_input)
    written = json.loads((folder / "report.json").read_text())
    assert written == json.loads(report.to_json())
    assert written.keys() >= KEYS


def test_the_critical_path_is_told_by_blocks(built):
    path = built[0].critical_path
    assert path.ns == pytest.approx(1000 / built[0].fmax_mhz, abs=0.05)
    assert path.ns == pytest.approx(sum(p.logic_ns + p.routing_ns for p in path.blocks), abs=0.05)
    blocks = [part.block for part in path.blocks]
    assert any(block.startswith("junction_1") for block in blocks)
    assert all(a != b for a, b in pairwise(blocks))


def test_steps_that_are_done_are_not_done_again(built, small, monkeypatch):
    report, folder, options = built

    def fail(*arguments):
        raise AssertionError("a step was run again")

    monkeypatch.setattr(steps, "_execute", fail)
    assert building.build(small, ULX3S, folder, options) == report
    with pytest.raises(AssertionError, match="run again"):
        building.build(small, ULX3S, folder, replace(options, seed=2))
    (folder / "top.bit").write_bytes(b"damaged")
    with pytest.raises(AssertionError, match="run again"):
        building.build(small, ULX3S, folder, options)


def test_series_7_counts_resources_and_finds_ram(small, tmp_path):
    report = building.build(small, ARTY, tmp_path, Options(mhz=15, core_only=True))
    assert report.fmax_mhz is None and report.critical_path is None
    assert report.to_dict()["meets_clock"] is None
    assert report.synthesis.memories_in_flip_flops == 0
    assert report.utilisation["multiplier"].used == 2
    assert report.utilisation["lut_ram"].used > 0
    assert report.utilisation["block_ram"].used > 0


def test_multipliers_beyond_the_dsp_blocks_become_logic(tmp_path):
    (tmp_path / "top.v").write_text(THREE_MULTIPLIERS)
    device = replace(LFE5U_85F, multipliers=2)
    found = synthesis.synthesise("top.v", "top", device, tmp_path)
    assert (found.multipliers_in_blocks, found.multipliers_in_logic) == (2, 1)
    assert found.product_registers == found.operand_registers == 2
    assert found.utilisation["multiplier"].used == 2
    assert found.utilisation["lut"].used == pytest.approx(ECP5.multiplier_bit * 100, rel=0.1)


def test_the_widest_multipliers_get_blocks():
    multipliers = [((12, 9), "a"), ((12, 12), "c"), ((12, 12), "b"), ((24, 20), "d")]
    assert in_blocks(multipliers, 156, (18, 18)) == {"a", "b", "c", "d"}
    assert in_blocks(multipliers, 4, (18, 18)) == {"d"}
    assert in_blocks(multipliers, 2, (18, 18)) == {"b", "c"}
    assert in_blocks(multipliers, 1, (18, 18)) == {"b"}
    assert in_blocks(multipliers, 0, (18, 18)) == set()


def test_a_tool_that_fails_says_so_in_one_line(tmp_path):
    (tmp_path / "top.il").write_text("nonsense\n")
    with pytest.raises(Refused) as error:
        synthesis.synthesise("top.il", "top", LFE5U_85F, tmp_path)
    assert str(error.value).startswith("synthesis failed (exit status 1); see ")
    assert "ERROR" in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["top.il", "synthesis.log"]


def test_what_does_not_fit_is_refused_with_by_how_much():
    design = make(*SHAPES["depth 3"])
    schedule = make_schedule(design)
    check_fit(design, schedule, LFE5U_85F)
    assert doubts(schedule, LFE5U_85F) == []
    tiny = replace(LFE5U_85F, multipliers=2, luts=100, blocks=0, ram_luts=10)
    bits, luts, *_ = shortages(design, schedule, tiny)
    wanted = estimated(schedule, tiny)["lut"].used
    assert bits == "936 bits of memory, 776 more than its 160"
    assert luts == f"about {wanted} LUT (estimated), {wanted - 100} more than its 100"
    with pytest.raises(Refused, match="the design does not fit on LFE5U-85F: it has 936 bits"):
        check_fit(design, schedule, tiny)


def test_the_data_set_takes_no_more_memory_than_the_accelerator_leaves():
    schedule = make_schedule(load_design(DESIGNS / "large-board.toml"))
    for board in BOARDS.values():
        device = board.device
        count = building.stored_inputs(schedule, device)
        stores = [store_blocks(Sizes(schedule, n)) for n in (count, count + 1)]
        fits, is_too_much = (n * BLOCK_BITS / device.block_bits for n in stores)
        taken = estimated(schedule, device)["block_ram"].used * (1 + ACCURACY)
        free = min(device.blocks / 2, device.blocks - building.SPARE_BLOCKS - taken)
        assert fits <= free < is_too_much


def test_a_board_keeps_an_input_at_least_and_some_thousand_at_most():
    schedule = make_schedule(load_design(DESIGNS / "digits-board.toml"))
    assert building.stored_inputs(schedule, replace(LFE5U_85F, blocks=0)) == 1
    assert building.stored_inputs(schedule, replace(LFE5U_85F, blocks=10_000)) == 2048


def test_what_is_refused_after_synthesis_leaves_nothing_to_go_on_with(small, tmp_path, monkeypatch):
    (tmp_path / "report.json").write_text("{}")
    found = synthesis.Synthesis({"lut": Use(30_000, 20_800)}, 0, 1, 0, None, None, None, 1.0)
    monkeypatch.setattr(building, "synthesise", lambda *_: found)
    with pytest.raises(Refused, match="30000 LUT, 9200 more than its 20800"):
        building.build(small, ARTY, tmp_path, Options(mhz=15, core_only=True))
    assert list(tmp_path.iterdir()) == []


def test_results_of_other_sources_do_not_stay_beside_new_ones(small, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "synthesise", interrupt)
    for mhz, left in ((15, False), (15, True), (16, False)):
        (tmp_path / "report.json").write_text("{}")
        (tmp_path / "top.bit").write_text("")
        with pytest.raises(KeyboardInterrupt):
            building.build(small, ULX3S, tmp_path, Options(mhz=mhz))
        assert (tmp_path / "report.json").exists() == (tmp_path / "top.bit").exists() == left


@pytest.mark.parametrize(("share", "is_short", "is_doubtful"), [
    (0.5, True, False), (0.84, True, False), (0.86, False, True), (1.1, False, True),
    (1.2, False, False),
])  # fmt: skip
def test_what_may_not_fit_is_told(share, is_short, is_doubtful):
    design = make(*SHAPES["depth 3"])
    schedule = make_schedule(design)
    wanted = estimated(schedule, LFE5U_85F)["flip_flop"].used
    device = replace(LFE5U_85F, flip_flops=round(share * wanted))
    assert bool(shortages(design, schedule, device)) == is_short
    assert bool(doubts(schedule, device)) == is_doubtful


def test_what_synthesis_finds_too_large_is_refused_with_by_how_much():
    uses = {"lut": Use(90_000, 83_640), "multiplier": Use(156, 156), "block_ram": Use(209, 208)}
    with pytest.raises(Refused) as error:
        check_use(uses, LFE5U_85F)
    assert str(error.value) == (
        "the design does not fit on LFE5U-85F: after synthesis it needs 90000 LUT, 6360 more than "
        "its 83640; and 209 RAM blocks, 1 more than its 208"
    )
    check_use({"lut": Use(83_640, 83_640)}, LFE5U_85F)


def test_stages_are_read_from_the_logs():
    assert synthesis.stage("9.4. Executing OPT_EXPR pass (perform const folding).\n") == "OPT_EXPR"
    assert synthesis.stage("Removed 3 unused cells.\n") is None
    line = "Info:      36000 |    13043      22956 |  216   784 |     72604|       0.58      23.93|"
    assert place_and_route_stage(line) == "routing, 72604 connections left"
    assert place_and_route_stage("Info: iter=7 steplen=0.4 a=4.89") == "placing, iteration 7"
    assert place_and_route_stage("Info:   at iteration #5: temp = 0") == "placing, refinement 5"
    assert place_and_route_stage("Info: Routing..") is None


@pytest.mark.parametrize("module", [clock, timing_module])
def test_examples(module):
    results = doctest.testmod(module)
    assert results.attempted and not results.failed


def test_blocks_have_names():
    core = "system.accelerator.core"
    assert block_of(f"{core}.junction_1.update$123.product_MULT18X18D_P9") == "junction_1.update"
    assert block_of(f"{core}.layer_1.delta_0.bank_3.x") == "layer_1.delta_0"
    assert block_of("system.accelerator.errors_LUT4") == "accelerator"
    assert block_of("uart_TRELLIS_FF_Q") == "top"
    assert block_of("system.link.uart.x") == "link.uart"


def test_a_report_without_a_clock_is_an_error():
    with pytest.raises(ValueError, match="holds no clock"):
        timing({"fmax": {}, "critical_paths": []})


def test_rates(small):
    assert core_rate(100, 22) == pytest.approx(4_545_454.5, abs=0.1)
    sizes = Sizes(make_schedule(small), stored_inputs=1)
    content = sizes.inputs_per_frame * sizes.input_bytes
    seconds = (content + 4 + 9) * 10 / 1_000_000
    assert wire_rate(sizes, 1_000_000) == pytest.approx(sizes.inputs_per_frame / seconds)


@pytest.mark.parametrize(
    "arguments, status, line",
    [
        (["--board", "none"], 2, "Invalid value for '--board'"),
        (["--board", "ulx3s-85f", "--mhz", "1000"], 2, "--mhz = 1000.0: the PLL cannot make it"),
        (["--board", "ulx3s-85f", "--mhz", "nan"], 2, "--mhz = nan: must be from 0.1 to 1000"),
        (["--board", "ulx3s-85f", "--mhz", "inf"], 2, "--mhz = inf: must be from 0.1 to 1000"),
        (["--board", "ulx3s-85f", "--mhz", "1e-9"], 2, "--mhz = 1e-09: must be from 0.1 to 1000"),
        (["--board", "ulx3s-85f", "--baud", "10"], 2, "at 50 MHz baud must be from 1491 to"),
        (
            ["--board", "ulx3s-85f", "--baud", "20000000"],
            2,
            "at 50 MHz baud must be from 1491 to",
        ),
        (["--board", "ulx3s-85f", "-o", "/proc/nothing"], 2, "/proc/nothing: output"),
    ],
)
def test_bad_arguments_are_one_line(arguments, status, line, tmp_path, capsys):
    path = tmp_path / "small.toml"
    path.write_text(DESIGN)
    assert run(["build", str(path), *arguments]) == status
    said = capsys.readouterr()
    assert said.out == "" and line in said.err
    assert said.err.count("\n") == 1


def test_a_clock_that_is_missed_is_status_1(built, small, tmp_path, capsys, monkeypatch):
    slow = replace(built[0], fmax_mhz=10.0)
    monkeypatch.setattr(building, "build", lambda *arguments: slow)
    path = tmp_path / "small.toml"
    path.write_text(DESIGN)
    assert run(["build", str(path), "--board", "ulx3s-85f", "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["meets_clock"] is False
    assert "warning: Fmax is 10 MHz, below the 12.5 MHz of --mhz" in said.err
    assert run(["build", str(path), "--board", "ulx3s-85f"]) == 1
    assert "clock: 12.5 MHz, MISSED; Fmax 10 MHz" in capsys.readouterr().out
