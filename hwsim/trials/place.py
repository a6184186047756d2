"""Where trainings run: on this machine, or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Protocol, TypeVar

from hwsim.errors import bad

Argument = TypeVar("Argument")
Result = TypeVar("Result")


class Place(Protocol):
    """``hwsim.trials.cores.Cores`` or ``hwsim.trials.cluster.Cluster``."""

    @property
    def workers(self) -> int:
        """Trainings that can run at the same time, now."""

    def execute(
        self, function: Callable[[Argument], Result], arguments: Mapping[str, Argument]
    ) -> Generator[tuple[str, Result | None], None, None]:
        """Call ``function`` on each of the arguments, which have names.

        Yields:
            Name and result as they come; None for an argument that kills its process.
        """

    def close(self) -> None:
        """Leave."""


def choose(jobs: int | None, scheduler: str | None) -> Place:
    """What a user's options say.

    Args:
        jobs: processes on this machine; one per core if not given.
        scheduler: address of a Dask scheduler, instead.

    Raises:
        BadInput: if both are given, or there is no such scheduler.
    """
    if scheduler is None:
        from hwsim.trials.cores import Cores

        return Cores(jobs)
    if jobs is not None:
        rule = "the cluster's workers say how many run at a time"
        raise bad("command line", "--jobs", jobs, rule, "leave out --jobs or --scheduler")
    from hwsim.trials.cluster import Cluster

    return Cluster(scheduler)
