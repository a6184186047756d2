"""The paces of scheme "zero-bubble", from ``hwsim.timing``; and whether its last junction carries.

Where the last junction carries weights and left values until the output deltas are there, instead
of waiting for its next junction cycle, it learns from an input in the very cycle of its FF. Then FF
misses no update there, and copies are saved. It costs shift registers.
"""

from __future__ import annotations

from collections.abc import Sequence

from hwsim.design import Design
from hwsim.memory_bits import memory_bits
from hwsim.pace import Pace
from hwsim.timing import Latencies, Timing, can_carry, make_timings


def skewed_paces(design: Design, latencies: Sequence[Latencies], cycle: int) -> list[Pace]:
    """Of all junctions, junction 1 first, in scheme "zero-bubble".

    Args:
        design: the design.
        latencies: of the data paths of all junctions.
        cycle: clocks of the longest junction cycle.
    """
    plain, carried = (
        _paces_of(design, make_timings(design.shapes, latencies, carry=carry), cycle)
        for carry in (False, True)
    )
    wanted = design.hardware.carry
    if wanted is None:
        wanted = _bits(design, carried) <= _bits(design, plain)
    return carried if wanted and can_carry(design.shapes, latencies) else plain


def _paces_of(design: Design, timings: Sequence[Timing], cycle: int) -> list[Pace]:
    per_edge = design.number.profile == "prototype"
    paces = []
    for i, timing in enumerate(timings):
        age, offset = divmod(timing.start, cycle)
        # By edge, derivatives are read with the activations; else with the deltas, by the junction
        # to the left.
        slopes = timing.left_copies if per_edge or i == 0 else timings[i - 1].right_slope_copies
        times = (age, offset, timing.lag, timing.slack, timing.carry)
        paces.append(Pace(*times, slopes, timing.output_copies))
    return paces


def _bits(design: Design, paces: Sequence[Pace]) -> int:
    pairs = zip(design.shapes, paces, strict=True)
    return sum(memory_bits(design, shape, pace)["total"] for shape, pace in pairs)
