"""Copies of registers that drive very many inputs, so that each drives some that lie together.

A signal that goes to thousands of places, such as a pipeline's clock enable, spends most of a clock
on its way across an FPGA. Its register is copied: the copies load the same value in the same clock,
and each drives part of the inputs, those of neighbouring blocks by their names.
"""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from typing import Any

REGISTER, OUTPUT = "TRELLIS_FF", "Q"
MOST = 250
"""Inputs that one register may drive."""


def split(netlist: dict[str, Any], top: str, most: int = MOST) -> int:
    """Copy the registers of a netlist that drive more than ``most`` inputs; how many were added.

    Args:
        netlist: as yosys writes it (JSON); changed.
        top: the module.
        most: inputs that one register may drive.
    """
    module = netlist["modules"][top]
    cells, added = module["cells"], 0
    inputs = _inputs(cells)
    ports = [bits for cell in cells.values() for bits in cell["connections"].values()]
    fresh = 1 + max(bit for bits in ports for bit in bits if isinstance(bit, int))
    for name, cell in list(cells.items()):
        if cell["type"] != REGISTER:
            continue
        driven = sorted(inputs[cell["connections"][OUTPUT][0]])
        for first in range(most, len(driven), most):
            copy = deepcopy(cell)
            copy["connections"][OUTPUT] = [fresh]
            cells[f"{name}$copy{first // most}"] = copy
            net = {"hide_name": 1, "bits": [fresh], "attributes": {}}
            module["netnames"][f"{name}$copy{first // most}_{OUTPUT}"] = net
            for sink, port, index in driven[first : first + most]:
                cells[sink]["connections"][port][index] = fresh
            fresh, added = fresh + 1, added + 1
    return added


def _inputs(cells: dict[str, Any]) -> dict[int, list[tuple[str, str, int]]]:
    """By net: cell, port and index of everything that it drives."""
    found = defaultdict(list)
    for name, cell in cells.items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "input":
                for index, bit in enumerate(bits):
                    found[bit].append((name, port, index))
    return found
