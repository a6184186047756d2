"""Synthesis: what yosys is told, and what it found."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from fpga import steps
from fpga.boards import Device

SYNTHESIS = {"ecp5": "synth_ecp5", "series-7": "synth_xilinx -flatten -family xc7"}

SMALL = {"ecp5": "-nowidelut", "series-7": ""}
"""Added if multipliers become logic: without wide multiplexers they take 40 % less of it, and are
6 % slower."""

LUTS = {
    "ecp5": {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 4},
    "series-7": {f"LUT{inputs}": 1 for inputs in range(1, 7)}
    | {"INV": 1, "SRL16E": 1, "SRLC32E": 1, "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4}
    | {"RAM32M": 4, "RAM64M": 4, "RAM32X1S": 1, "RAM64X1S": 1, "RAM128X1S": 2, "RAM256X1S": 4},
}
"""Look-up tables in a cell."""

OWN = ("yosys.py", "netlist/*.py")
"""Files of ours that have a part in it."""

FLIP_FLOPS = {
    "ecp5": {"TRELLIS_FF": 1},
    "series-7": {"FDRE": 1, "FDSE": 1, "FDCE": 1, "FDPE": 1},
}
MULTIPLIERS = {"ecp5": {"MULT18X18D": 1}, "series-7": {"DSP48E1": 1}}
BLOCKS = {"ecp5": {"DP16KD": 1}, "series-7": {"RAMB36E1": 1, "RAMB18E1": 0.5}}
RAM_LUTS = {
    family: {cell: n for cell, n in LUTS[family].items() if cell.startswith(("TRELLIS_DPR", "RAM"))}
    for family in LUTS
}


@dataclass(frozen=True)
class Use:
    """How much of a kind of resource is used, of how much."""

    used: float
    available: int

    @property
    def percent(self) -> float:
        return round(100 * self.used / self.available, 1)


@dataclass(frozen=True)
class Synthesis:
    """What a synthesis found.

    Attributes:
        utilisation: by resource.
        memories_in_flip_flops: memories that fit no RAM of the device.
        multipliers_in_blocks, multipliers_in_logic: of the design.
        operand_registers, product_registers: multipliers whose registers before and behind are
            those of the DSP block; None where that is left to another tool.
        memory_registers: bits of registers behind block RAMs that are those of the block; None
            likewise.
        seconds: how long it took.
    """

    utilisation: dict[str, Use]
    memories_in_flip_flops: int
    multipliers_in_blocks: int
    multipliers_in_logic: int
    operand_registers: int | None
    product_registers: int | None
    memory_registers: int | None
    seconds: float


def synthesise(source: str, top: str, device: Device, folder: Path) -> Synthesis:
    """Synthesise ``source`` (a file in ``folder``); for ECP5 write ``netlist.json`` there.

    Raises:
        Refused: if yosys fails.
    """
    is_ecp5 = device.family == "ecp5"
    settings = {
        "source": f"../{source}",
        "top": top,
        "synthesis": SYNTHESIS[device.family],
        "small": SMALL[device.family],
        "multipliers": device.multipliers,
        "multiplier_bits": device.multiplier_bits,
        "netlist": is_ecp5,
    }
    step = steps.Step(
        name="synthesis",
        what="synthesis",
        command=(sys.executable, "-m", "fpga.yosys", json.dumps(settings)),
        inputs=(source,),
        outputs=("synthesis.json", "netlist.json") if is_ecp5 else ("synthesis.json",),
        tools=(f"pyosys {version('pyosys')}", _code()),
        stage=stage,
    )
    record = steps.run(step, folder)
    found = json.loads((folder / "synthesis.json").read_text())
    registers = found.get("registers", {})
    return Synthesis(
        utilisation=utilisation(found["cells"], device),
        memories_in_flip_flops=found["memories_in_flip_flops"],
        multipliers_in_blocks=found["multipliers"]["in_blocks"],
        multipliers_in_logic=found["multipliers"]["in_logic"],
        operand_registers=registers.get("operands"),
        product_registers=registers.get("products"),
        memory_registers=registers.get("in_memories"),
        seconds=record.seconds,
    )


def _code() -> str:
    """Our own part of the work, which has no version of its own."""
    folder = Path(__file__).parent
    files = sorted(path for pattern in OWN for path in folder.glob(pattern))
    texts = b"".join(path.read_bytes() for path in files)
    return f"clashfree {hashlib.sha256(texts).hexdigest()}"


def stage(line: str) -> str | None:
    """The pass that yosys begins: "2.27.1. Executing OPT_EXPR pass (perform const folding)."."""
    number, _, rest = line.partition(" ")
    if not (number.endswith(".") and rest.startswith("Executing ")):
        return None
    return rest.removeprefix("Executing ").split(" pass")[0].split("(")[0].strip(" .\n")


def utilisation(cells: dict[str, int], device: Device) -> dict[str, Use]:
    """Resources from the cells of a mapped netlist."""

    def count(kinds: dict[str, dict[str, float]]) -> float:
        total = sum(n * cells.get(cell, 0) for cell, n in kinds[device.family].items())
        return int(total) if total == int(total) else total

    return {
        "lut": Use(count(LUTS), device.luts),
        "flip_flop": Use(count(FLIP_FLOPS), device.flip_flops),
        "multiplier": Use(count(MULTIPLIERS), device.multipliers),
        "block_ram": Use(count(BLOCKS), device.blocks),
        "lut_ram": Use(count(RAM_LUTS), device.ram_luts),
    }
