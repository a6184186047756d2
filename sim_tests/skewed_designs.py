"""Designs of scheme "zero-bubble"."""

from __future__ import annotations

from small_designs import make

from hwsim.design import Design
from hwsim.design_file import make_design
from hwsim.errors import BadInput

NETS = {
    "digits": ([64, 80, 10], [10, 1], [32, 4]),
    "three alike": ([12, 12, 12, 12], [4, 4, 4], [4, 4, 4]),
    "neurons that span clocks": ([18, 12, 10, 6, 3], [4, 5, 3, 2], [6, 4, 5, 3]),
    "one junction": ([9, 6], [4], [3]),
    "depth 1": ([16, 16, 8], [8, 8], [16, 16]),
    "results wait in a memory": ([16, 16, 8], [8, 8], [1, 1]),
    "four junctions, deep banks": ([24, 24, 24, 24, 12], [6, 6, 6, 6], [8, 8, 8, 8]),
}
"""Names of nets with room for a register or none."""

STAGES = {"network": 1, "multiplier": 2, "product": 1, "tree": 1, "activation": 1}

REGISTERS = {"digits": 3, "three alike": 2, "four junctions, deep banks": STAGES}


FEWER = REGISTERS | {"four junctions, deep banks": {"network": 1, "tree": 1, "activation": 1}}
"""With which the last junction of every net can carry."""


def design_of(name: str, profile: str = "default", **hardware: object) -> Design:
    registers = FEWER if hardware.get("carry") else REGISTERS
    keys = {"scheme": "zero-bubble", "registers": registers.get(name, 0), **hardware}
    sections = make(*NETS[name], **keys).sections()
    return make_design({**sections, "number": {"profile": profile, "int_bits": 2}})


def at_most(registers: int | dict[str, int], most: int) -> int | dict[str, int]:
    """Registers with no more than that in any stage."""
    if isinstance(registers, int):
        return min(registers, most)
    return {stage: min(count, most) for stage, count in registers.items()}


def in_scheme(design: Design) -> Design | None:
    """The same design in scheme "zero-bubble", with as many registers as fit; None if none do."""
    given = design.sections()["hardware"]
    for most in range(max(count for _, count in design.registers), -1, -1):
        hardware = {**given, "scheme": "zero-bubble", "forwarding": True}
        try:
            hardware["registers"] = at_most(given["registers"], most)
            return make_design({**design.sections(), "hardware": hardware})
        except BadInput:
            continue
    return None
