"""What the two processes of a simulated board tell each other."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hwsim.design import Design
from hwsim.design_file import make_design

CLOCK_NS = 10
QUIET_BITS = 400
"""Silence after which a frame is given up, in bits: some 40 bytes."""


@dataclass(frozen=True)
class Job:
    """A board to simulate, as plain JSON types.

    Attributes:
        sections, directory: of the design.
        folder: for Verilog, build, log, and the files ``port`` and ``error``.
        stored_inputs: see ``System``.
        clocks_per_bit: of the wires, at least 4, whole or not.
    """

    sections: dict
    directory: str
    folder: str
    stored_inputs: int
    clocks_per_bit: float = 4.0

    @property
    def design(self) -> Design:
        return make_design(self.sections, directory=self.directory)

    @property
    def quiet_clocks(self) -> int:
        return round(QUIET_BITS * self.clocks_per_bit)

    @property
    def port(self) -> Path:
        """File that holds the TCP port once the board listens."""
        return Path(self.folder) / "port"

    @property
    def error(self) -> Path:
        """File that holds one line if the board cannot start."""
        return Path(self.folder) / "error"

    @property
    def file(self) -> Path:
        """Where the job itself is saved."""
        return Path(self.folder) / "job.json"

    def save(self) -> None:
        self.file.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: str) -> Job:
        return cls(**json.loads(Path(path).read_text()))
