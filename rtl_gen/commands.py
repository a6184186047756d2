"""``clashfree generate`` and ``clashfree verify``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hwsim.cli import output
from hwsim.cli.options import design_argument, json_option
from hwsim.cli.run_view import load_state, warn_of_problems
from hwsim.data import load_data
from hwsim.design import Design
from hwsim.design_file import load_design
from hwsim.errors import Refused, bad
from hwsim.schedule import make_schedule
from rtl_gen import generate as generation
from rtl_gen.verification import verify as verification
from rtl_gen.verification.simulator import BuildFailed, SimulationFailed, SimulatorMissing
from rtl_gen.verification.stimulus import Stimuli

FOLDER = click.Path(path_type=Path)


@click.command("generate")
@design_argument
@click.option("-o", "--output", "folder", type=FOLDER, required=True, metavar="DIR",
              help="Where to write; made if need be.")  # fmt: skip
@click.option("--inference", is_flag=True, help="Leave backpropagation and update out.")
@click.option("--vectors", type=click.IntRange(0), default=0, metavar="N",
              help="Add golden vectors of N random inputs: .npz and $readmemh hex.")  # fmt: skip
@json_option
def generate(path: Path, folder: Path, inference: bool, vectors: int, as_json: bool) -> None:
    r"""Write DESIGN as Verilog: AXI4-Stream in and out, AXI4-Lite registers.

    Same design, same bytes. A pattern that clashes is refused; one with a hazard is generated
    with a warning: the hardware then has the same wrong bits as the model.

    \b
    Writes into DIR:
      accelerator.v     the hardware; top module accelerator
      accelerator.core  the same for FuseSoC
      design.json       the design, every default spelled out
      manifest.json     hash, ports, streams, registers, latencies, tool versions
      vectors/          with --vectors: inputs, and every memory after each block

    \b
    Examples:
      clashfree generate designs/digits.toml -o build
      clashfree generate designs/digits.toml -o build --vectors 10
    """
    design = load_design(path)
    warn_of_problems(make_schedule(design))
    with output.patience("generating Verilog"):
        files = generation.generate(design, folder, inference=inference, vectors=vectors)
    if as_json:
        output.emit({"files": [asdict(file) for file in files]})
        return
    for file in files:
        output.say(f"{file.sha256[:16]}  {file.path}")


@click.command("verify")
@design_argument
@click.option("--inputs", type=click.IntRange(1), default=20, show_default=True, metavar="N",
              help="Inputs to train in lockstep.")  # fmt: skip
@click.option("--simulator", type=click.Choice(["verilator", "icarus"]),
              help="Which simulator; the fastest there is if not given.")  # fmt: skip
@click.option("--data", "source", metavar="DATA",
              help="Take inputs from digits, an .npz or idx files instead of noise.")  # fmt: skip
@click.option("--load", type=FOLDER, metavar="STATE.npz", help="Start from this state.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True,
              help="Seed of the noise and of the pauses.")  # fmt: skip
@click.option("--pauses", is_flag=True, help="Let source and consumer pause at random.")
@click.option("--inference", is_flag=True, help="Verify the hardware without BP and UP.")
@click.option("--waves", is_flag=True, help="Leave a waveform; a divergence always does.")
@click.option("-o", "--output", "folder", type=FOLDER, metavar="DIR",
              help="Where Verilog, log and waves go.  [default: build/verify/DESIGN]")  # fmt: skip
@json_option
def verify(
    path: Path, inputs: int, simulator: str | None, source: str | None, load: Path | None,
    seed: int, pauses: bool, inference: bool, waves: bool, folder: Path | None, as_json: bool,
) -> int:  # fmt: skip
    r"""Compare the Verilog of DESIGN with the model on every clock of a training run.

    Compared are both streams and the write port of every memory: weights, biases, activations,
    derivatives and deltas, for feedforward, backpropagation and update. The first difference is
    reported with input, junction, phase, clock, lane, bank, word, expected and got.

    \b
    Examples:
      clashfree verify designs/digits.toml --inputs 50
      clashfree verify designs/digits.toml --inputs 200 --data digits --pauses
      clashfree verify designs/deep-4.toml --simulator icarus --waves -o verify

    Exit status: 0 equal, 1 different or refused, 2 bad input.
    """
    design = load_design(path)
    state = load_state(load, design) if load else None
    stimuli = _stimuli(design, source, inputs, seed)
    warn_of_problems(make_schedule(design))
    work = folder or Path("build") / "verify" / path.stem
    if folder is not None:
        generation.check_folder(folder)
    with output.patience("building and simulating"):
        verdict = _verify(
            design, stimuli, work, simulator=simulator, state=state,
            gaps=seed if pauses else None, inference=inference, waves=waves,
        )  # fmt: skip
    if as_json:
        output.emit(asdict(verdict))
    else:
        _show(verdict)
    return 0 if verdict.equal else 1


def _stimuli(design: Design, source: str | None, inputs: int, seed: int) -> Stimuli:
    if source is None:
        return Stimuli.random(design, inputs, seed)
    data = load_data(source, design)
    return Stimuli.repeated(data.xtr, data.ytr, inputs)


def _verify(
    design: Design, stimuli: Stimuli, work: Path, *, simulator: str | None, **rest: Any
) -> verification.Verdict:
    try:
        return verification.verify(design, stimuli, work, simulator=simulator, **rest)
    except SimulatorMissing as missing:
        fix = "install it, or choose another simulator"
        raise bad("command line", "--simulator", simulator or "any", str(missing), fix) from None
    except OSError as error:
        what = error.strerror or "cannot be written"
        raise bad(work, "--output", error.filename, what, "choose another folder") from None
    except (BuildFailed, SimulationFailed, verification.SimulationBroken) as failure:
        raise Refused(f"no verdict: {failure}") from None


def _show(verdict: verification.Verdict) -> None:
    if verdict.equal:
        output.say(
            f"equal: model and Verilog agree on every clock ({verdict.clocks} clocks, "
            f"{verdict.inputs} inputs, {verdict.simulator})"
        )
    else:
        output.say("different; the first divergence:")
        for name, value in (verdict.first_divergence or {}).items():
            output.say(f"  {name:9} {value}")
    if verdict.waves:
        output.say(f"waveform: {verdict.waves}")
