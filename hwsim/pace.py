"""When one junction works on which input, in blocks: the two schemes (see ``hwsim.schedule``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hwsim.design import Design
from hwsim.timing import Latencies, make_timings


@dataclass(frozen=True)
class Pace:
    """Of one junction.

    Attributes:
        forward_age: blocks since an input was loaded, when its FF begins.
        offset: clocks by which the junction is behind the block.
        lag: blocks from FF to BP and UP of the same input.
        slack: clocks that results are held back.
        slope_copies: of the left derivatives.
        output_copies: of the output deltas.
    """

    forward_age: int
    offset: int
    lag: int
    slack: int
    slope_copies: int
    output_copies: int


def prototype_pace(index: int, n_junctions: int) -> Pace:
    """Of junction ``index``, from 1, in scheme "prototype" (arXiv:1806.01087 section III-C)."""
    lag = 2 * (n_junctions - index) + 1
    return Pace(index, offset=0, lag=lag, slack=0, slope_copies=lag + 2, output_copies=2)


def skewed_paces(design: Design, latencies: Sequence[Latencies], cycle: int) -> list[Pace]:
    """Of all junctions, junction 1 first, in scheme "zero-bubble".

    Args:
        design: the design.
        latencies: of the data paths of all junctions.
        cycle: clocks of the longest junction cycle.
    """
    timings = make_timings(design.shapes, latencies)
    per_edge = design.number.profile == "prototype"
    paces = []
    for i, timing in enumerate(timings):
        age, offset = divmod(timing.start, cycle)
        # By edge, derivatives are read with the activations; else with the deltas, by the junction
        # to the left.
        slopes = timing.left_copies if per_edge or i == 0 else timings[i - 1].right_slope_copies
        paces.append(Pace(age, offset, timing.lag, timing.slack, slopes, timing.output_copies))
    return paces
