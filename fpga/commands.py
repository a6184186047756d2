"""``clashfree build``."""

from __future__ import annotations

from pathlib import Path

import click

from fpga import build as building
from fpga.boards import BOARDS
from fpga.fit import doubts
from fpga.host.board import DEFAULT_BAUD
from fpga.report import Report
from hwsim.cli import output
from hwsim.cli.options import design_argument, json_option
from hwsim.cli.run_view import warn_of_problems
from hwsim.design_file import load_design
from hwsim.schedule import make_schedule

FOLDER = click.Path(path_type=Path)


@click.command("build")
@design_argument
@click.option("--board", "board_name", type=click.Choice(list(BOARDS)), required=True,
              help="Which board.")  # fmt: skip
@click.option("--mhz", type=click.FloatRange(min=0, min_open=True), default=50.0,
              show_default=True, help="Clock of the accelerator.")  # fmt: skip
@click.option("--baud", type=click.IntRange(1), default=DEFAULT_BAUD, show_default=True,
              help="Speed of the serial link.")  # fmt: skip
@click.option("--seed", type=click.IntRange(1), default=1, show_default=True,
              help="Seed of the placement.")  # fmt: skip
@click.option("--core-only", is_flag=True,
              help="The accelerator without its link: for figures, not for use.")  # fmt: skip
@click.option("--inference", is_flag=True, help="Leave backpropagation and update out.")
@click.option("-o", "--output", "folder", type=FOLDER, metavar="DIR",
              help="Where to build.  [default: build/fpga/DESIGN-BOARD]")  # fmt: skip
@json_option
def build(
    path: Path, board_name: str, mhz: float, baud: int, seed: int, core_only: bool,
    inference: bool, folder: Path | None, as_json: bool,
) -> int:  # fmt: skip
    r"""Build DESIGN for a board, and report resources, Fmax, critical path and inputs/s.

    For ulx3s-85f a bitstream is made, by yosys and nextpnr. For the boards with an FPGA of Xilinx
    Verilog, constraints and a script for Vivado are written, and yosys counts resources. A design
    that does not fit is refused before that. What was done before is not done again.

    \b
    Writes into DIR:
      top.bit                     ulx3s-85f: the bitstream
      top.v, top.xdc, top.tcl     the others: what Vivado needs; build_top.sh runs it
      report.json                 the report, as --json prints it
      *.log, *.json               of the steps

    \b
    Examples:
      clashfree build designs/digits-board.toml --board ulx3s-85f --mhz 100
      clashfree build designs/prototype-2018.toml --board nexys-a7-100t --mhz 15

    Exit status: 0 built, 1 refused, or slower than the clock asked for, 2 bad input.
    """
    design = load_design(path)
    board, schedule = BOARDS[board_name], make_schedule(design, inference=inference)
    warn_of_problems(schedule)
    for doubt in doubts(schedule, board.device):
        output.warn(doubt)
    flavour = "-core" * core_only + "-inference" * inference
    folder = folder or Path("build") / "fpga" / f"{path.stem}-{board.name}{flavour}"
    options = building.Options(
        mhz=mhz, baud=baud, seed=seed, core_only=core_only, inference=inference
    )
    report = building.build(design, board, folder, options)
    if as_json:
        output.emit(report.to_dict())
    else:
        _show(report, folder)
    if not report.meets_clock:
        output.warn(
            f"Fmax is {report.fmax_mhz:g} MHz, below the {report.clock_mhz:g} MHz of --mhz: "
            "the bitstream may compute wrong results; fix: more [hardware.registers], a lower "
            "--mhz, or another --seed"
        )
    return 0 if report.meets_clock else 1


def _show(report: Report, folder: Path) -> None:
    output.show_table(("resource", "used", "of", "share"), report.rows(), title=report.device)
    for line in report.lines():
        output.say(line)
    output.say(f"files: {folder}: {' '.join(report.files)}")
