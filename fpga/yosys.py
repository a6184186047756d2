"""Synthesis, in a process of its own: yosys keeps its state, and its memory, to the end.

``python -m fpga.yosys SETTINGS`` reads the settings that ``fpga.synthesis`` makes and writes
``netlist.json`` (ECP5: what nextpnr reads) and ``synthesis.json``.

The order is yosys' own, ``synth_ecp5`` or ``synth_xilinx``, with three additions: multipliers that
find no DSP block become logic before, memories that would become flip-flops are counted between,
and registers move into multipliers and block RAMs after (ECP5; for 7-series yosys does it itself
for multipliers).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyosys import libyosys

from fpga.netlist import fan_out, memory_registers, sign_bits
from fpga.netlist.multiplier_registers import take_registers

READ = {".il": "read_rtlil", ".v": "read_verilog"}
IN_LOGIC = "clashfree_in_logic"
"""Attribute of multipliers that are to be logic."""


def main(settings: dict[str, Any]) -> None:
    """Synthesise and write the results into the current folder."""
    design, top = libyosys.Design(), settings["top"]
    source = settings["source"]
    _run(design, f"{READ[Path(source).suffix]} {source}", f"hierarchy -top {top}", "proc")
    # Merging enables into flip-flops that early leaves constants with initial values behind.
    _run(design, "flatten", "opt_expr", "opt_clean", "opt -nodffe -nosdff")
    _run(design, "wreduce", "peepopt", "opt_clean")
    if not settings["netlist"]:
        # Where a register also holds copies of a product's sign, synth_xilinx moves it into the DSP
        # block and leaves the copies without a driver, unless they have been split off.
        _run(design, "splitcells t:$dff")
    multipliers = _share_out(design, settings["multipliers"], settings["multiplier_bits"])
    synthesis = f"{settings['synthesis']} -top {top}"
    if multipliers["in_logic"]:
        synthesis += f" {settings['small']}"
    _run(design, f"{synthesis} -run :map_ffram")
    lost = _count_memories(design)
    _run(design, f"{synthesis} -run map_ffram:", "tee -q -o statistics.json stat -json")
    statistics = json.loads(Path("statistics.json").read_text())["design"]["num_cells_by_type"]
    statistics.pop("$scopeinfo", None)
    result = {"cells": statistics, "memories_in_flip_flops": lost, "multipliers": multipliers}
    if settings["netlist"]:
        _run(design, "write_json netlist.json")
        result["registers"] = _finish(Path("netlist.json"), top, statistics)
    Path("synthesis.json").write_text(json.dumps(result, indent=2) + "\n")


def _run(design: libyosys.Design, *commands: str) -> None:
    for command in commands:
        libyosys.run_pass(command, design)


def _share_out(design: libyosys.Design, blocks: int, widths: tuple[int, int]) -> dict[str, int]:
    """Give DSP blocks to the widest multipliers; make logic of those that get none."""
    found = [cell for cell in design.top_module().cells_.values() if cell.type.str() == "$mul"]
    chosen = in_blocks([(_widths(cell), cell.name.str()) for cell in found], blocks, widths)
    attribute = libyosys.IdString(f"\\{IN_LOGIC}")
    for cell in found:
        if cell.name.str() not in chosen:
            cell.set_bool_attribute(attribute, True)
    if len(chosen) < len(found):
        for command in ("booth", "techmap -map +/techmap.v"):  # booth leaves very narrow ones
            _run(design, f"{command} t:$mul a:{IN_LOGIC} %i")
    return {"in_blocks": len(chosen), "in_logic": len(found) - len(chosen)}


def _widths(cell: libyosys.Cell) -> tuple[int, int]:
    widths = [cell.getParam(libyosys.IdString(f"\\{p}_WIDTH")).as_int() for p in "AB"]
    return max(widths), min(widths)


def in_blocks(
    multipliers: Iterable[tuple[tuple[int, int], str]], blocks: int, widths: tuple[int, int]
) -> set[str]:
    """Names of the multipliers that get DSP blocks: widest first, then by name.

    Args:
        multipliers: the widths of the operands, wider one first, and the name.
        blocks: how many there are.
        widths: what one block multiplies, wider one first.
    """
    chosen = set()
    for (left, right), name in sorted(multipliers, key=lambda m: (-m[0][0] * m[0][1], m[1])):
        needed = -(-left // widths[0]) * -(-right // widths[1])
        if needed <= blocks:
            blocks -= needed
            chosen.add(name)
    return chosen


def _count_memories(design: libyosys.Design) -> int:
    """Memories that no RAM was found for; read-only ones become logic and do not count."""
    ports = libyosys.IdString("\\WR_PORTS")
    cells = design.top_module().cells_.values()
    return sum(cell.is_mem_cell() and cell.getParam(ports).as_int() > 0 for cell in cells)


def _finish(path: Path, top: str, statistics: dict[str, int]) -> dict[str, int]:
    """Move registers into blocks, copy those that drive many, leave the libraries out."""
    netlist = json.loads(path.read_text())
    netlist["modules"] = {top: netlist["modules"][top]}
    sign_bits.align(netlist, top)
    taken = take_registers(netlist, top)
    in_memories = memory_registers.take_registers(netlist, top)
    copies = fan_out.split(netlist, top)
    path.write_text(json.dumps(netlist))
    gone = {"TRELLIS_FF": taken.flip_flops + in_memories}
    for kind, more in copies.items():
        statistics[kind] = statistics.get(kind, 0) + more - gone.get(kind, 0)
    return asdict(taken) | {"in_memories": in_memories}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
