"""What has been trained: one SQLite file, to which each training is added when it is done.

A training is found again by what it was (``key_of``), whoever asked for it; a process that is
killed leaves whole trainings behind, and several may write at the same time.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hwsim.errors import MISSING, bad
from hwsim.files import check_writable

COLUMNS = ["key", "what", "result", "ended"]

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
    """The file, which is made when there is something to keep.

    Args:
        path: of the file; without one, what is kept lives as long as this object.

    Raises:
        BadInput: if it cannot be read or written, or is something else; so do the methods.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._database: sqlite3.Connection | None = None
        if path is not None:
            check_writable(path)
            if path.exists() and not path.is_file():
                raise self._bad("is no regular file", "name another file")
        if path is None or path.exists():
            self._open()

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            with self._in_one_line():
                # Absolute, because some names mean something to SQLite.
                place = ":memory:" if self.path is None else self.path.absolute()
                self._database = sqlite3.connect(place, timeout=PATIENCE_SECONDS)
                self._require_ours(self._database)
                with self._database:
                    self._database.execute("BEGIN IMMEDIATE")
                    self._database.execute(SCHEMA)
        return self._database

    def _require_ours(self, database: sqlite3.Connection) -> None:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master")]
        columns = [row[1] for row in database.execute("PRAGMA table_info(training)")]
        if tables and columns != COLUMNS:
            raise self._bad("is a database of something else", "name another file, or a new one")

    @contextmanager
    def _in_one_line(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError) as error:
            is_busy = "locked" in str(error)
            fix = "wait for it, or end it" if is_busy else "name another file, or a new one"
            rule = "another process holds it" if is_busy else f"cannot be used: {error}"
            raise self._bad(rule, fix) from None

    def _bad(self, rule: str, fix: str) -> Exception:
        return bad(self.path, "records", MISSING, rule, fix)

    def found(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The results of those trainings that are there, by key."""
        if self._database is None:
            return {}
        asked = "SELECT result FROM training WHERE key = ?"
        with self._in_one_line():
            rows = {key: self._database.execute(asked, [key]).fetchone() for key in keys}
            return {key: json.loads(row[0]) for key, row in rows.items() if row}

    def keep(self, key: str, what: dict[str, Any], result: dict[str, Any]) -> None:
        """Add a training; one that is there already stays as it is."""
        database, values = self._open(), [key, json.dumps(what), json.dumps(result)]
        with self._in_one_line(), database:
            database.execute(
                "INSERT OR IGNORE INTO training (key, what, result) VALUES (?, ?, ?)", values
            )

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()


def key_of(what: dict[str, Any]) -> str:
    """A name for a training: the same for the same results.

    Args:
        what: everything that they depend on, as plain JSON types.
    """
    text = json.dumps(what | {"clashfree": version("clashfree")}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
