"""Netlists of ECP5 cells, and a proof that two of them do the same in their first clocks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pyosys import libyosys

CELLS = """
module LUT4(input A, B, C, D, output Z);
    parameter [15:0] INIT = 0;
    assign Z = INIT[{D, C, B, A}];
endmodule
module TRELLIS_FF(input CLK, LSR, CE, DI, output reg Q);
    parameter CEMUX = "1", CLKMUX = "CLK", GSR = "", LSRMUX = "", REGSET = "RESET", SRMODE = "";
    initial Q = REGSET == "SET";
    always @(posedge CLK)
        if (LSR) Q <= REGSET == "SET";
        else if (CEMUX == "CE" ? CE : 1'b1) Q <= DI;
endmodule
"""


def run(design: libyosys.Design, *commands: str) -> None:
    for command in commands:
        libyosys.run_pass(command, design)


def mapped(source: str, folder: Path) -> dict:
    """The netlist of the module ``top`` in some Verilog, as nextpnr would read it."""
    (folder / "top.v").write_text(source)
    design = libyosys.Design()
    run(design, f"read_verilog {folder}/top.v", "synth_ecp5 -top top")
    run(design, f"write_json {folder}/n.json")
    found = json.loads((folder / "n.json").read_text())
    return {"modules": {"top": found["modules"]["top"]}}


def equal_for(
    clocks: int, left: dict, right: dict, cells: str, folder: Path,
    enables: dict[str, Iterable[str]],
) -> bool:  # fmt: skip
    """Whether two netlists agree in the first clocks, whatever comes in.

    Args:
        clocks: how many.
        left, right: the netlists.
        cells: Verilog of the cells that are neither look-up tables nor flip-flops.
        folder: for files.
        enables: by type of cell, inputs that are one where they are not wired.
    """
    design = libyosys.Design()
    (folder / "cells.v").write_text(CELLS + cells)
    for name, side in (("left", left), ("right", right)):
        (folder / f"{name}.json").write_text(json.dumps(_wired(side, enables)))
        run(design, f"read_json {folder}/{name}.json", f"read_verilog {folder}/cells.v")
        run(design, "hierarchy -top top", "proc", "flatten", "opt_clean", f"rename top {name}")
        run(design, f"design -stash {name}")
    run(design, "design -copy-from left left", "design -copy-from right right")
    run(design, "miter -equiv -flatten -make_assert left right miter", "hierarchy -top miter")
    run(design, "setundef -undriven -zero", "opt -full")
    prove = f"sat -tempinduct -tempinduct-baseonly -prove-asserts -set-init-zero -maxsteps {clocks}"
    run(design, f"tee -q -o {folder}/proof.log {prove} -seq 1 miter")
    return "SUCCESS" in (folder / "proof.log").read_text()


def _wired(side: dict, enables: dict[str, Iterable[str]]) -> dict:
    """The netlist with enables that are not wired at one, as the device has them."""
    side = json.loads(json.dumps(side))
    for cell in side["modules"]["top"]["cells"].values():
        for port in enables.get(cell["type"], ()):
            cell["connections"].setdefault(port, ["1"])
            cell["port_directions"][port] = "input"
    return side
