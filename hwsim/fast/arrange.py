"""Which layout a junction gets."""

from __future__ import annotations

from hwsim.fast.layout import Layout, detached
from hwsim.fast.layout_by_left import by_left
from hwsim.fast.layout_by_right import by_right, is_cheap
from hwsim.schedule import JunctionSchedule


def lay_out(part: JunctionSchedule, bits: int) -> Layout:
    """What costs least for this junction, with words of 16 or 32 bits."""
    part = detached(part)
    return by_right(part) if is_cheap(part) else by_left(part, bits)
