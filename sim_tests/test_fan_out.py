"""Copies of cells: the same function, and nothing drives more than it may."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy

import pytest

from fpga.netlist.fan_out import OUTPUTS, split

CLOCK, ENABLE, MOST = 2, 3, 10
DIRECTIONS = {
    "TRELLIS_FF": {"CLK": "input", "DI": "input", "CE": "input", "LSR": "input", "Q": "output"},
    "LUT4": {"A": "input", "B": "input", "Z": "output"},
}


def register(data: int, out: int) -> dict:
    return cell("TRELLIS_FF", CLK=CLOCK, DI=data, CE=ENABLE, Q=out)


def table(a: int | str, b: int | str, out: int) -> dict:
    return cell("LUT4", A=a, B=b, Z=out)


def cell(kind: str, **wires: int | str) -> dict:
    connections = {port: [bit] for port, bit in wires.items()}
    return {"type": kind, "port_directions": DIRECTIONS[kind], "connections": connections}


def wide(driven: int, hub: dict) -> dict[str, dict]:
    """A cell at net 5 that so many look-up tables read, every second one twice, and a register."""
    cells = {"hub": hub, "reader": register(5, 99)}
    return cells | {
        f"lut_{i}": table(5, 5 if i % 2 else "0", 100 + i) for i in range(driven)
    }  # fmt: skip


def ring(driven: int) -> dict[str, dict]:
    """A register, a look-up table behind it and the register behind that: all drive many."""
    cells = {"state": register(6, 5), "next": table(5, 7, 6), "itself": register(7, 7)}
    for net in (5, 6, 7):
        cells |= {f"lut_{net}_{i}": table(net, "1", 1000 * net + i) for i in range(driven)}
    return cells


def check(cells: dict[str, dict], most: int) -> Counter[str]:
    """Split, and show that every cell reads copies of what it read; how many were added."""
    module = {"cells": cells, "netnames": {}}
    before = deepcopy(cells)
    added = split({"modules": {"top": module}}, "top", most)
    driver, loads = {}, Counter()
    for name, each in cells.items():
        for port, (bit,) in each["connections"].items():
            if each["port_directions"][port] == "output":
                assert driver.setdefault(bit, name) == name, "two cells drive a net"
            elif port not in ("CE", "LSR"):
                loads[bit] += 1
    original = {
        net: before[driver[net].split("$copy")[0]]["connections"][
            OUTPUTS[cells[driver[net]]["type"]]
        ]
        for net in driver
    }
    for name, each in cells.items():
        was = before[name.split("$copy")[0]]
        assert each["type"] == was["type"]
        for port, bits in each["connections"].items():
            assert original.get(bits[0], bits) == was["connections"][port]
    assert max((n for net, n in loads.items() if net in driver), default=0) <= most
    assert len(cells) == len(before) + sum(added.values())
    return Counter(added)


@pytest.mark.parametrize("driven", [1, 6, 9, 10, 40])
@pytest.mark.parametrize("hub", [register(4, 5), table(4, "1", 5)], ids=["register", "table"])
def test_as_few_copies_as_there_can_be(driven, hub):
    inputs = driven + driven // 2 + 1
    added = check(wide(driven, deepcopy(hub)), MOST)
    assert added[hub["type"]] == -(-inputs // MOST) - 1 == sum(added.values())


@pytest.mark.parametrize("driven", [5, 9, 10, 11, 50, 300])
def test_copies_that_drive_each_other_come_to_an_end(driven):
    assert sum(check(ring(driven), MOST).values()) <= 3 * (driven // 4 + 3)


def test_new_nets_are_new():
    """Also where the highest ones lead to an enable only, or have but a name."""
    cells = wide(40, register(4, 5)) | {"late": cell("TRELLIS_FF", CLK=CLOCK, DI=5, CE=900, Q=98)}
    module = {"cells": cells, "netnames": {"port": {"bits": [901, "0"]}}}
    split({"modules": {"top": module}}, "top", MOST)
    new = [net for name in cells if "$copy" in name for net in cells[name]["connections"]["Q"]]
    assert min(new) > 901


@pytest.mark.parametrize("port", ["CE", "LSR"])
def test_enables_and_resets_of_flip_flops_are_one_net(port):
    registers = {
        f"register_{i}": cell("TRELLIS_FF", CLK=CLOCK, DI=100 + i, Q=200 + i, **{port: ENABLE})
        for i in range(50)
    }
    hub = {"hub": cell("TRELLIS_FF", CLK=CLOCK, DI=4, Q=ENABLE)}
    assert not sum(check(hub | registers, MOST).values())
    readers = {f"lut_{i}": table(ENABLE, "0", 300 + i) for i in range(2 * MOST + 1)}
    cells = deepcopy(hub | registers | readers)
    assert check(cells, MOST)["TRELLIS_FF"] == 2
    assert {cells[name]["connections"][port][0] for name in registers} == {ENABLE}
