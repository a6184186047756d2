"""The figures of one junction: dimensions, memories, storage, and how well its pattern mixes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hwsim.checks import goodness
from hwsim.checks.pattern_count import access_patterns, access_patterns_log2, address_bits
from hwsim.checks.problems import Kind
from hwsim.design import Design, JunctionShape, Pattern
from hwsim.schedule import JunctionSchedule, Schedule

EXACT_BELOW_LOG2 = 99.6  # about 10^30
"""Numbers of patterns are written out below this."""


@dataclass(frozen=True)
class JunctionReport:
    """One junction's figures; names as in docs/architecture.md, storage in bits.

    ``staleness`` is how many updates of the most recent inputs FF misses, ``carry`` for how many
    clocks BP and UP wait for their deltas with what was read for FF; 0 if they read anew.

    ``access_patterns`` is None for a pattern from a file, ``scatter`` {forward, backward}. Goodness
    is None where it was not asked for or the junction is too large.
    """

    junction: int
    n_left: int
    n_right: int
    d_out: int
    d_in: int
    z: int
    n_edges: int
    density: float
    depth: int
    junction_cycle: int
    block_cycle: int
    staleness: int
    carry: int
    copies: dict[str, int]
    memory_bits: dict[str, int]
    address_bits: int
    access_patterns: dict[str, float | str | None] | None
    scatter: dict[str, float | None] | None
    spread: int | None
    dispersion: float | None
    counts: dict[Kind, int]


def report_junction(
    design: Design,
    schedule: Schedule,
    junction: JunctionSchedule,
    counts: dict[Kind, int],
    scatter: Sequence[float | None] | None,
) -> JunctionReport:
    """Gather a junction's figures.

    Args:
        design: the design.
        schedule: of the design.
        junction: of the schedule.
        counts: number of problems of each kind in the junction.
        scatter: its (forward, backward) scatter; without, spread and dispersion are left out too.
    """
    shape, pattern = junction.shape, design.patterns[junction.shape.index - 1]
    pi = goodness.edge_permutation(junction.interleaver) if scatter else None
    return JunctionReport(
        junction=shape.index,
        n_left=shape.n_left,
        n_right=shape.n_right,
        d_out=shape.d_out,
        d_in=shape.d_in,
        z=shape.z,
        n_edges=shape.n_edges,
        density=shape.density,
        depth=shape.depth,
        junction_cycle=shape.junction_cycle,
        block_cycle=schedule.block_cycle,
        staleness=junction.staleness,
        carry=junction.pace.carry,
        copies=junction.copies,
        memory_bits=junction.memory_bits(design),
        address_bits=address_bits(shape, pattern),
        access_patterns=None if pattern.file is not None else _count(shape, pattern),
        scatter=dict(zip(("forward", "backward"), scatter, strict=True)) if scatter else None,
        spread=None if pi is None else goodness.spread(pi),
        dispersion=None if pi is None else goodness.dispersion(pi, shape.n_left),
        counts=counts,
    )


def _count(shape: JunctionShape, pattern: Pattern) -> dict[str, float | str | None]:
    log2 = access_patterns_log2(shape, pattern)
    exact = str(access_patterns(shape, pattern)) if log2 < EXACT_BELOW_LOG2 else None
    return {"log2": log2, "exact": exact}
