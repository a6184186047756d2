"""Copies of what drives very many inputs, so that each copy drives some that lie together.

A signal that goes to hundreds of places, such as the address of all banks, spends most of a clock
on its way across an FPGA, and keeps a router busy. The register or look-up table that drives it is
copied: the copies have the same inputs, so they say the same in every clock, and each drives part
of what the one did, in neighbouring blocks by their names.

Enables and resets of flip-flops do not count. All that are placed together share one wire, as long
as one cell drives it: of copies each needs a tree of wires over most of the FPGA. Those of block
RAMs and multipliers, which are few, do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from copy import deepcopy
from itertools import chain, pairwise
from typing import Any

OUTPUTS = {"LUT4": "Z", "TRELLIS_FF": "Q"}
"""Of the cells that are copied."""
SHARED = {("TRELLIS_FF", "CE"), ("TRELLIS_FF", "LSR")}
"""Inputs that do not count, by type of cell and port."""

MOST = 250
"""Inputs that one cell may drive."""

Input = tuple[str, str, int]
"""Cell, port and index."""
Inputs = dict[int, list[Input]]
"""By net, everything that it drives."""


def split(netlist: dict[str, Any], top: str, most: int = MOST) -> dict[str, int]:
    """Copy the cells of a netlist that drive more than ``most`` inputs; how many copies, by type.

    Args:
        netlist: as yosys writes it (JSON); changed.
        top: the module.
        most: inputs that one cell may drive.
    """
    module = _Module(netlist["modules"][top])
    waiting = sorted(module.cells)
    while waiting:  # a copy makes what it reads drive more
        waiting += module.share(waiting.pop(), most)
    return dict(module.copies)


class _Module:
    """One module: its cells, and what every net drives and is driven by."""

    def __init__(self, module: dict[str, Any]) -> None:
        self.cells, self.names = module["cells"], module["netnames"]
        self.inputs: Inputs = defaultdict(list)
        self.driver: dict[int, str] = {}
        for name, cell in self.cells.items():
            self._enter(name, cell)
        self.free = 1 + max(self._nets(), default=0)
        self.copies: Counter[str] = Counter(dict.fromkeys(OUTPUTS, 0))

    def _enter(self, name: str, cell: dict[str, Any]) -> list[str]:
        """Note what a cell drives and reads; returns who drives that."""
        drivers = []
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "output":
                self.driver.update(dict.fromkeys(bits, name))
                continue
            if (cell["type"], port) in SHARED:
                continue
            for index, bit in enumerate(bits):
                self.inputs[bit].append((name, port, index))
                drivers += [self.driver[bit]] if bit in self.driver else []
        return drivers

    def _nets(self) -> Iterator[int]:
        """Every net of a cell, or that has a name."""
        wires = [bits for cell in self.cells.values() for bits in cell["connections"].values()]
        wires += [name["bits"] for name in self.names.values()]
        return (bit for bit in chain.from_iterable(wires) if isinstance(bit, int))

    def share(self, name: str, most: int) -> list[str]:
        """Let copies of a cell drive parts of what it does, equal ones; who now drives more."""
        cell, more = self.cells[name], []
        output = OUTPUTS.get(cell["type"])
        driven = sorted(self.inputs[cell["connections"][output][0]]) if output else []
        parts = -(-len(driven) // most)
        if parts < 2:
            return []
        ends = [len(driven) * part // parts for part in range(parts + 1)]
        self.inputs[cell["connections"][output][0]] = driven[: ends[1]]
        for first, end in pairwise(ends[1:]):
            more += self._copy(name, output, driven[first:end])
        return more

    def _copy(self, name: str, output: str, driven: list[Input]) -> list[str]:
        """A copy of a cell that drives these inputs; who drives what it reads."""
        copy, net = deepcopy(self.cells[name]), self.free
        self.free += 1
        copy_name = f"{name}$copy{net}"
        copy["connections"][output] = [net]
        self.cells[copy_name] = copy
        self.names[f"{copy_name}_{output}"] = {"hide_name": 1, "bits": [net], "attributes": {}}
        self.copies[copy["type"]] += 1
        for sink, port, index in driven:
            self.cells[sink]["connections"][port][index] = net
        more = self._enter(copy_name, copy)
        self.inputs[net] = driven
        return more
