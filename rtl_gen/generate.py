"""The files of a generated accelerator."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hwsim.design import Design, Pattern
from hwsim.design_file import design_to_json
from hwsim.errors import MISSING, bad
from hwsim.files import write_bytes
from hwsim.schedule import Schedule, make_schedule
from hwsim.state import State
from rtl_gen import core_file
from rtl_gen.manifest import manifest
from rtl_gen.vectors import golden_vectors
from rtl_gen.verification.stimulus import Stimuli
from rtl_gen.verilog import TOP, make_accelerator, to_verilog


@dataclass(frozen=True)
class File:
    """A file that was written, and the SHA-256 of its content."""

    path: str
    sha256: str


def generate(
    design: Design,
    folder: Path,
    *,
    inference: bool = False,
    vectors: int = 0,
    progress: Callable[[int], None] | None = None,
) -> list[File]:
    """Write what ``docs/hardware.md`` lists to ``folder``, which is made if need be.

    Everything is generated before anything is written. Same design, same bytes.

    Args:
        design: the design.
        folder: where to.
        inference: leave BP and UP out.
        vectors: inputs for which to write golden vectors.
        progress: called with the number of vectors so far.

    Raises:
        Refused: if a pattern clashes.
        BadInput: if the folder cannot be written.
    """
    check_folder(folder)
    schedule = make_schedule(design, inference=inference)
    top = make_accelerator(design, schedule)
    verilog = to_verilog(top)
    State.initial(design)  # a file that it names is good, or nothing is written
    content = {f"{TOP}.v": verilog.encode()}
    content |= _design_files(design, schedule)
    content[core_file.NAME] = core_file.core_file(design.network.layers, verilog).encode()
    text = json.dumps(manifest(top, verilog), indent=2) + "\n"
    content["manifest.json"] = text.encode()
    if vectors:
        stimuli = Stimuli.random(design, vectors, seed=1)
        content |= golden_vectors(design, schedule, stimuli.pixels, stimuli.labels, progress)
    return [_write(folder / name, data) for name, data in content.items()]


def check_folder(folder: Path) -> None:
    """Find out before long work whether ``folder`` can be made or is there already."""
    if folder.exists() and not folder.is_dir():
        raise bad(folder, "output", MISSING, "is not a directory", "choose another place")
    if not folder.exists() and not folder.absolute().parent.is_dir():
        fix = f"create {folder.parent}, or choose another place"
        raise bad(folder, "output", MISSING, "its directory does not exist", fix)


def _write(path: Path, data: bytes) -> File:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = error.strerror or "cannot be written"
        raise bad(path.parent, "output", MISSING, what, "choose another place") from None
    write_bytes(path, data)
    return File(str(path), hashlib.sha256(data).hexdigest())


def _design_files(design: Design, schedule: Schedule) -> dict[str, bytes]:
    """``design.json`` and the files it names, so that the folder stands alone."""
    files: dict[str, bytes] = {}
    if any(pattern.file is not None for pattern in design.patterns):
        arrays = {
            f"left_{part.shape.index}": part.interleaver.left.astype(np.int32)
            for part in schedule.junctions
        }
        files["pattern.npz"] = _npz(arrays)
        here = Pattern(file="pattern.npz")
        moved = tuple(here if p.file is not None else p for p in design.patterns)
        design = replace(design, pattern=here if isinstance(design.pattern, Pattern) else moved)
    if design.training.initial is not None:
        files["initial.npz"] = (design.directory / design.training.initial).read_bytes()
        training = design.training.model_copy(update={"initial": "initial.npz"})
        design = replace(design, training=training)
    return {"design.json": design_to_json(design).encode()} | files


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()
