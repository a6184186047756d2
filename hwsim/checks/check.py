"""The check of a design before anybody builds it: is every pattern legal, safe and good.

A report is about structure alone; no number of the network is looked at. Definitions, formulas:
docs/architecture.md; patterns arXiv:1711.06935, scatter arXiv:1711.02131.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from hwsim.checks import goodness
from hwsim.checks.connection_graph import MAX_EDGES, ConnectionGraph
from hwsim.checks.junction_report import JunctionReport, report_junction
from hwsim.checks.problems import KINDS, Kind, Problem, find_problems
from hwsim.design import Design
from hwsim.schedule import Schedule


@dataclass(frozen=True)
class Report:
    """What a check found.

    Args:
        ok: whether there is no problem at all.
        problems: by junction and kind, at most ``problems.SHOWN`` of each.
        counts: true number of problems of each kind, all junctions together.
        warnings: what does no harm but should be known.
        junctions: figures of each junction, junction 1 first.
        scatter: the 2L + 2 ``values`` and their smallest, the ``score``; None if not asked for.
        assumed: kinds that were not looked for, and what was assumed instead.
    """

    ok: bool
    problems: tuple[Problem, ...]
    counts: dict[Kind, int]
    warnings: tuple[str, ...]
    junctions: tuple[JunctionReport, ...]
    scatter: dict[str, Any] | None
    assumed: dict[Kind, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give the report as plain JSON types."""
        return asdict(self)


def check(design: Design, schedule: Schedule, *, with_goodness: bool | None = None) -> Report:
    """Check every junction of a design.

    Args:
        design: the design.
        schedule: its schedule, ``make_schedule(design)``.
        with_goodness: whether to compute scatter, spread and dispersion, the slowest part; None:
            up to ``goodness.MAX_UNASKED_EDGES`` edges, with a warning beyond.
    """
    left_out = _left_out(design) if with_goodness is None else []
    with_goodness = not left_out if with_goodness is None else with_goodness
    found = [find_problems(junction) for junction in schedule.junctions]
    counts = [{kind: problems[kind].count for kind in KINDS} for problems in found]
    totals = {kind: sum(count[kind] for count in counts) for kind in KINDS}
    interleavers = [junction.interleaver for junction in schedule.junctions]
    scatter = goodness.scatter(interleavers) if with_goodness else ()
    junctions = tuple(
        report_junction(design, schedule, junction, counts[i], scatter[2 * i : 2 * i + 2] or None)
        for i, junction in enumerate(schedule.junctions)
    )
    warnings = [*_timing(schedule), *_banks(schedule), *_graph(schedule), *left_out]
    warnings += _goodness(junctions, scatter) if with_goodness else []
    return Report(
        ok=not any(totals.values()),
        problems=tuple(p for problems in found for kind in KINDS for p in problems[kind].problems),
        counts=totals,
        warnings=tuple(warnings),
        junctions=junctions,
        scatter=_scatter_of_net(scatter) if with_goodness else None,
    )


def _scatter_of_net(values: Sequence[float | None]) -> dict[str, Any]:
    return {"values": list(values), "score": None if None in values else min(values)}


def _left_out(design: Design) -> list[str]:
    """The warning of goodness that nobody asked for and that would take long."""
    n_edges = sum(shape.n_edges for shape in design.shapes)
    if n_edges <= goodness.MAX_UNASKED_EDGES:
        return []
    return [
        "scatter, spread and dispersion were left out, since they take long for "
        f"{n_edges} edges: --scatter computes them"
    ]


def _timing(schedule: Schedule) -> Iterator[str]:
    longest = schedule.junction_cycle
    cycles = [junction.shape.junction_cycle for junction in schedule.junctions]
    if len(set(cycles)) > 1:
        idle = ", ".join(
            f"junction {i} for {100 * (longest - cycle) / longest:.0f} % of them"
            for i, cycle in enumerate(cycles, 1)
            if cycle < longest
        )
        listed = ", ".join(str(cycle) for cycle in cycles)
        yield f"junction cycles are unequal ({listed} clocks): all take {longest}, idle is {idle}"
    if schedule.stalls:
        yield f"clashes stall every junction; clocks lost per input: {schedule.stalls}"


def _banks(schedule: Schedule) -> Iterator[str]:
    for shape in (junction.shape for junction in schedule.junctions):
        if shape.fold > 1:
            before = schedule.junctions[shape.index - 2].shape.right_banks
            yield (
                f"junction {shape.index} has z = {shape.z} lanes, fewer than the {before} neurons "
                f"that junction {shape.index - 1} can finish in one clock: each of its left banks "
                f"is built as {shape.fold}"
            )


def _graph(schedule: Schedule) -> list[str]:
    interleavers = [junction.interleaver for junction in schedule.junctions]
    n_edges = sum(interleaver.shape.n_edges for interleaver in interleavers)
    if n_edges > MAX_EDGES:
        return [f"neurons without connection were not looked for: {n_edges} edges are too many"]
    return ConnectionGraph(interleavers).warnings()


def _goodness(
    junctions: Sequence[JunctionReport], scatter: Sequence[float | None]
) -> Iterator[str]:
    for junction in junctions:
        for name in ("spread", "dispersion"):
            if getattr(junction, name) is None and junction.n_edges > 1:
                yield (
                    f"junction {junction.junction}: {name} was not computed, "
                    f"{junction.n_edges} edges are too many"
                )
    if None in scatter:
        yield "scatter of the whole net was not computed: it has too many edges"
