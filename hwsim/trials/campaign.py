"""Runs trainings and remembers them: what is recorded already is not run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hwsim.errors import Refused
from hwsim.trials.place import Place, choose
from hwsim.trials.records import Records, key_of


class Training(Protocol):
    """What can be trained, here or elsewhere."""

    def description(self) -> dict[str, Any]:
        """Everything that its result depends on, as plain JSON types."""

    def run(self) -> dict[str, Any]:
        """Train; what came of it, as plain JSON types."""


Name = TypeVar("Name")


class Campaign:
    """Trainings on their way to results.

    Args:
        place: where they run.
        records: what remembers them.

    Attributes:
        asked: how many results have been asked for.
        found: how many of them the records had.
        trained: how many trainings were run.
    """

    def __init__(self, place: Place, records: Records) -> None:
        self.place = place
        self.records = records
        self.asked = 0
        self.found = 0
        self.trained = 0

    def run(
        self, trainings: Mapping[Name, Training], advance: Callable[[int], None] = lambda n: None
    ) -> dict[Name, dict[str, Any]]:
        """Results by name; equal trainings are run once.

        Args:
            trainings: by any name.
            advance: is told how many more are there.

        Raises:
            Refused: if a training kills the process that it runs in.
            BadInput: as the training does.
        """
        keys = {name: key_of(training.description()) for name, training in trainings.items()}
        by_key = {keys[name]: training for name, training in trainings.items()}
        results = self.records.found(list(by_key))
        self.asked += len(keys)
        self.found += sum(key in results for key in keys.values())
        waiting = {key: training for key, training in by_key.items() if key not in results}
        advance(sum(key in results for key in keys.values()))
        with closing(self.place.execute(_run, waiting)) as ended:
            for key, result in ended:
                if result is None:
                    raise Refused("a training kills its process: is there too little memory?")
                self.records.keep(key, by_key[key].description(), result)
                self.trained += 1
                results[key] = result
                advance(sum(k == key for k in keys.values()))
        return {name: results[key] for name, key in keys.items()}


def _run(training: Training) -> dict[str, Any]:
    return training.run()


@contextmanager
def campaign(jobs: int | None, scheduler: str | None, records: Path | None) -> Iterator[Campaign]:
    """A campaign of what a user's options say: see ``place.choose`` and ``Records``."""
    with closing(choose(jobs, scheduler)) as place, closing(Records(records)) as kept:
        yield Campaign(place, kept)
