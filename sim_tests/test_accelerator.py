"""The generated Verilog, as a user gets it: cocotb holds the top module to the model.

Few builds, because each takes Verilator seconds; small designs run in ``test_pipeline``.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hwsim.design_file import load_design, make_design
from hwsim.errors import Refused
from hwsim.pipeline import Pipeline
from hwsim.schedule import make_schedule
from hwsim.state import State
from rtl_gen.fixed_point import FixedPoint
from rtl_gen.generate import generate
from rtl_gen.verification import verify as verify_module
from rtl_gen.verification.cocotb_bench import JOB_VARIABLE, Job
from rtl_gen.verification.simulator import Simulator, available
from rtl_gen.verification.stimulus import Stimuli
from rtl_gen.verification.verify import VISIBLE, verify
from rtl_gen.verilog import TOP, make_accelerator, to_verilog

DESIGNS = Path(__file__).parent.parent / "designs"

SMALL = {
    "format": 1,
    "network": {"layers": [20, 15, 6], "out_degrees": [3, 4]},
    "hardware": {"z": [10, 5], "registers": 1},
    "number": {"int_bits": 2, "frac_bits": 6},
    "pattern": {"type": 1, "dither": True},
    "training": {"eta_shift": [[0, 1], [30, 2], [90, 3]]},
}
"""d_in 4 and 10, depths 2 and 3: neither divides its z nor is divided by it."""


SMALL_DESIGN = make_design(SMALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("accelerator")


@pytest.fixture(scope="module")
def training_run(folder):
    design = make_design(SMALL)
    return verify(design, Stimuli.random(design, 250, 1), folder / "small")


def test_a_training_run_of_250_inputs(training_run):
    """Weights at the end are read back through the register port, bit for bit (in the bench)."""
    assert training_run.equal, training_run.first_divergence
    assert training_run.inputs == 250
    assert training_run.clocks == make_schedule(make_design(SMALL)).clocks(250)


def test_corners_and_saturation_flags(folder, training_run):
    """Weights over the whole range: sums clip, outputs tie, and every flag is read back."""
    number, rng = SMALL_DESIGN.fixed_point, np.random.default_rng(1)
    state = State.initial(SMALL_DESIGN)
    for values in (*state.weights, *state.biases):
        values[:] = rng.integers(number.minimum, number.maximum + 1, values.shape)
    stimuli = Stimuli.random(SMALL_DESIGN, 40, 1)
    model = Pipeline(SMALL_DESIGN, state=state)
    model.run(stimuli.pixels, stimuli.labels)
    clipped = {name.split(maxsplit=2)[2] for name, t in model.tallies.items() if t.saturated}
    assert {"feedforward sum", "weight", "bias"} <= clipped
    verdict = verify(SMALL_DESIGN, stimuli, folder / "small", state=state)
    assert verdict.equal, verdict.first_divergence


def test_pauses_lose_nothing(folder):
    design = make_design(SMALL)
    verdict = verify(design, Stimuli.random(design, 60, 2), folder / "small", gaps=7)
    assert verdict.equal, verdict.first_divergence
    assert verdict.inputs == 60
    assert verdict.clocks > make_schedule(design).clocks(60)


def test_registers_in_every_stage(folder):
    """Sums clip: flags that have come through the stages are read back, and so are weights."""
    stages = {"network": 1, "multiplier": 3, "product": 1, "tree": 2, "activation": 2}
    raw = SMALL | {"hardware": {"z": [10, 5], "registers": stages}}
    design, rng = make_design(raw), np.random.default_rng(1)
    number, state = design.fixed_point, State.initial(design)
    for values in (*state.weights, *state.biases):
        values[:] = rng.integers(number.minimum, number.maximum + 1, values.shape)
    stimuli = Stimuli.random(design, 60, 1)
    verdict = verify(design, stimuli, folder / "stages", state=state)
    assert verdict.equal, verdict.first_divergence
    assert verdict.clocks == make_schedule(design).clocks(60)


@pytest.mark.skipif("icarus" not in available(), reason="Icarus is not on this machine")
def test_icarus_agrees_too(folder):
    """An event-driven simulator knows X, where Verilator has two values."""
    design = make_design(SMALL)
    verdict = verify(design, Stimuli.random(design, 12, 1), folder / "ic", simulator="icarus")
    assert verdict.equal, verdict.first_divergence


def test_registers(folder, training_run):
    """The register map, error and saturation flags: see ``bench_accelerator``."""
    small = folder / "small"
    build = Simulator(training_run.simulator).build(
        small / "accelerator.v", TOP, small / "build", visible=VISIBLE
    )
    job = Job(
        design=make_design(SMALL).sections(), directory=".", report="",
        inputs=str(small / "inputs.npz"), state=str(small / "initial.npz"),
    )  # fmt: skip
    job.save(folder / "job.json")
    result = build.run("bench_accelerator", environment={JOB_VARIABLE: str(folder / "job.json")})
    assert result.ok, result.failures
    assert len(result.passed) == 7


def test_a_wrong_bit_in_the_verilog_is_found_and_leaves_a_waveform(folder, monkeypatch):
    """Hardware that truncates eta*delta, the newcomer's mistake: the report names the place."""

    def truncate(self, m, value, shift):
        return (value >> shift)[: self.width].as_signed()

    monkeypatch.setattr(FixedPoint, "shift_right", truncate)
    design = make_design(SMALL)
    verdict = verify(design, Stimuli.random(design, 10, 1), folder / "broken")
    assert not verdict.equal
    found = verdict.first_divergence
    assert (found["phase"], found["junction"], found["input"]) == ("UP", 2, 0)
    assert None not in (found["lane"], found["word"], found["bank"])
    assert abs(found["expected"] - found["got"]) == 1
    assert Path(verdict.waves).stat().st_size > 1000


