"""Does a design fit on a device? A count of what is certain, made before any tool runs.

Counted are the multipliers of the design and the bits of its memories. More multipliers than DSP
blocks are no reason to refuse: the rest become logic, and it is their logic that may be too much.
After synthesis the resources it found are held to the device once more.
"""

from __future__ import annotations

from fpga.boards import Device
from fpga.resources import NAMES
from fpga.synthesis import Use
from hwsim.checks.multipliers import multipliers
from hwsim.design import Design
from hwsim.errors import Refused
from hwsim.schedule import Schedule

LUTS_PER_BIT = {"ecp5": 2.0, "series-7": 1.5}
"""Look-up tables of a multiplier in logic per bit of one operand times bits of the other: counted
after synthesis of 10x10 and 12x12 bits."""


def shortages(design: Design, schedule: Schedule, device: Device) -> list[str]:
    """What the device has too little of, and by how much."""
    bits = sum(part.memory_bits(design)["total"] for part in schedule.junctions)
    wanted = sum(multipliers(design, part)["total"] for part in schedule.junctions)
    in_logic = max(0, wanted - device.multipliers)
    luts = round(in_logic * LUTS_PER_BIT[device.family] * design.fixed_point.width**2)
    found = []
    if bits > device.memory_bits:
        more = bits - device.memory_bits
        found.append(f"{bits} bits of memory, {more} more than its {device.memory_bits}")
    if luts > device.luts:
        found.append(
            f"{wanted} multipliers, {in_logic} more than its {device.multipliers} DSP blocks, "
            f"which in logic take {luts} LUTs, {luts - device.luts} more than its {device.luts}"
        )
    return found


def check_fit(design: Design, schedule: Schedule, device: Device) -> None:
    """Raise ``Refused`` if the design certainly does not fit on the device."""
    found = shortages(design, schedule, device)
    if found:
        raise Refused(f"the design does not fit on {device.name}: it has {'; and '.join(found)}")


def check_use(utilisation: dict[str, Use], device: Device) -> None:
    """Raise ``Refused`` if synthesis found that more of something is needed than there is."""
    found = [
        f"{use.used} {NAMES[name]}, {use.used - use.available} more than its {use.available}"
        for name, use in utilisation.items()
        if use.used > use.available
    ]
    if found:
        needs = "; and ".join(found)
        raise Refused(f"the design does not fit on {device.name}: after synthesis it needs {needs}")
