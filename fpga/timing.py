"""What nextpnr's timing report says: Fmax, and where on the critical path the time goes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import Any

WRAPPING = {"system", "accelerator", "core"}
"""Modules around the blocks; they are named only where nothing is within."""

DEPTH = 2
"""Names that make a block: a junction or layer, and what is in it."""

OUTSIDE = "top"
"""What is in none of them."""

_COUNTER = re.compile(r"\$\d+$")


@dataclass(frozen=True)
class Stretch:
    """Part of a path that runs within one block.

    Attributes:
        block: its name.
        logic_ns, routing_ns: time spent in cells and on wires; a wire counts for the block that
            drives it.
        cells: how many it goes through.
    """

    block: str
    logic_ns: float
    routing_ns: float
    cells: int


@dataclass(frozen=True)
class Path:
    """The slowest path from register to register."""

    ns: float
    logic_ns: float
    routing_ns: float
    blocks: tuple[Stretch, ...]


@dataclass(frozen=True)
class Timing:
    """What the clock of the accelerator can be.

    Attributes:
        fmax_mhz: the fastest clock at which nextpnr's model of the device promises that it works.
        critical_path: why not faster.
    """

    fmax_mhz: float
    critical_path: Path


def timing(report: dict[str, Any]) -> Timing:
    """Fmax and critical path of the slowest clock of a report.

    Raises:
        ValueError: if the report holds no path from register to register.
    """
    if not report["fmax"]:
        raise ValueError("the timing report holds no clock")
    clock = min(report["fmax"], key=lambda name: report["fmax"][name]["achieved"])
    edge = f"posedge {clock}"
    found = [p for p in report["critical_paths"] if p["from"] == edge and p["to"] == edge]
    if not found:
        raise ValueError(f"the timing report holds no path of clock {clock}")
    return Timing(round(report["fmax"][clock]["achieved"], 2), _path(found[0]["path"]))


def _path(segments: list[dict[str, Any]]) -> Path:
    stretches = [
        _stretch(block, list(part))
        for block, part in groupby(segments, key=lambda segment: block_of(segment["from"]["cell"]))
    ]
    logic = sum(stretch.logic_ns for stretch in stretches)
    routing = sum(stretch.routing_ns for stretch in stretches)
    return Path(round(logic + routing, 2), round(logic, 2), round(routing, 2), tuple(stretches))


def _stretch(block: str, segments: list[dict[str, Any]]) -> Stretch:
    routing = [segment for segment in segments if segment["type"] == "routing"]
    logic = [segment for segment in segments if segment["type"] != "routing"]
    return Stretch(block, _sum(logic), _sum(routing), len(logic))


def _sum(segments: list[dict[str, Any]]) -> float:
    return round(sum(segment["delay"] for segment in segments), 2)


def block_of(cell: str) -> str:
    """The block that a cell is in, from the name yosys gave it after the nearest signal.

    >>> block_of("system.accelerator.core.junction_1.update$123.product$44_MULT18X18D_P9")
    'junction_1.update'
    >>> block_of("rx_synchronizer.stage0")
    'rx_synchronizer'
    """
    names = [_COUNTER.sub("", name) for name in cell.split(".")[:-1]]
    around = OUTSIDE
    while names and names[0] in WRAPPING:
        around = names.pop(0)
    return ".".join(names[:DEPTH]) or around
