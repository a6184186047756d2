"""A check's report as people read it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from hwsim.checks.check import Report
from hwsim.checks.junction_report import JunctionReport
from hwsim.checks.problems import Problem
from hwsim.cli import output

SHOWN = 5
"""Problems of one kind and junction that people are shown."""

COLUMNS = 5
"""Junctions side by side in a table."""

ROWS = {
    "n_left": "left neurons",
    "n_right": "right neurons",
    "d_out": "out-degree",
    "d_in": "in-degree",
    "n_edges": "edges",
    "density": "density",
    "z": "lanes (z)",
    "depth": "words per left bank",
    "junction_cycle": "junction cycle, clocks",
    "block_cycle": "block cycle, clocks",
    "staleness": "staleness, updates",
    "carry": "carry, clocks",
    "copies": "copies",
    "memory_bits": "memory, bits",
    "address_bits": "address storage, bits",
    "access_patterns": "access patterns",
    "scatter": "scatter",
    "spread": "spread",
    "dispersion": "dispersion",
    "counts": "problems",
}


def show_report(report: Report, name: str) -> None:
    """Print figures, warnings, the first problems and, last, the verdict on ``name``."""
    for start in range(0, len(report.junctions), COLUMNS):
        shown = report.junctions[start : start + COLUMNS]
        head = ["junction", *(junction.junction for junction in shown)]
        output.show_table(head, list(_rows(shown)))
    if report.scatter is not None:
        score = report.scatter["score"]
        output.say(f"scatter of the net: {output.cell(score)} (1 is best)")
    for text in report.warnings:
        output.warn(text)
    for (junction, _), problems in groupby(report.problems, lambda p: (p.junction, p.kind)):
        _show_problems(list(problems), report.junctions[junction - 1])
    failed = ", ".join(f"{n} x {kind.replace('_', ' ')}" for kind, n in report.counts.items() if n)
    output.say(f"{name}: {'ok' if report.ok else f'FAILED: {failed}'}")


def _rows(junctions: tuple[JunctionReport, ...]) -> Iterator[list[object]]:
    for field, name in ROWS.items():
        values = [getattr(junction, field) for junction in junctions]
        if all(value is None for value in values):
            continue
        if field == "access_patterns":
            yield [name, *(_pattern_count(value) for value in values)]
        elif isinstance(values[0], dict):
            for key in values[0]:
                yield [f"{name}: {key.replace('_', ' ')}", *(value[key] for value in values)]
        else:
            yield [name, *values]


def _pattern_count(value: dict[str, object] | None) -> object:
    if value is None:
        return None
    exact = value["exact"]
    short = exact is not None and len(exact) <= len("1000000")
    return exact if short else f"2^{value['log2']:.1f}"


def _show_problems(problems: list[Problem], junction: JunctionReport) -> None:
    for problem in problems[:SHOWN]:
        output.say(f"{problem.place}: {problem.kind.replace('_', ' ')}: {problem.detail}")
    more = junction.counts[problems[0].kind] - SHOWN
    if more > 0:
        output.say(f"  and {more} more of this kind in junction {junction.junction}")
