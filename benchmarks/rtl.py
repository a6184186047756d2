"""The generated Verilog in Verilator and in Icarus, fed by a Verilog test bench."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np

from benchmarks.task import Task
from rtl_gen.accelerator import user_layout
from rtl_gen.verification.toolchain import compiler
from rtl_gen.verification.verilator import verilator_root
from rtl_gen.verilog import make_accelerator, to_verilog

HERE = Path(__file__).parent


def prepare(task: Task, inputs: int, folder: Path, *, loaded: bool) -> None:
    """Write design, test bench, parameters and input beats to ``folder``.

    Loading the parameters takes three clocks each; if not ``loaded``, they stay zero.
    """
    folder.mkdir(parents=True, exist_ok=True)
    top = make_accelerator(task.design, task.schedule)
    (folder / "accelerator.v").write_text(to_verilog(top))
    beats = task.schedule.beats
    values = {
        "DATA_BITS": 8 * task.design.pixels_per_beat,
        "USER_BITS": user_layout(task.design).size,
        "RESULT_BITS": len(top.m_axis_tdata),
        "ADDRESS_BITS": top.address_bits,
        "BEATS": beats,
        "INPUTS": inputs,
        "PARAMETERS": _write_parameters(task, folder, loaded),
        "PREDICTION_BITS": max(1, (task.design.network.layers[-1] - 1).bit_length()),
    }
    bench = (HERE / "bench.v").read_text()
    for name, value in values.items():
        bench = bench.replace(f"@{name}@", str(value))
    (folder / "bench.v").write_text(bench)
    _write_beats(task, inputs, folder)


def _write_parameters(task: Task, folder: Path, loaded: bool) -> int:
    """AXI-Lite writes that load the state, "address data" each; how many."""
    lines = [(0x04, 0)]
    pairs = zip(task.state.weights, task.state.biases, strict=True) if loaded else ()
    for index, pair in enumerate(pairs, 1):
        for kind, values in enumerate(pair):
            lines.append((0x14, index + (kind << 8)))
            lines += [(0x20, int(value) & 0xFFFFFFFF) for value in values]
    text = "\n".join(f"{address:08x}{data:08x}" for address, data in lines)
    (folder / "parameters.hex").write_text(text + "\n")
    return len(lines)


def _write_beats(task: Task, inputs: int, folder: Path) -> None:
    design, (pixels, labels) = task.design, task.first(inputs)
    width, beats = design.pixels_per_beat, task.schedule.beats
    padded = np.zeros((inputs, width * beats), dtype=np.uint8)
    padded[:, : pixels.shape[1]] = pixels
    layout = user_layout(design)
    with (folder / "beats.hex").open("w") as file:
        for image, label in zip(padded, labels, strict=True):
            user = layout.const(
                {"label": int(label), "train": 1, "eta_shift": design.eta_shift_at(0)}
            )
            for beat in image.reshape(beats, width):
                bits = int.from_bytes(beat.tobytes(), "little")
                word = int(user.as_value().value) << (8 * width) | bits
                file.write(f"{word:x}\n")


def build_verilator(folder: Path) -> list[str]:
    """Compile for speed; the command that runs it."""
    root = verilator_root()
    environment = os.environ | {"VERILATOR_ROOT": str(root)}
    environment = {k: v for k, v in environment.items() if not k.startswith(("MAKE", "MFLAGS"))}
    shutil.copy(HERE / "bench_main.cpp", folder)
    flags = ["--cc", "--exe", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--no-timing"]
    flags += ["-Wno-fatal", "-Wno-WIDTH", "--top-module", "bench", "--prefix", "Vbench"]
    command = [str(root / "bin" / "verilator_bin"), *flags, "-Mdir", "verilated", "-o", "bench"]
    command += ["bench_main.cpp", "bench.v", "accelerator.v"]
    cxx = " ".join(compiler())
    make = ["make", "-C", "verilated", "-f", "Vbench.mk", "OPT_FAST=-O2"]
    make += [f"CXX={cxx}", f"LINK={cxx}", "CFG_CXXFLAGS_PCH_I=-include", f"-j{os.cpu_count()}"]
    for step in (command, make):
        subprocess.run(step, cwd=folder, env=environment, check=True, capture_output=True)
    return ["verilated/bench"]


def build_icarus(folder: Path) -> list[str]:
    """Compile; the command that runs it."""
    command = ["iverilog", "-g2005", "-DCLOCK", "-o", "bench.vvp", "bench.v", "accelerator.v"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return ["vvp", "-n", "bench.vvp"]


def run(command: list[str], folder: Path) -> list[int]:
    """Simulate; the predictions that it printed."""
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return [int(line[2:]) for line in done.stdout.splitlines() if line.startswith("p ")]
