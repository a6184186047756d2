"""What a user did wrong, said in one line per mistake."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One broken rule: ``key`` = ``value`` does not do, for this reason, and this mends it."""

    key: str
    value: object
    rule: str
    fix: str

    def __str__(self) -> str:
        shown = "" if self.value is MISSING else f" = {self.value!r}"
        return f"{self.key}{shown}: {self.rule}; fix: {self.fix}"


class _Missing:
    def __repr__(self) -> str:
        return "(missing)"

    def __reduce__(self) -> str:
        return "MISSING"  # there is one of it, in every process


MISSING = _Missing()
"""Stands for the value of a key that is not there."""


class BadInput(Exception):
    """Input that cannot be worked on (exit status 2).

    Args:
        source: the file or option that holds the mistakes.
        mistakes: every mistake found in it, so that one run shows them all.
    """

    def __init__(self, source: object, mistakes: Iterable[Mistake]) -> None:
        self.source = str(source)
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.lines))

    def __reduce__(self) -> tuple[type[BadInput], tuple[str, tuple[Mistake, ...]]]:
        return BadInput, (self.source, self.mistakes)

    @property
    def lines(self) -> list[str]:
        """One line per mistake: file, key, value, rule and fix, whatever the value holds."""
        return [" ".join(f"{self.source}: {m}".split()) for m in self.mistakes]


def bad(source: object, key: str, value: object, rule: str, fix: str) -> BadInput:
    """The common case: one mistake."""
    return BadInput(source, [Mistake(key, value, rule, fix)])


class Refused(Exception):
    """A good file whose design fails a check that the request depends on (exit status 1)."""
