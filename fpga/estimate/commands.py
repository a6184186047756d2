"""``clashfree estimate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fpga.estimate.estimate import Estimate, estimate
from fpga.estimate.families import FAMILIES, FAMILY_OF
from fpga.estimate.mapping import values
from fpga.resources import NAMES
from hwsim.cli import output
from hwsim.cli.options import design_argument, json_option
from hwsim.design_file import load_design
from hwsim.errors import bad
from hwsim.schedule import make_schedule
from rtl_gen.verilog import require_clash_free

if TYPE_CHECKING:
    from fpga.boards import Device
    from hwsim.design import Design
    from hwsim.schedule import Schedule


@click.command("estimate")
@design_argument
@click.option("--family", type=click.Choice(list(FAMILIES)), help="Which FPGAs.  [default: ecp5]")
@click.option("--board", "board_name", metavar="BOARD",
              help="A board: its family, and no more DSP blocks than it has.")  # fmt: skip
@click.option("--inference", is_flag=True, help="Leave backpropagation and update out.")
@json_option
def estimate_command(
    path: Path, family: str | None, board_name: str | None, inference: bool, as_json: bool
) -> int:
    r"""Estimate LUTs, flip-flops, DSP blocks, block RAMs and memory bits of DESIGN on an FPGA.

    No tool for FPGAs is run or needed. Counted is the accelerator alone, without a link to a host.
    How exact they are: docs/estimate.md.

    \b
    Examples:
      clashfree estimate designs/digits.toml
      clashfree estimate designs/prototype-2018.toml --board nexys-a7-100t --json

    Exit status: 0 estimated, 1 refused, 2 bad input.
    """
    family, multipliers = _choose(family, board_name)
    design = load_design(path)
    schedule = make_schedule(design, inference=inference)
    require_clash_free(schedule)
    found = estimate(schedule, family, multipliers)
    if board_name is not None:
        _warn_of_fit(design, schedule, _device(board_name))
    if as_json:
        output.emit(found.to_dict() | {"board": board_name})
    else:
        _show(found)
    return 0


def _choose(family: str | None, board_name: str | None) -> tuple[str, int | None]:
    """The family, and how many DSP blocks there are."""
    if board_name is None:
        return family or "ecp5", None
    device = _device(board_name)
    its = FAMILY_OF[device.family]
    if family not in (None, its):
        rule = f"the FPGA of {board_name} is {its}"
        raise bad("command line", "--family", family, rule, "leave --family out")
    return its, device.multipliers


def _device(board_name: str) -> Device:
    """The FPGA of a board; what describes boards is imported only if one is named."""
    try:
        from fpga.boards import BOARDS
    except ImportError as error:
        fix = "install the extra fpga, or give --family"
        raise bad("command line", "--board", board_name, f"needs {error.name}", fix) from None
    if board_name not in BOARDS:
        rule = "is no board that is known"
        raise bad("command line", "--board", board_name, rule, f"one of {', '.join(BOARDS)}")
    return BOARDS[board_name].device


def _warn_of_fit(design: Design, schedule: Schedule, device: Device) -> None:
    """What `build` would refuse, or doubt."""
    from fpga.fit import doubts, shortages

    for text in shortages(design, schedule, device):
        output.warn(f"the design does not fit on {device.name}: {text}")
    for text in doubts(schedule, device):
        output.warn(text)


def _show(found: Estimate) -> None:
    rows = [(name, *values(use.rounded())) for name, use in found.blocks.items()]
    head = ("block", *NAMES.values())
    output.show_table(
        head, [*rows, ("total", *values(found.total))], title=FAMILIES[found.family].name
    )
    output.say(f"memory: {found.memory_bits} bits")
