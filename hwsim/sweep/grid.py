"""The designs of a sweep: one design file, and every combination of the values of its axes."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from hwsim.data import Arrays, fit_data
from hwsim.design import Design
from hwsim.design_file import make_design, read_design_file
from hwsim.errors import BadInput, Mistake, bad
from hwsim.sweep.values import MOST, Axis

DRAWN = {"pattern.seed", "pattern.phi", "pattern.dither"}
"""Keys that say how a pattern is drawn."""

REPLACED = {"pattern.file": ("type", "seed", "phi", "dither"), "pattern.type": ("file",)}
"""Keys that stand instead of others: a pattern is read or drawn."""


@dataclass(frozen=True)
class Point:
    """One combination of values, by full key; and its design, or why there is none."""

    values: dict[str, Any]
    design: Design | None
    error: str | None = None


def make_grid(path: Path, axes: tuple[Axis, ...]) -> list[Point]:
    """Every combination, the values of the last axis changing fastest.

    Raises:
        BadInput: if the file cannot be read, or holds a mistake that no combination mends.
    """
    raw = read_design_file(path)
    count = math.prod(len(axis.values) for axis in axes)
    if count > MOST:
        rule = f"{count} combinations are more than {MOST}"
        raise bad("command line", "--set", count, rule, "give fewer values")
    found = [_try(raw, values, path) for values in _combinations(axes)]
    _refuse_common(raw, [mistakes for _, mistakes in found], path)
    return [point for point, _ in found]


def _combinations(axes: tuple[Axis, ...]) -> Iterator[dict[str, Any]]:
    for values in product(*(axis.values for axis in axes)):
        yield {axis.key: value for axis, value in zip(axes, values, strict=True)}


def _try(raw: dict[str, Any], values: dict[str, Any], path: Path) -> tuple[Point, set[str]]:
    """The point, and every mistake in its design."""
    design, mistakes = _make(_changed(raw, values), path)
    error = str(mistakes[0]) if mistakes else None
    return Point(values, design, error), {str(mistake) for mistake in mistakes}


def _make(raw: dict[str, Any], path: Path) -> tuple[Design | None, tuple[Mistake, ...]]:
    try:
        return make_design(raw, source=path, directory=path.parent), ()
    except BadInput as error:
        return None, error.mistakes


def _changed(raw: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The tables with these values; a key of [[pattern]] changes in the table of each junction."""
    changed = copy.deepcopy(raw)
    for key, value in values.items():
        section, *inside, name = key.split(".")
        tables = changed.setdefault(section, {})
        found = tables if isinstance(tables, list) else [tables]
        for table in _concerned(found, key, values):
            _inner(table, inside)[name] = value
            for other in REPLACED.get(key, ()):
                if f"pattern.{other}" not in values:
                    table.pop(other, None)
    return changed


def _inner(table: dict[str, Any], inside: list[str]) -> dict[str, Any]:
    """The table that is the value of a key of this one; a plain number of registers becomes one."""
    for key in inside:
        given = table.get(key, {})
        table[key] = given if isinstance(given, dict) else {"product": given}
        table = table[key]
    return table


def _concerned(tables: list[Any], key: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables that a key is set in: how a pattern is drawn says nothing where one is read.

    All of them where none is left, and what is wrong with that is then reported as a mistake.
    """
    whole = [table for table in tables if isinstance(table, dict)]
    drawn = [table for table in whole if "file" not in table or "pattern.type" in values]
    return drawn if key in DRAWN and drawn else whole


def _refuse_common(raw: dict[str, Any], mistakes: list[set[str]], path: Path) -> None:
    """Mistakes of the file itself stop everything: no row would say anything else."""
    everywhere = set.intersection(*mistakes)
    common = [mistake for mistake in _make(raw, path)[1] if str(mistake) in everywhere]
    if common:
        raise BadInput(path, common)


def fit_grid(points: list[Point], arrays: Arrays, source: str) -> list[Point]:
    """The points, without the designs that the data do not fit.

    Raises:
        BadInput: if they fit none.
    """
    wrong: dict[tuple[int, int], BadInput | None] = {}
    for point in points:
        if point.design and (ends := _ends(point.design)) not in wrong:
            wrong[ends] = _misfit(arrays, source, point.design)
    first = next(iter(wrong.values()), None)
    if first and all(wrong.values()):
        raise first
    return [_fitted(point, wrong) for point in points]


def _ends(design: Design) -> tuple[int, int]:
    """What decides whether data fit: sizes of the first and the last layer."""
    return design.network.layers[0], design.network.layers[-1]


def _misfit(arrays: Arrays, source: str, design: Design) -> BadInput | None:
    try:
        fit_data(arrays, source, design)
    except BadInput as error:
        return error
    return None


def _fitted(point: Point, wrong: dict[tuple[int, int], BadInput | None]) -> Point:
    error = wrong[_ends(point.design)] if point.design else None
    return replace(point, design=None, error=error.lines[0]) if error else point
