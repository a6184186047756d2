"""A whole sweep: what is done is taken from the run directory, the rest is run and put there."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from hwsim.data import DIGITS, Arrays, fingerprint
from hwsim.design import Design
from hwsim.sweep.grid import Point
from hwsim.sweep.run_directory import RunDirectory
from hwsim.sweep.trial import Failure, Figures, Trial, attempt, key_of
from hwsim.trials.place import Place

COLUMNS = tuple(field.name for field in fields(Figures))
"""Names of the figures, in the order in which tables show them."""

KILLED = Failure("its process was killed, also when it ran alone: is there too little memory?")


@dataclass(frozen=True)
class Settings:
    """How every design is trained; see ``Trial``. ``limit`` is None for all training inputs."""

    source: str
    epochs: int
    limit: int | None
    seed: int
    engine: str


@dataclass(frozen=True)
class Row:
    """One design: its values by full key, the name of its trial, and what came of it."""

    values: dict[str, Any]
    key: str | None
    outcome: Figures | Failure

    @property
    def error(self) -> str | None:
        return self.outcome.reason if isinstance(self.outcome, Failure) else None

    @property
    def figures(self) -> dict[str, Any]:
        """By name; None where the design failed."""
        is_good = isinstance(self.outcome, Figures)
        return asdict(self.outcome) if is_good else dict.fromkeys(COLUMNS)


class Sweep:
    """The designs of a grid on their way to results.

    Args:
        points: the grid.
        settings: how to train.
        arrays: the data, as read.
        directory: keeps what is done.

    Attributes:
        done_before: designs whose results were there already.
    """

    def __init__(
        self, points: list[Point], settings: Settings, arrays: Arrays, directory: RunDirectory
    ) -> None:
        self.points = points
        self.directory = directory
        trial_of = trials(settings, arrays)
        found = [trial_of(point.design) if point.design else None for point in points]
        self.keys = [key_of(trial) if trial else None for trial in found]
        # By key, because two points may be the same design.
        self.trials = {str(k): t for k, t in zip(self.keys, found, strict=True) if t}
        self.outcomes: dict[str, Figures | Failure] = {**directory.load(self.trials)}
        self.done_before = sum(key in self.outcomes for key in self.keys)

    @property
    def waiting(self) -> dict[str, Trial]:
        """Trials that are still to be run."""
        return {key: trial for key, trial in self.trials.items() if key not in self.outcomes}

    def run(self, place: Place, progress: Callable[[int], None]) -> None:
        """Run there what waits; ``progress`` is called with 1 after each."""
        try:
            with closing(place.execute(attempt, self.waiting)) as ended:
                for key, outcome in ended:
                    if isinstance(outcome, Figures):
                        self.directory.keep(key, self.trials[key], outcome)
                    self.outcomes[key] = outcome or KILLED
                    progress(1)
        except KeyboardInterrupt:  # perhaps right after something was kept
            self.outcomes |= self.directory.load(self.waiting)
            raise

    def rows(self) -> list[Row]:
        """One row per design that is done or has failed, in the order of the grid."""
        rows = []
        for point, key in zip(self.points, self.keys, strict=True):
            if key is None:
                rows.append(Row(point.values, None, Failure(str(point.error))))
            elif key in self.outcomes:
                rows.append(Row(point.values, key, self.outcomes[key]))
        return rows

    def write(self, summary: dict[str, Any]) -> dict[str, Any]:
        """Write the tables; return ``summary`` with the rows, as ``results.json`` holds it."""
        rows = self.rows()
        failed = sum(row.error is not None for row in rows)
        counts = {"designs": len(self.points), "finished": len(rows) - failed, "failed": failed}
        whole = summary | counts | {"rows": [self._to_json(row) for row in rows]}
        self.directory.write_results(to_csv(rows), whole)
        return whole

    def _to_json(self, row: Row) -> dict[str, Any]:
        is_kept = isinstance(row.outcome, Figures)
        file = self.directory.file_of(str(row.key)).relative_to(self.directory.path)
        kept = {"error": row.error, "file": file.as_posix() if is_kept else None}
        return {"set": row.values, **row.figures, **kept}


def trials(settings: Settings, arrays: Arrays) -> Callable[[Design], Trial]:
    """What makes a trial of a design; paths are absolute, for workers start where they like."""
    n_images = len(arrays.get("xtr", ()))
    inputs = min(n_images, settings.limit or n_images)
    source = settings.source if settings.source == DIGITS else str(Path(settings.source).absolute())
    data = fingerprint(arrays)

    def trial_of(design: Design) -> Trial:
        placed = replace(design, directory=design.directory.absolute())
        return Trial(placed, source, data, settings.epochs, inputs, settings.seed, settings.engine)

    return trial_of


def to_csv(rows: list[Row]) -> str:
    """Header and rows; an empty cell where there is no value, lists and truth values as in JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = list(rows[0].values) if rows else []
    writer.writerow([*keys, *COLUMNS, "error"])
    for row in rows:
        cells = [*row.values.values(), *row.figures.values(), row.error]
        writer.writerow([plain(cell) for cell in cells])
    return text.getvalue()


def plain(value: object) -> object:
    """A value of a design file as tables show it."""
    return json.dumps(value) if isinstance(value, list | bool) else value
