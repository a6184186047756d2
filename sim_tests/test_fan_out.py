"""Copies of registers: the same function, and nothing drives more than it may."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy

import pytest

from fpga.netlist.fan_out import split

CLOCK, DATA, ENABLE, KEPT = 2, 3, 4, 5
PORTS = {"CLK": "input", "DI": "input", "CE": "input", "Q": "output"}


def register(data: int, out: int) -> dict:
    connections = {"CLK": [CLOCK], "DI": [data], "CE": [ENABLE], "Q": [out]}
    return {"type": "TRELLIS_FF", "port_directions": PORTS, "connections": connections}


def netlist(driven: int) -> dict:
    """A register that so many look-up tables and itself read; one net has no name."""
    cells = {"hub": register(DATA, KEPT)}
    for i in range(driven):
        connections = {"A": [KEPT], "B": [KEPT if i % 2 else "0"], "Z": [100 + i]}
        directions = {"A": "input", "B": "input", "Z": "output"}
        cells[f"lut_{i}"] = {
            "type": "LUT4", "port_directions": directions, "connections": connections,
        }  # fmt: skip
    cells["reader"] = register(KEPT, 99)
    names = {"kept": {"hide_name": 0, "bits": [KEPT], "attributes": {}}}
    return {"modules": {"top": {"cells": cells, "netnames": names}}}


def drivers(cells: dict) -> dict[int, dict]:
    """By net, the cell that drives it; a net has one driver."""
    found: dict[int, dict] = {}
    for cell in cells.values():
        for port, bits in cell["connections"].items():
            for bit in bits if cell["port_directions"][port] == "output" else []:
                assert bit not in found
                found[bit] = cell
    return found


@pytest.mark.parametrize("driven", [1, 9, 10, 40])
def test_every_input_is_driven_by_a_register_that_loads_the_same(driven):
    given = netlist(driven)
    before, cells = deepcopy(given["modules"]["top"]["cells"]), given["modules"]["top"]["cells"]
    inputs = driven + driven // 2 + 1
    assert split(given, "top", most=10) == -(-inputs // 10) - 1 == len(cells) - len(before)
    driver, loads = drivers(cells), Counter()
    for name, cell in before.items():
        for port, bits in cell["connections"].items():
            for old, new in zip(bits, cells[name]["connections"][port], strict=True):
                if old != KEPT or cell["port_directions"][port] == "output":
                    assert new == old
                    continue
                loads[new] += 1
                copy = driver[new]["connections"]
                assert (copy["CLK"], copy["DI"], copy["CE"]) == ([CLOCK], [DATA], [ENABLE])
    assert sum(loads.values()) == inputs
    assert max(loads.values()) <= 10
