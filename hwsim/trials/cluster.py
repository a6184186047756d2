"""Runs a function on many arguments, on the machines of a Dask cluster.

The cluster is there already: ``dask scheduler`` on one machine, ``dask worker tcp://...`` on as
many as one likes, this package installed on all. Where a worker dies, the scheduler hands what it
was doing to another one; results leave the workers at once, and are not lost with one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Generator, Mapping
from typing import TypeVar

from hwsim.errors import Refused, bad

Argument = TypeVar("Argument")
Result = TypeVar("Result")

ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://[^/\s]+:\d{1,5}/?")

PATIENCE_SECONDS = 10
"""How long to wait for the scheduler to answer."""


class Cluster:
    """A cluster, by the address of its scheduler.

    Args:
        address: as ``tcp://192.168.1.10:8786``.

    Raises:
        BadInput: if no scheduler answers there, or Dask is not installed.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            fix = "install the extra cluster: pip install 'clashfree[cluster]'"
            raise bad("command line", "--scheduler", address, "needs distributed", fix) from None
        if not ADDRESS.fullmatch(address):
            rule, fix = "is no address of a scheduler", "e.g. tcp://192.168.1.10:8786"
            raise bad("command line", "--scheduler", address, rule, fix)
        _quiet()
        self.address = address
        try:
            self._client = Client(address, timeout=PATIENCE_SECONDS, set_as_default=False)
        except (OSError, ValueError):
            fix = "start one with: dask scheduler"
            rule = "no Dask scheduler answers there"
            raise bad("command line", "--scheduler", address, rule, fix) from None

    @property
    def workers(self) -> int:
        """Trainings that can run at the same time, now."""
        return sum(self._client.nthreads().values())

    def execute(
        self, function: Callable[[Argument], Result], arguments: Mapping[str, Argument]
    ) -> Generator[tuple[str, Result | None], None, None]:
        """As ``Cores.execute``; closing the iterator takes back what has not begun."""
        from distributed import KilledWorker, as_completed

        submit = self._client.submit
        names = {submit(function, each, pure=False): name for name, each in arguments.items()}
        try:
            ended = as_completed(
                names, loop=self._client.loop, with_results=True, raise_errors=False
            )
            for future, result in ended:
                if future.status == "finished":
                    yield names[future], result
                elif future.status != "error":
                    rule = "is gone; where the work is recorded, the same command goes on"
                    raise Refused(f"the scheduler at {self.address} {rule}")
                elif isinstance(result[1], KilledWorker):
                    yield names[future], None
                else:
                    raise result[1]
        finally:
            self._client.cancel(list(names))

    def close(self) -> None:
        """Leave the cluster, which goes on."""
        self._client.close()


def _quiet() -> None:
    """Dask tells of lost connections in many lines; commands say what matters themselves."""
    for name in ("distributed", "distributed.client", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
