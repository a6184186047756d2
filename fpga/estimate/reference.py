"""What yosys makes of an accelerator: the counts that estimates are held to.

The accelerator itself is the top module, without pins or IO buffers, synthesised as ``fpga.yosys``
does for a board; in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from amaranth.back import rtlil

from fpga import synthesis
from fpga.estimate.mapping import Use
from hwsim.errors import Refused
from hwsim.schedule import Schedule
from rtl_gen.verilog import TOP, make_accelerator

UNLIMITED = 1_000_000
"""DSP blocks, where no device sets a limit."""


@dataclass(frozen=True)
class Flow:
    """How yosys maps to a family, and which cells are what.

    Attributes:
        command: of yosys.
        small: added to it where multipliers become logic.
        multiplier: operands of a DSP block; None if there are none.
        luts, flip_flops, multipliers, blocks: what is in a cell, by its type.
        ram_luts: those of ``luts`` that are memory.
    """

    command: str
    small: str
    multiplier: tuple[int, int] | None
    luts: dict[str, int]
    flip_flops: dict[str, int]
    multipliers: dict[str, int]
    blocks: dict[str, float]
    ram_luts: dict[str, int]


def _flow(family: str, command: str, multiplier: tuple[int, int]) -> Flow:
    """A family that ``fpga.synthesis`` knows."""
    tables = ("LUTS", "FLIP_FLOPS", "MULTIPLIERS", "BLOCKS", "RAM_LUTS")
    cells = [getattr(synthesis, table)[family] for table in tables]
    return Flow(command, synthesis.SMALL[family], multiplier, *cells)


_ICE40_FLIP_FLOPS = [f"SB_DFF{e}{r}" for e in ("", "E") for r in ("", "SR", "SS", "R", "S")]

FLOWS = {
    "ecp5": _flow("ecp5", synthesis.SYNTHESIS["ecp5"], (18, 18)),
    "xc7": _flow("series-7", f"{synthesis.SYNTHESIS['series-7']} -noiopad -noclkbuf", (25, 18)),
    "ice40": Flow(
        "synth_ice40", "", None, {"SB_LUT4": 1}, dict.fromkeys(_ICE40_FLIP_FLOPS, 1), {},
        {"SB_RAM40_4K": 1}, {},
    ),
}  # fmt: skip


def synthesise(schedule: Schedule, family: str, multipliers: int | None = None) -> Use:
    """What yosys finds; see ``fpga.estimate.estimate`` for the arguments.

    Raises:
        Refused: if yosys fails.
    """
    flow = FLOWS[family]
    if flow.multiplier is None:
        multipliers = 0
    settings = {
        "source": f"{TOP}.il",
        "top": TOP,
        "synthesis": flow.command,
        "small": flow.small,
        "multipliers": UNLIMITED if multipliers is None else multipliers,
        "multiplier_bits": flow.multiplier or (1, 1),
        "netlist": family == "ecp5",
    }
    text = rtlil.convert(make_accelerator(schedule.design, schedule), name=TOP, emit_src=False)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{TOP}.il").write_text(text)
        command = [sys.executable, "-m", "fpga.yosys", json.dumps(settings)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise Refused(f"yosys failed: {said[-1] if said else 'without a word'}")
        cells = json.loads((Path(folder) / "synthesis.json").read_text())["cells"]
    return count(cells, flow)


def count(cells: dict[str, int], flow: Flow) -> Use:
    """Resources in the cells of a mapped netlist."""
    kinds = (flow.luts, flow.flip_flops, flow.multipliers, flow.blocks, flow.ram_luts)
    return Use(*(sum(n * kind.get(cell, 0) for cell, n in cells.items()) for kind in kinds))
