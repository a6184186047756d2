"""One trial: a design is trained, and what came of it and what it costs is put in figures."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from hwsim.checks.multipliers import multipliers
from hwsim.checks.problems import find_problems
from hwsim.data import Arrays, fingerprint, fit_data, read_data
from hwsim.design import Design
from hwsim.errors import BadInput, bad
from hwsim.schedule import Schedule, make_schedule
from hwsim.training import Trainer


@dataclass(frozen=True)
class Trial:
    """A design, and how to train it.

    Attributes:
        design: the design.
        source: of the data, as ``hwsim.data.load_data`` takes it.
        data: fingerprint of what it held when the sweep began.
        epochs: times to go through the training inputs.
        inputs: training inputs, from the first on.
        seed: shuffles.
        engine: the results do not depend on it.
    """

    design: Design
    source: str
    data: str
    epochs: int
    inputs: int
    seed: int
    engine: str


@dataclass(frozen=True)
class Figures:
    """What came of a trial.

    Attributes:
        test_accuracy: after the last epoch, from 0 to 1; None without a test set.
        train_accuracy: of the predictions made in the last epoch.
        clocks_per_input: in steady state.
        memory_bits: of all junctions.
        multipliers: of all junctions.
        problems: clashes, hazards, doubled edges and wrong degrees.
    """

    test_accuracy: float | None
    train_accuracy: float
    clocks_per_input: int
    memory_bits: int
    multipliers: int
    problems: int


@dataclass(frozen=True)
class Failure:
    """Why there are no figures, in one line."""

    reason: str


MEANING = 2
"""Counts the times that a figure has got another meaning, so that old records are made again."""


def description(trial: Trial) -> dict[str, Any]:
    """Everything that the figures depend on, as plain JSON types.

    Files that the design names count with their content, wherever they lie; another version of
    this package may compute something else.
    """
    return {
        "clashfree": version("clashfree"),
        "meaning": MEANING,
        "design": _with_content(trial.design),
        "data": trial.data,
        "epochs": trial.epochs,
        "inputs": trial.inputs,
        "seed": trial.seed,
    }


def key_of(trial: Trial) -> str:
    """A name for the trial: the same for the same figures."""
    text = json.dumps(description(trial), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _with_content(design: Design) -> dict[str, Any]:
    """The sections, the names of files replaced by SHA-256 of what they hold."""
    sections: dict[str, Any] = design.sections()
    pattern = sections["pattern"]
    for table in pattern if isinstance(pattern, list) else [pattern]:
        if "file" in table:
            table["file"] = _sha256(design, table["file"])
    if "initial" in sections["training"]:
        sections["training"]["initial"] = _sha256(design, sections["training"]["initial"])
    return sections


def _sha256(design: Design, name: str) -> str:
    return hashlib.sha256((design.directory / name).read_bytes()).hexdigest()


def attempt(trial: Trial) -> Figures | Failure:
    """As ``run_trial``, but whatever goes wrong is a ``Failure``: other trials go on."""
    try:
        return run_trial(trial)
    except BadInput as error:
        return Failure(error.lines[0])
    except MemoryError as error:
        return Failure(f"this machine has too little memory for it: {error}")
    except Exception as error:
        return Failure(" ".join(f"{type(error).__name__}: {error}".split()))


def run_trial(trial: Trial) -> Figures:
    """Train and count."""
    design, schedule = trial.design, make_schedule(trial.design)
    data = fit_data(_read(trial.source, trial.data), trial.source, design)
    trainer = Trainer(
        design, schedule, data, seed=trial.seed, limit=trial.inputs, engine=trial.engine
    )
    for _ in range(trial.epochs):
        epoch = trainer.epoch()
    parts = schedule.junctions
    return Figures(
        test_accuracy=epoch.test_accuracy,
        train_accuracy=epoch.train_accuracy,
        clocks_per_input=schedule.block_cycle,
        memory_bits=sum(part.memory_bits(design)["total"] for part in parts),
        multipliers=sum(multipliers(design, part)["total"] for part in parts),
        problems=_problems(schedule),
    )


@lru_cache(maxsize=1)
def _read(source: str, data: str) -> Arrays:
    """The data; a worker reads them once for all its trials."""
    arrays = read_data(source)
    if fingerprint(arrays) != data:
        raise bad(source, "--data", source, "has changed since the sweep began", "start it again")
    return arrays


def _problems(schedule: Schedule) -> int:
    """What ``check`` finds."""
    found = [find_problems(part) for part in schedule.junctions]
    return sum(problems.count for kinds in found for problems in kinds.values())
