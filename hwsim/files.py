"""Writes files so that a reader sees the old content or the new, never half of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from hwsim.errors import MISSING, BadInput, bad


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write ``content`` atomically.

    Raises:
        BadInput: if ``path`` cannot be written.
    """
    with _replacing(Path(path)) as file:
        file.write(content)


def write_text(path: str | Path, content: str) -> None:
    """As ``write_bytes``, in UTF-8 and with the line ends as they are."""
    write_bytes(path, content.encode())


def write_npz(path: str | Path, arrays: Mapping[str, NDArray]) -> None:
    """As ``write_bytes``, a compressed ``.npz``; same arrays, same bytes."""
    with _replacing(Path(path)) as file:
        np.savez_compressed(file, **arrays)


def check_writable(path: str | Path) -> None:
    """Find out before long work whether its result can be written.

    Raises:
        BadInput: if the directory does not exist or takes no files, or ``path`` is a directory.
    """
    real = Path(os.path.realpath(path))
    if real.is_dir():
        raise bad(path, "output", MISSING, "is a directory", "name a file in it")
    if not real.parent.is_dir():
        fix = f"create {real.parent}, or choose another place"
        raise bad(path, "output", MISSING, "its directory does not exist", fix)
    if not os.access(real if _is_special(real) else real.parent, os.W_OK):
        raise _unwritable(path, "cannot be written")


def _is_special(path: Path) -> bool:
    """Pipes and devices are written directly: nothing may take their place."""
    return path.exists() and not path.is_file()


def _unwritable(path: str | Path, what: str) -> BadInput:
    return bad(path, "output", MISSING, what, "choose another place")


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    check_writable(path)
    real = Path(os.path.realpath(path))  # a link stays a link
    if _is_special(real):
        with real.open("wb") as file:
            yield file
        return
    draft = real.with_name(f".{real.name[:200]}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, real)
    except OSError as error:
        raise _unwritable(path, error.strerror or "cannot be written") from None
    finally:
        draft.unlink(missing_ok=True)
