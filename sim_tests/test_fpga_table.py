"""The table of docs/fpga.md."""

from __future__ import annotations

import json

from fpga import table
from fpga.boards import BOARDS
from fpga.table import ENTRIES, HEAD, PAGE, PUBLISHED, ROOT, Entry, filled, row
from hwsim.errors import Refused

RESULT = {
    "fmax_mhz": 51.234,
    "clocks_per_input": 22,
    "inputs_per_second_core": 681818.2,
    "inputs_per_second_io": 1495.5,
    "utilisation": {
        "lut": {"used": 16754, "percent": 20.0},
        "flip_flop": {"used": 2800, "percent": 3.3},
        "multiplier": {"used": 96, "percent": 61.5},
        "block_ram": {"used": 10.5, "percent": 4.8},
    },
    "synthesis": {"multipliers_in_logic": 3},
}


def test_a_row():
    assert row(Entry("digits", "ulx3s-85f", 15), RESULT) == (
        "digits", "ulx3s-85f", "16 754 (20 %)", "2 800 (3 %)", "96 (62 %) + 3 in logic",
        "10 (5 %)", "51.2", "22", "681 818", "1 496",
    )  # fmt: skip


def test_a_refused_design_says_why():
    cells = row(Entry("big", "arty-a7-35t", 15, core_only=True), {"refused": "it is too large"})
    assert cells[:3] == ("big: it is too large", "arty-a7-35t, core only", "-")
    assert len(cells) == len(HEAD) == len(PUBLISHED)


def test_entries_exist_and_the_page_has_its_marks():
    for entry in ENTRIES:
        assert entry.board in BOARDS
        assert (ROOT / "designs" / f"{entry.design}.toml").exists()
    page = PAGE.read_text()
    assert filled(page, ["| x |"]).count("| x |") == 1
    assert filled(filled(page, ["a"]), ["| x |"]) == filled(page, ["| x |"])


def test_results_are_kept_and_the_page_is_filled(tmp_path, monkeypatch, capsys):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{table.BEGIN}old\n{table.END}after\n")
    monkeypatch.setattr(table, "PAGE", page)
    monkeypatch.setattr(table, "RESULTS", tmp_path / "results")

    def refuse(*arguments):
        raise Refused("the design does not fit")

    monkeypatch.setattr(table, "build", refuse)
    assert table.main(["digits-board-ulx3s"]) == 0
    results = json.loads((tmp_path / "results" / "results.json").read_text())
    assert results == {"digits-board-ulx3s-85f": {"refused": "the design does not fit"}}
    text = page.read_text()
    assert "old" not in text and text.startswith("before\n") and text.endswith("after\n")
    assert "| digits-board: the design does not fit | ulx3s-85f |" in text
    assert "224" in text
