"""Moves narrow operands of ECP5 multipliers to the upper end: the netlist of yosys, for nextpnr.

A MULT18X18D multiplies 18 bits. yosys fills what an operand has less with copies of its sign, and
each copy is one more wire into the block, where wires are scarce. Zeros below the operand need
none, since the device has a setting for them; the product then stands as many bits higher.
"""

from __future__ import annotations

from typing import Any

from fpga.netlist.module import Cell, Netlist
from fpga.netlist.multiplier_registers import MULTIPLIER

OPERAND, PRODUCT = 18, 36
"""Bits."""


def align(netlist: dict[str, Any], top: str) -> int:
    """Change a netlist, as ``write_json`` writes it, in place; how many wires it has less.

    Args:
        netlist: flattened and mapped to ECP5, no registers in the multipliers yet.
        top: the name of its module.
    """
    module = Netlist(netlist, top)
    return sum(_align(module, cell) for cell in module.of_type(MULTIPLIER))


def _align(module: Netlist, multiplier: Cell) -> int:
    wires = multiplier["connections"]
    shifts = {port: copies_of_sign(wires, port) for port in "AB"}
    total = sum(shifts.values())
    beyond = [wires[f"P{bit}"][0] for bit in range(PRODUCT - total, PRODUCT)]
    if any(module.readers[net] for net in beyond):
        return 0
    for port, shift in shifts.items():
        operand = [wires[f"{port}{bit}"] for bit in range(OPERAND - shift)]
        for bit, wire in enumerate([["0"]] * shift + operand):
            wires[f"{port}{bit}"] = list(wire)
    product = [wires[f"P{bit}"] for bit in range(PRODUCT)]
    for bit in range(PRODUCT):
        wires[f"P{bit}"] = product[bit - total]
    return total


def copies_of_sign(wires: dict[str, list], port: str) -> int:
    """How many of an operand's upper bits repeat the one below."""
    sign = wires[f"{port}{OPERAND - 1}"]
    if wires[f"SIGNED{port}"] != ["1"] or not isinstance(sign[0], int):
        return 0
    copies = 0
    while copies < OPERAND - 1 and wires[f"{port}{OPERAND - 2 - copies}"] == sign:
        copies += 1
    return copies
