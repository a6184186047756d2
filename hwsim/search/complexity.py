"""What a design costs on this accelerator, in one figure.

Other packages add figures of their own as entry points in the group ``clashfree.complexities``:
functions of a schedule. So does ``fpga`` with LUTs.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from hwsim.schedule import Schedule

Complexity = Callable[[Schedule], float]

GROUP = "clashfree.complexities"


def clocks(schedule: Schedule) -> float:
    """Clocks per input in steady state, of training."""
    return schedule.block_cycle


def parameters(schedule: Schedule) -> float:
    """Weights and biases."""
    return sum(part.shape.n_edges + part.shape.n_right for part in schedule.junctions)


def memory_bits(schedule: Schedule) -> float:
    """Bits of all memories, as ``check`` counts them."""
    return sum(part.memory_bits(schedule.design)["total"] for part in schedule.junctions)


OURS: dict[str, Complexity] = {
    "clocks": clocks,
    "parameters": parameters,
    "memory_bits": memory_bits,
}


def names() -> list[str]:
    """Of all there are."""
    return [*OURS, *sorted({point.name for point in entry_points(group=GROUP)} - set(OURS))]


def find(name: str) -> Complexity:
    """The one of that name."""
    if name in OURS:
        return OURS[name]
    (point,) = entry_points(group=GROUP, name=name)
    return point.load()
