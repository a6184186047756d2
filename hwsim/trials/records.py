"""What has been trained: one SQLite file, to which each training is added when it is done.

A training is found again by what it was (``key_of``), whoever asked for it; a process that is
killed leaves whole trainings behind, and several may write at the same time.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hwsim.errors import MISSING, bad
from hwsim.files import check_writable

SCHEMA = """
CREATE TABLE IF NOT EXISTS training (
    key TEXT PRIMARY KEY,      -- SHA-256 of what was trained
    what TEXT NOT NULL,        -- JSON: what was trained
    result TEXT NOT NULL,      -- JSON: what came of it
    ended TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
)
"""

PATIENCE_SECONDS = 60
"""How long to wait for another process that is writing."""


class Records:
    """The file, which is made if need be; without one, what is kept lives as long as this object.

    Raises:
        BadInput: if it cannot be made or written, or is something else.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        if path is not None:
            check_writable(path)
        try:
            self._database = sqlite3.connect(path or ":memory:", timeout=PATIENCE_SECONDS)
            self._database.execute("PRAGMA synchronous = FULL")
            with self._database:
                self._database.execute(SCHEMA)
            self.found(["nothing"])
        except sqlite3.Error as error:
            rule, fix = f"is no file of trainings: {error}", "name another file, or a new one"
            raise bad(path, "records", MISSING, rule, fix) from None

    def found(self, keys: list[str]) -> dict[str, dict[str, Any]]:
        """The results of those trainings that are there, by key."""
        asked = "SELECT result FROM training WHERE key = ?"
        rows = {key: self._database.execute(asked, [key]).fetchone() for key in keys}
        return {key: json.loads(row[0]) for key, row in rows.items() if row}

    def keep(self, key: str, what: dict[str, Any], result: dict[str, Any]) -> None:
        """Add a training; one that is there already stays as it is."""
        with self._database:
            self._database.execute(
                "INSERT OR IGNORE INTO training (key, what, result) VALUES (?, ?, ?)",
                [key, json.dumps(what), json.dumps(result)],
            )

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def key_of(what: dict[str, Any]) -> str:
    """A name for a training: the same for the same results.

    Args:
        what: everything that they depend on, as plain JSON types.
    """
    text = json.dumps(what | {"clashfree": version("clashfree")}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
