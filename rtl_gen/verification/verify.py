"""Verifies a design's Verilog: cocotb holds it to the model, for the user's own design."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwsim.design import Design
from hwsim.files import write_npz, write_text
from hwsim.schedule import make_schedule
from hwsim.state import State
from rtl_gen.verification.cocotb_bench import JOB_VARIABLE, Job
from rtl_gen.verification.simulator import BuildFailed, SimulationFailed, Simulator
from rtl_gen.verification.stimulus import Stimuli
from rtl_gen.verilog import TOP, make_accelerator, to_verilog

BENCH = "rtl_gen.verification.cocotb_bench"

VISIBLE = (
    *("pixels__ready", "predictions__valid", "predictions__payload", "advance", "drained"),
    *("result_enable", "result_word", "activation_data", "derivative_data"),
    *("right__sum_enable", "right__sum_word", "right__sum"),
    *("write_enable", "write_word", "write_data"),
    *("delta_enable", "delta_word", "delta_data"),
)
"""The signals that ``lockstep`` reads; ``advance`` also makes every junction a scope."""


@dataclass(frozen=True)
class Verdict:
    """What a verification found.

    ``first_divergence`` has the fields of ``lockstep.Divergence``; ``waves`` is the waveform that
    was left, ``log`` the simulator's output.
    """

    equal: bool
    clocks: int
    inputs: int
    first_divergence: dict[str, object] | None
    simulator: str
    log: str
    waves: str | None


class SimulationBroken(Exception):
    """The simulation ended without a verdict."""


def verify(
    design: Design,
    stimuli: Stimuli,
    folder: Path,
    *,
    simulator: str | None = None,
    state: State | None = None,
    gaps: int | None = None,
    inference: bool = False,
    waves: bool = False,
) -> Verdict:
    """Generate, build, and run in lockstep; everything is left in ``folder``.

    Args:
        design: the design.
        stimuli: what to feed.
        folder: for Verilog, build and log.
        simulator: "verilator" or "icarus"; the best there is if None.
        state: weights and biases to start with; the design's initial ones if None.
        gaps: seed of random pauses on both streams; None for none.
        inference: verify hardware without BP and UP.
        waves: leave a waveform in any case; a divergence always does.

    Raises:
        Refused: if a pattern clashes.
        SimulatorMissing: if there is no simulator.
    """
    chosen = Simulator(simulator)
    schedule = make_schedule(design, inference=inference)
    text = to_verilog(make_accelerator(design, schedule))
    folder.mkdir(parents=True, exist_ok=True)
    verilog = folder / f"{TOP}.v"
    write_text(verilog, text)
    job = _job(design, stimuli, folder, state or State.initial(design), gaps, inference)
    verdict = _run(chosen, verilog, folder, job, waves)
    if not verdict.equal and not waves:
        with suppress(BuildFailed, SimulationFailed):  # then the verdict has no waveform
            verdict = _run(chosen, verilog, folder, job, waves=True)
    return verdict


def _job(
    design: Design, stimuli: Stimuli, folder: Path, state: State, gaps: int | None, inference: bool
) -> Job:
    train = np.logical_and(stimuli.train, not inference)
    seen = state.inputs_seen + np.cumsum(train) - train
    shifts = [design.eta_shift_at(int(n)) for n in seen]
    arrays = {
        "pixels": stimuli.pixels.astype(np.uint8),
        "labels": stimuli.labels,
        "train": train,
        "eta_shift": np.array(shifts, dtype=np.int64),
    }
    write_npz(folder / "inputs.npz", arrays)
    state.save(folder / "initial.npz")
    return Job(
        design=design.sections(),
        directory=str(design.directory.resolve()),
        inputs=str((folder / "inputs.npz").resolve()),
        state=str((folder / "initial.npz").resolve()),
        report=str((folder / "report.json").resolve()),
        gaps=gaps,
        inference=inference,
    )


def _run(chosen: Simulator, verilog: Path, folder: Path, job: Job, waves: bool) -> Verdict:
    report = Path(job.report)
    report.unlink(missing_ok=True)
    job.save(folder / "job.json")
    build = chosen.build(verilog, TOP, folder / "build", waves=waves, visible=VISIBLE)
    result = build.run(
        BENCH,
        environment={JOB_VARIABLE: str((folder / "job.json").resolve())},
        run_dir=folder / "run",
        waves=waves,
    )
    if not report.exists():
        message = result.failures[0].message if result.failures else "no report"
        raise SimulationBroken(f"{message} (see {result.log})")
    found = json.loads(report.read_text())
    if found["equal"] and not result.ok:
        raise SimulationBroken(f"{result.failures[0].message} (see {result.log})")
    return Verdict(
        **found,
        simulator=chosen.name,
        log=str(result.log),
        waves=str(result.waves) if result.waves else None,
    )
