"""Does a design fit on a device? Its memories and its estimate, before any tool runs.

What is too large even if the estimate is as far off as it may be is refused; where it may be too
large, there is a warning. After synthesis the resources it found are held to the device once more.
The link to a host is not counted.
"""

from __future__ import annotations

from dataclasses import asdict

from fpga.boards import Device
from fpga.estimate.estimate import estimate
from fpga.estimate.families import FAMILY_OF
from fpga.resources import NAMES
from fpga.synthesis import Use
from hwsim.design import Design
from hwsim.errors import Refused
from hwsim.schedule import Schedule

ACCURACY = 0.15
"""Of the estimate, as docs/estimate.md has it."""


def shortages(design: Design, schedule: Schedule, device: Device) -> list[str]:
    """What the device certainly has too little of, and by how much."""
    bits = sum(part.memory_bits(design)["total"] for part in schedule.junctions)
    found = []
    if bits > device.memory_bits:
        more = bits - device.memory_bits
        found.append(f"{bits} bits of memory, {more} more than its {device.memory_bits}")
    for name, use in estimated(schedule, device).items():
        if use.used * (1 - ACCURACY) > use.available:
            more = use.used - use.available
            found.append(f"{_about(name, use)}, {more} more than its {use.available}")
    return found


def doubts(schedule: Schedule, device: Device) -> list[str]:
    """What the device may have too little of."""
    return [
        f"the design may not fit on {device.name}: {_about(name, use)} of its {use.available}"
        for name, use in estimated(schedule, device).items()
        if use.used * (1 - ACCURACY) <= use.available < use.used * (1 + ACCURACY)
    ]


def estimated(schedule: Schedule, device: Device) -> dict[str, Use]:
    """What the accelerator will take of a device; no more DSP blocks than it has."""
    total = asdict(estimate(schedule, FAMILY_OF[device.family], device.multipliers).total)
    there = {
        "lut": device.luts,
        "flip_flop": device.flip_flops,
        "block_ram": device.blocks,
        "lut_ram": device.ram_luts,
    }
    return {name: Use(round(total[name]), available) for name, available in there.items()}


def _about(name: str, use: Use) -> str:
    return f"about {use.used} {NAMES[name]} (estimated)"


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
