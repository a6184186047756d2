"""Verilog in, results out, on every simulator there is."""

from pathlib import Path

import pytest
from amaranth.back import verilog
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from rtl_gen.verification import simulator
from rtl_gen.verification.simulator import (
    Build,
    BuildFailed,
    SimulationFailed,
    Simulator,
    SimulatorMissing,
)

BENCH = "bench_simulator"
ENVIRONMENT = {"STEP": "3"}


class Log(wiring.Component):
    """A memory of four words, one level below the top."""

    address: In(2)
    word: In(8)

    def elaborate(self, platform):
        m = Module()
        m.submodules.words = words = Memory(shape=8, depth=4, init=[])
        port = words.write_port()
        m.d.comb += [port.addr.eq(self.address), port.data.eq(self.word), port.en.eq(1)]
        return m


class Counter(wiring.Component):
    """Adds a step every clock and logs the totals in a memory."""

    step: In(4)
    total: Out(8)

    def elaborate(self, platform):
        m = Module()
        m.submodules.log = log = Log()
        m.d.sync += self.total.eq(self.total + self.step)
        m.d.comb += [log.address.eq(self.total), log.word.eq(self.total)]
        return m


@pytest.fixture(scope="module")
def counter(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("counter") / "counter.v"
    path.write_text(verilog.convert(Counter(), name="counter", emit_src=False))
    return path


@pytest.fixture(scope="module", params=["verilator", "icarus"])
def build(request, counter) -> Build:
    if request.param not in simulator.available():
        pytest.skip(f"{request.param} is not on this machine")
    return Simulator(request.param).build(counter, "counter", counter.parent, waves=True)


def test_passing_tests_pass(build):
    result = build.run(BENCH, test_filter="total|memory", environment=ENVIRONMENT)
    assert result.ok
    assert result.passed == ("total_grows_by_step", "memory_remembers_totals")


def test_a_failing_test_is_reported(build):
    result = build.run(BENCH, environment=ENVIRONMENT)
    assert not result.ok
    assert [failure.test for failure in result.failures] == ["fails"]
    assert "as it should" in result.failures[0].message
    assert len(result.passed) == 2


def test_the_terminal_stays_clean(build, capfd):
    log = build.run(BENCH, environment=ENVIRONMENT).log
    assert capfd.readouterr() == ("", "")
    assert "as it should" in log.read_text()


def test_waves_are_written(build, tmp_path):
    result = build.run(BENCH, environment=ENVIRONMENT, run_dir=tmp_path, waves=True)
    assert result.waves.parent == tmp_path
    assert result.waves.stat().st_size > 100


def test_a_bench_that_cannot_be_imported_is_an_error(build):
    with pytest.raises(SimulationFailed, match="no_such_bench"):
        build.run("no_such_bench")


def test_a_filter_that_matches_nothing_is_an_error(build):
    with pytest.raises(SimulationFailed, match=r"simulation\.log"):
        build.run(BENCH, test_filter="no_such_test", environment=ENVIRONMENT)


def test_unchanged_verilog_is_not_built_again(build, counter):
    built = (build.folder / "built").stat().st_mtime_ns
    again = Simulator(build.simulator).build(counter, "counter", counter.parent, waves=True)
    assert again == build
    assert (build.folder / "built").stat().st_mtime_ns == built


def test_waves_need_a_build_with_waves(counter):
    with pytest.raises(ValueError, match="waves=True"):
        Build("verilator", "counter", counter.parent, waves=False).run(BENCH, waves=True)


@pytest.mark.parametrize("name", ["verilator", "icarus"])
def test_bad_verilog_is_refused_with_its_first_error(name, tmp_path):
    if name not in simulator.available():
        pytest.skip(f"{name} is not on this machine")
    source = tmp_path / "bad.v"
    source.write_text("module bad(input clk);\n  nonsense\nendmodule\n")
    with pytest.raises(BuildFailed, match=r"error.*build\.log"):
        Simulator(name).build(source, "bad", tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("icarus", "simulator icarus is not installed (Debian package iverilog)"),
        ("verilator", "simulator verilator needs make, which is not found"),
    ],
)
def test_what_is_missing_is_named_in_one_line(name, text, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SimulatorMissing) as caught:
        Simulator(name)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
    assert simulator.available() == []
    with pytest.raises(SimulatorMissing):
        Simulator()


def test_a_missing_compiler_is_named(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler -O1")
    with pytest.raises(SimulatorMissing, match="no-such-compiler is not found"):
        Simulator("verilator")


def test_a_python_without_shared_library_is_named(monkeypatch):
    monkeypatch.setattr(simulator.find_libpython, "find_libpython", lambda: None)
    with pytest.raises(SimulatorMissing, match="Python with a shared library"):
        Simulator("verilator")


def test_an_unknown_simulator_is_refused():
    with pytest.raises(ValueError, match="not 'modelsim'"):
        Simulator("modelsim")
