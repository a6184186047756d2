"""The run directory: one file per design that is done, and the table of the last sweep.

    designs/KEY.json    what was trained and what came of it; KEY is ``trial.key_of``
    results.csv         a row per design of the sweep
    results.json        the same, with the settings

Whatever is in it was written whole, so a sweep can be killed at any time and goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hwsim.errors import MISSING, bad
from hwsim.files import check_writable, write_text
from hwsim.sweep.trial import Figures, Trial, description


class RunDirectory:
    """The directory, which is made if need be.

    Raises:
        BadInput: if it cannot be made or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.designs = path / "designs"
        if not path.exists() and not path.absolute().parent.is_dir():
            fix = f"create {path.parent}, or choose another place"
            raise bad(path, "output", MISSING, "its directory does not exist", fix)
        try:
            self.designs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = error.strerror or "cannot be written"
            raise bad(path, "output", MISSING, what, "choose another place") from None
        for folder in (self.path, self.designs):
            check_writable(folder / "results.csv")

    def file_of(self, key: str) -> Path:
        """Where the figures of a trial are kept."""
        return self.designs / f"{key}.json"

    def load(self, keys: Iterable[str]) -> dict[str, Figures]:
        """The figures of those trials that are done."""
        found = {key: self._load(key) for key in dict.fromkeys(keys)}
        return {key: figures for key, figures in found.items() if figures is not None}

    def _load(self, key: str) -> Figures | None:
        """None as well for a file that somebody has changed: its trial is run again."""
        try:
            return Figures(**json.loads(self.file_of(key).read_bytes())["figures"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, key: str, trial: Trial, figures: Figures) -> None:
        """Write down what came of a trial."""
        content = description(trial) | {"figures": asdict(figures)}
        write_text(self.file_of(key), json.dumps(content, indent=2) + "\n")

    def write_results(self, csv: str, summary: dict[str, Any]) -> None:
        """Replace the table of the last sweep."""
        write_text(self.path / "results.csv", csv)
        write_text(self.path / "results.json", json.dumps(summary, indent=2) + "\n")
