"""How many bits: accuracy against memory, of one design in the bit-exact model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from hwsim.design import Design
from hwsim.design_file import make_design
from hwsim.errors import BadInput, Mistake
from hwsim.sparsity.cases import Advance, Case, compare
from hwsim.sweep.trial import Trial, description, run_trial
from hwsim.trials.campaign import Campaign


@dataclass(frozen=True)
class ExactTraining:
    """A trial of a sweep, as a training."""

    trial: Trial

    def description(self) -> dict[str, Any]:
        """Everything that the result depends on."""
        return description(self.trial) | {"kind": "exact"}

    def run(self) -> dict[str, Any]:
        """Train: ``memory_bits``, and ``accuracy`` on the test set after the last epoch."""
        figures = asdict(run_trial(self.trial))
        return {"memory_bits": figures["memory_bits"], "accuracy": figures["test_accuracy"]}


def bit_width(
    campaign: Campaign, trial: Trial, widths: Sequence[int], seeds: int, advance: Advance,
    int_bits: int | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Train a design with numbers of several widths: one sign bit, integer and fraction bits.

    Args:
        campaign: where it is trained, and what is known.
        trial: of the design as it is; its seeds are replaced.
        widths: of the numbers; gains are over the last.
        seeds: how often, with patterns, weights and orders of their own.
        advance: is told how many trainings more there are.
        int_bits: of every number; as in the design if not given.

    Returns:
        The tidy table of ``hwsim.sparsity.cases.compare``: labels ``bits``, ``int_bits``,
        ``frac_bits``; and ``memory_bits`` of all memories.

    Raises:
        BadInput: for a width that the design cannot have.
    """
    whole = trial.design.number.int_bits if int_bits is None else int_bits
    numbers = [{"int_bits": whole, "frac_bits": width - 1 - whole} for width in widths]
    mistakes = [m for number in numbers for m in _mistakes(trial.design, number)]
    if mistakes:
        raise BadInput("command line: --bits", mistakes)
    cases = [
        Case({"bits": width, **number}, _training(trial, number), len(widths) - 1)
        for width, number in zip(widths, numbers, strict=True)
    ]
    return compare(campaign, cases, seeds, advance)


def _training(trial: Trial, number: dict[str, int]) -> Callable[[int], ExactTraining]:
    def with_seed(seed: int) -> ExactTraining:
        return ExactTraining(replace(trial, design=_with(trial.design, number, seed), seed=seed))

    return with_seed


def _with(design: Design, number: dict[str, int], seed: int) -> Design:
    """The design with these numbers; seeds of what is drawn moved on."""
    sections: dict[str, Any] = design.sections()
    sections["number"] |= number
    sections["training"]["seed"] += seed - 1
    patterns = sections["pattern"]
    for pattern in patterns if isinstance(patterns, list) else [patterns]:
        if "file" not in pattern:
            pattern["seed"] += seed - 1
    return make_design(sections, directory=design.directory)


def _mistakes(design: Design, number: dict[str, int]) -> tuple[Mistake, ...]:
    try:
        _with(design, number, 1)
    except BadInput as error:
        return error.mistakes
    return ()
