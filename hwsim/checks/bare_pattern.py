"""A pattern file without a design file, for those whose RTL is not ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hwsim.checks.check import Report, check
from hwsim.design import Design
from hwsim.design_file import make_design
from hwsim.errors import BadInput, Mistake, bad
from hwsim.interleaver import Index, read_patterns
from hwsim.schedule import make_schedule

OPTIONS = {"hardware.z": "-z", "network.layers": "--layers", "hardware.registers": "--registers"}
"""What keys of a design file are called on the command line."""


BLIND_SPOT = (
    "hazards were not looked for: forwarding of delta writes was assumed; "
    "use --no-forwarding and --registers if the hardware has none"
)


def check_pattern(
    path: Path,
    *,
    layers: Sequence[int],
    z: Sequence[int],
    registers: int = 0,
    forwarding: bool = True,
    with_goodness: bool | None = None,
) -> Report:
    """Check a pattern file as ``check`` checks a design.

    Args:
        path: ``.npz`` with left_1 .. left_L, each (clocks, z) left neurons.
        layers: neurons of each layer, L + 1 of them.
        z: lanes of each junction, L of them.
        registers: processing registers between reading and writing a delta.
        forwarding: whether the accumulation of deltas sees writes that have not landed yet. If so,
            there are no hazards to find.
        with_goodness: whether to compute scatter, spread and dispersion; see ``check``.

    Raises:
        BadInput: if the file does not fit, with one line per mistake.
    """
    hardware = {"z": list(z), "registers": registers, "forwarding": forwarding}
    design = bare_design(path, layers, hardware)
    report = check(design, make_schedule(design), with_goodness=with_goodness)
    assumed = {"hazard": BLIND_SPOT} if forwarding else {}
    return replace(report, warnings=(*report.warnings, *assumed.values()), assumed=assumed)


def bare_design(path: Path, layers: Sequence[int], hardware: dict[str, Any]) -> Design:
    """Make the smallest design that has the patterns of a file; it has their out-degrees."""
    left = read_patterns(path)
    raw = {
        "format": 1,
        "network": {"layers": list(layers), "out_degrees": _out_degrees(path, left, layers)},
        "hardware": hardware,
        "pattern": {"file": path.name},
    }
    try:
        return make_design(raw, source=path, directory=path.parent)
    except BadInput as error:
        raise BadInput(path, [_renamed(mistake) for mistake in error.mistakes]) from None


def _out_degrees(path: Path, left: dict[str, Index], layers: Sequence[int]) -> list[int]:
    if len(layers) < 2 or min(layers) < 1:
        rule, fix = "needs two or more positive sizes", "e.g. --layers 1024,64,32"
        raise bad("command line", "--layers", ",".join(map(str, layers)), rule, fix)
    mistakes, degrees = [], []
    known = {f"left_{junction}" for junction in range(1, len(layers))}
    for name in sorted(name for name in left if name.startswith("left_") and name not in known):
        rule = f"there is no such junction between {len(layers)} layers"
        fix = "correct --layers, or remove the array"
        mistakes.append(Mistake(name, list(left[name].shape), rule, fix))
    for junction, n_left in enumerate(layers[:-1], 1):
        name = f"left_{junction}"
        if name not in left:
            fix = f"add it, or give {junction} layers"
            mistakes.append(Mistake(name, "(missing)", "the array is missing", fix))
        elif left[name].size % n_left or not left[name].size:
            rule = f"clocks times lanes must be a multiple of the {n_left} left neurons"
            fix = "correct --layers, or the pattern"
            mistakes.append(Mistake(name, list(left[name].shape), rule, fix))
        else:
            degrees.append(left[name].size // n_left)
    if mistakes:
        raise BadInput(path, mistakes)
    return degrees


def _renamed(mistake: Mistake) -> Mistake:
    for key, option in OPTIONS.items():
        if mistake.key.startswith(key):
            return replace(mistake, key=option + mistake.key.removeprefix(key))
    return mistake
