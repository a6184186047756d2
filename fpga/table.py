"""``make fpga``: the table of docs/fpga.md, built anew.

Builds each design for each board, keeps the reports in ``build/fpga/results.json``, and writes the
table into docs/fpga.md. What was built before and has not changed is not built again.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from fpga.boards import BOARDS
from fpga.build import Options, build
from fpga.report import Report
from hwsim.cli import output
from hwsim.design_file import load_design
from hwsim.errors import BadInput, Refused
from hwsim.files import write_text

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "fpga.md"
RESULTS = ROOT / "build" / "fpga"

BEGIN, END = "<!-- results -->\n", "<!-- end of results -->\n"

HEAD = ("design", "board", "LUT", "FF", "DSP", "RAM blocks", "Fmax, MHz", "clocks per input",
        "inputs/s, core", "inputs/s, wire")  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A row to be: a design on a board at a clock."""

    design: str
    board: str
    mhz: float
    core_only: bool = False

    @property
    def name(self) -> str:
        return f"{self.design}-{self.board}{'-core' * self.core_only}"


ENTRIES = (
    Entry("digits-board", "ulx3s-85f", 100),
    Entry("digits-board", "nexys-a7-100t", 100),
    Entry("prototype-board", "ulx3s-85f", 80),
    Entry("prototype-board", "nexys-a7-100t", 80),
    Entry("large-board", "ulx3s-85f", 80),
    Entry("large-board", "nexys-a7-100t", 80),
)
"""Small, prototype and large; names of files in designs/."""

PUBLISHED = ("the authors' (arXiv:1806.01087)", "Artix-7 XC7A100T", "-", "-", "224", "-",
             "15 (in use)", "34", "441 000", "11")  # fmt: skip


def main(names: list[str]) -> int:
    """Build the entries whose name begins with one of ``names``, or all; returns exit status."""
    results = _read()
    for entry in ENTRIES:
        if not names or entry.name.startswith(tuple(names)):
            output.complain(f"building {entry.name}")
            results[entry.name] = _build(entry)
            write_text(RESULTS / "results.json", json.dumps(results, indent=2) + "\n")
    rows = [row(entry, results[entry.name]) for entry in ENTRIES if entry.name in results]
    write_text(PAGE, filled(PAGE.read_text(), table([*rows, PUBLISHED])))
    output.say("\n".join(table([*rows, PUBLISHED])))
    return 0


def _read() -> dict[str, dict]:
    RESULTS.mkdir(parents=True, exist_ok=True)
    try:
        return json.loads((RESULTS / "results.json").read_text())
    except (OSError, ValueError):
        return {}


def _build(entry: Entry) -> dict:
    design = load_design(ROOT / "designs" / f"{entry.design}.toml")
    options = Options(mhz=entry.mhz, core_only=entry.core_only)
    try:
        report: Report = build(design, BOARDS[entry.board], RESULTS / entry.name, options)
    except Refused as refused:
        return {"refused": str(refused)}
    return report.to_dict()


def row(entry: Entry, result: dict) -> tuple[str, ...]:
    """The cells of a row; what was refused says why in the first one."""
    board = entry.board + ", core only" * entry.core_only
    if "refused" in result:
        return (f"{entry.design}: {result['refused']}", board, *["-"] * (len(HEAD) - 2))
    uses = result["utilisation"]
    found = result["synthesis"]
    multipliers = _share(uses["multiplier"])
    if found["multipliers_in_logic"]:
        multipliers += f" + {found['multipliers_in_logic']} in logic"
    return (
        entry.design,
        board,
        _share(uses["lut"]),
        _share(uses["flip_flop"]),
        multipliers,
        _share(uses["block_ram"]),
        "-" if result["fmax_mhz"] is None else f"{result['fmax_mhz']:.1f}",
        str(result["clocks_per_input"]),
        _thousands(result["inputs_per_second_core"]),
        _thousands(result["inputs_per_second_io"]),
    )


def _share(use: dict) -> str:
    return f"{_thousands(use['used'])} ({use['percent']:.0f} %)"


def _thousands(number: float) -> str:
    return f"{number:,.0f}".replace(",", " ")


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """Lines of Markdown."""
    lines = [HEAD, ["---", "---", *["--:"] * (len(HEAD) - 2)], *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def filled(page: str, lines: list[str]) -> str:
    """The page with ``lines`` between its marks."""
    text = "".join(f"{line}\n" for line in lines)
    return re.sub(f"{BEGIN}.*?{END}", lambda _: BEGIN + text + END, page, flags=re.DOTALL)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BadInput as error:
        sys.exit("\n".join(error.lines))
    except KeyboardInterrupt:
        sys.exit("interrupted")