def test_the_streams_are_compared_where_the_user_sees_them(folder, monkeypatch):
    """A dead output port of the top module, with a core that is right."""
    good = "assign m_axis_tdata = {"
    to_verilog = verify_module.to_verilog
    assert good in to_verilog(make_accelerator(SMALL_DESIGN, make_schedule(SMALL_DESIGN)))
    monkeypatch.setattr(
        verify_module,
        "to_verilog",
        lambda top: to_verilog(top).replace(good, good.replace("{", "~{")),
    )
    verdict = verify(SMALL_DESIGN, Stimuli.random(SMALL_DESIGN, 6, 1), folder / "dead")
    assert not verdict.equal
    assert verdict.first_divergence["signal"] == "predictions.payload"


def test_clashing_pattern_is_refused(tmp_path):
    left = np.zeros((4, 4), dtype=int) + np.arange(4)[:, None] // 2
    np.savez(tmp_path / "pattern.npz", left_1=left)
    design = make_design(
        {
            "format": 1,
            "network": {"layers": [8, 4], "out_degrees": [2]},
            "hardware": {"z": [4]},
            "pattern": {"file": "pattern.npz"},
        },
        directory=tmp_path,
    )
    with pytest.raises(Refused, match="junction 1: the pattern clashes in 4 clocks"):
        generate(design, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_same_design_same_bytes_and_a_folder_that_stands_alone(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    plain = make_design(SMALL)
    np.savez(
        source / "mine.npz",
        **{f"left_{p.shape.index}": p.interleaver.left for p in make_schedule(plain).junctions},
    )
    State.initial(plain).save(source / "start.npz")
    raw = SMALL | {
        "pattern": {"file": "mine.npz"},
        "training": SMALL["training"] | {"initial": "start.npz"},
    }
    design = make_design(raw, directory=source)
    first = generate(design, tmp_path / "a", vectors=2)
    again = generate(load_design(tmp_path / "a" / "design.json"), tmp_path / "b", vectors=2)
    assert [f.sha256 for f in first] == [f.sha256 for f in again]
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert manifest["verilog_sha256"] == first[0].sha256
    assert manifest["latencies"]["block_cycle"] == make_schedule(design).block_cycle


def test_the_core_file_names_the_hardware(tmp_path):
    files = generate(make_design(SMALL), tmp_path / "out")
    text = (tmp_path / "out" / "accelerator.core").read_text()
    assert text.startswith("CAPI=2:\n")
    assert f"name: ::accelerator-{files[0].sha256[:8]}:0\n" in text
    assert "files: [accelerator.v]" in text
    assert text.count(f"toplevel: {TOP}\n") == 2


def test_golden_vectors_hold_every_memory_after_each_block(tmp_path):
    design = make_design(SMALL)
    generate(design, tmp_path / "out", vectors=3)
    with np.load(tmp_path / "out" / "vectors" / "vectors.npz") as file:
        vectors = dict(file)
    model = Pipeline(design)
    predictions = model.run(vectors["pixels"], vectors["labels"])
    np.testing.assert_array_equal(vectors["prediction"], predictions)
    for name, memory in model.memories.items():
        rows = vectors[name.replace(" ", "_")]
        assert rows.shape == (1 + 3 + 4, memory.copies, memory.size)
        np.testing.assert_array_equal(rows[-1], memory.values)
        lines = (tmp_path / "out" / "vectors" / f"{name.replace(' ', '_')}.hex").read_text()
        assert len(lines.split()) == rows.size


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "inputs"),
    [("digits", 1437), ("deep-4", 300), ("no-power-of-two", 300), ("prototype-2018", 60),
     ("prototype-2018-published", 40)],
)  # fmt: skip
def test_shipped_designs(name, inputs, folder):
    design = load_design(DESIGNS / f"{name}.toml")
    verdict = verify(design, Stimuli.random(design, inputs, 3), folder / name)
    assert verdict.equal, verdict.first_divergence


@pytest.mark.parametrize(
    ("profile", "expected"),
    # FF and UP take a multiplier per lane each. BP of junction 2 takes two per lane (prototype),
    # or one per lane and one for each right neuron that junction 1 touches (default).
    [("prototype", 2 * (10 + 5) + 2 * 5), ("default", 2 * (10 + 5) + 5 + 3)],
)
def test_multipliers_are_those_of_the_block_diagram(profile, expected):
    """An expression used twice would be emitted twice, multipliers included."""
    design = make_design(SMALL | {"number": SMALL["number"] | {"profile": profile}})
    assert design.shapes[0].right_banks == 3
    verilog = to_verilog(make_accelerator(design, make_schedule(design)))
    assert verilog.count(" * ") == expected
