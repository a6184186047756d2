"""Starts a simulated board and stops it again."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from fpga.host.line import Patience
from fpga.simulation.job import Job
from hwsim.design import Design
from hwsim.errors import bad

PATIENCE = Patience(answer=20.0, gap=1.0)
"""A simulated byte takes some 100 microseconds, on a busy machine several times that."""


class SimulatedBoard:
    """A board in a process of its own, until ``close``, or until this process ends.

    Args:
        design: the design.
        folder: for Verilog, build and log; one board at a time.
        stored_inputs: see ``System``.
        clocks_per_bit: see ``Job``.

    Attributes:
        url: what a host opens.

    Raises:
        BadInput: if the simulator cannot be built or started.
    """

    def __init__(
        self, design: Design, folder: Path, *, stored_inputs: int, clocks_per_bit: float = 4.0
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.job = Job(
            design.sections(), str(design.directory.resolve()), str(folder.resolve()),
            stored_inputs, clocks_per_bit,
        )  # fmt: skip
        for left_behind in (self.job.port, self.job.error):
            left_behind.unlink(missing_ok=True)
        self.job.save()
        with (folder / "process.log").open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fpga.simulation", str(self.job.file)],
                stdin=subprocess.PIPE, stdout=log, stderr=log,
            )  # fmt: skip
        self.url = f"socket://127.0.0.1:{self._port()}"

    def _port(self) -> int:
        while not self.job.port.exists():
            if self._process.poll() is not None:
                rule = "does not start"
                if self.job.error.exists():
                    rule += f": {self.job.error.read_text()}"
                log = Path(self.job.folder) / "process.log"
                raise bad("board", "--port", "simulation", rule, f"see {log}")
            time.sleep(0.05)
        return int(self.job.port.read_text())

    def __enter__(self) -> SimulatedBoard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def close(self) -> None:
        """Let the simulator end; it does so by itself when its stdin ends."""
        self._process.stdin.close()
        self._process.wait()
