"""LUTs as the complexity of a design, for ``clashfree search``."""

from __future__ import annotations

from fpga.estimate.estimate import estimate
from hwsim.schedule import Schedule

FAMILY = "ecp5"


def luts(schedule: Schedule) -> float:
    """LUTs of an ECP5 as ``clashfree estimate`` counts them."""
    return estimate(schedule, FAMILY).total.lut
