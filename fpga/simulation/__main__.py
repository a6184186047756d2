"""The process of a simulated board: builds the simulator and runs it until stdin ends."""

from __future__ import annotations

import sys
from pathlib import Path

from fpga.simulation.job import Job
from fpga.simulation.serve import JOB_VARIABLE
from fpga.system import System
from hwsim.errors import Refused
from hwsim.files import write_text
from hwsim.schedule import make_schedule
from rtl_gen.verification.simulator import (
    BuildFailed,
    SimulationFailed,
    Simulator,
    SimulatorMissing,
)
from rtl_gen.verilog import to_verilog

BAUD = 1_000_000
TOP = "system"


def main(path: str) -> None:
    """Run the board of the job in ``path``; a failure is left in the job's error file."""
    job = Job.load(path)
    try:
        _simulate(job)
    except (SimulatorMissing, BuildFailed, SimulationFailed, Refused, OSError) as error:
        job.error.write_text(" ".join(str(error).split()))
        sys.exit(1)


def _simulate(job: Job) -> None:
    design, clock_hz = job.design, BAUD * job.clocks_per_bit
    system = System(
        design, make_schedule(design), clock_hz=clock_hz, baud=BAUD,
        stored_inputs=job.stored_inputs, quiet_seconds=job.quiet_clocks / clock_hz,
    )  # fmt: skip
    verilog = Path(job.folder) / f"{TOP}.v"
    write_text(verilog, to_verilog(system, TOP))
    build = Simulator().build(verilog, TOP, Path(job.folder) / "build", visible=())
    result = build.run(
        "fpga.simulation.serve",
        environment={JOB_VARIABLE: str(job.file)},
        run_dir=Path(job.folder) / "run",
    )
    if not result.ok:
        raise SimulationFailed(f"{result.failures[0].message} (see {result.log})")


if __name__ == "__main__":
    main(sys.argv[1])
