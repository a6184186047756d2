"""Moves registers behind ECP5 block RAMs into them: the netlist of yosys, as nextpnr reads it.

A DP16KD takes 5.8 ns to read, and has registers of its own behind its outputs, which yosys leaves
unused. Those of a port are taken if each output that is read goes to a register and nowhere else,
all of them start at zero, have no reset, and share one enable and the port's clock; and if the port
has no reset, which would be theirs as well.
"""

from __future__ import annotations

from typing import Any

from fpga.netlist.module import Cell, Netlist

MEMORY = "DP16KD"
BITS = 18


def take_registers(netlist: dict[str, Any], top: str) -> int:
    """Change a netlist, as ``write_json`` writes it, in place; how many flip-flops went away.

    Args:
        netlist: flattened and mapped to ECP5.
        top: the name of its module.
    """
    module = Netlist(netlist, top)
    before = len(module.cells)
    for memory in module.of_type(MEMORY):
        for side in "AB":
            _take(module, memory, side)
    return before - len(module.cells)


def _take(module: Netlist, memory: Cell, side: str) -> None:
    """The registers behind one port, if it has some."""
    wires, parameters = memory["connections"], memory["parameters"]
    registers = module.behind(memory, [f"DO{side}{bit}" for bit in range(BITS)])
    control = module.control(registers.values())
    clock = f"CLK{side}"
    if control is None or [control.clock] != wires[clock]:
        return
    if parameters.get(f"{clock}MUX", clock) != clock or wires.get(f"RST{side}", ["0"]) != ["0"]:
        return
    module.take(memory, registers)
    parameters[f"REGMODE_{side}"] = "OUTREG"
    wires[f"OCE{side}"] = [control.enable]
