"""From a design to a bitstream, or, for FPGAs that only Vivado can place, to what it needs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from amaranth.lib import wiring

from fpga.boards import Board, Device
from fpga.clock import MHZ, ClockMaker, dividers
from fpga.fit import ACCURACY, check_fit, check_use, estimated
from fpga.harness import Harness
from fpga.host.board import DEFAULT_BAUD
from fpga.link.deep_memory import BLOCK_BITS
from fpga.link.sizes import Sizes
from fpga.link.store import store_blocks
from fpga.link.uart import phase_step
from fpga.place_and_route import Routed, place_and_route
from fpga.rates import core_rate, wire_rate
from fpga.report import Report
from fpga.synthesis import Synthesis, synthesise
from fpga.system import System
from fpga.timing import timing
from fpga.top import NAME, Top
from hwsim.design import Design
from hwsim.errors import MISSING, Refused, bad
from hwsim.files import write_text
from hwsim.schedule import Schedule, make_schedule
from rtl_gen.verilog import make_accelerator

STORE_SHARE = 0.5
"""Of the device's block memory, for a data set on the board."""

SPARE_BLOCKS = 4
"""Block memories of the link, beside the data set."""

LEAST_MHZ, MOST_MHZ = 0.1, 1000.0

MOST_STORED = 2048
"""Inputs: of small ones so many would fit that writing the memory out takes minutes."""

KEPT = {"ecp5": (".il", ".lpf"), "series-7": (".il", ".xdc", ".v", ".tcl", ".sh")}
"""Files of the platform's plan to keep: hardware for yosys, constraints, what Vivado reads."""


class WithRtlil:
    """A platform that writes RTLIL, which yosys reads many times faster than Verilog."""

    @property
    def file_templates(self) -> dict[str, str]:
        return super().file_templates | {"{{name}}.il": "{{emit_rtlil()}}"}


@dataclass(frozen=True)
class Options:
    """How to build.

    Attributes:
        mhz: the accelerator's clock.
        baud: of the wire.
        seed: of the placement; another one gives another, slightly faster or slower.
        core_only: leave the link out, for figures of the accelerator alone.
        inference: leave backpropagation and update out.
    """

    mhz: float = 50
    baud: int = DEFAULT_BAUD
    seed: int = 1
    core_only: bool = False
    inference: bool = False


def build(design: Design, board: Board, folder: Path, options: Options) -> Report:
    """Build ``design`` for ``board`` in ``folder``, which is made if need be.

    Steps that were done there before, of the same inputs, are not done again.

    Raises:
        Refused: if the design does not fit, or a tool fails.
        BadInput: if the clock cannot be made, or the folder not be written.
    """
    schedule = make_schedule(design, inference=options.inference)
    check_fit(design, schedule, board.device)
    check_rates(board, options)
    _make(folder)
    sizes = Sizes(schedule, stored_inputs(schedule, board.device))
    top = make_top(sizes, board, options)
    files = write_sources(top, board, folder)
    synthesis = synthesise(files[0], NAME, board.device, folder)
    try:
        check_use(synthesis.utilisation, board.device)
    except Refused:
        _forget(folder, files)
        raise
    routed = None
    if board.device.family == "ecp5":
        mhz, seed = options.mhz, options.seed
        routed = place_and_route(files[1], board.device, folder, mhz=mhz, seed=seed)
        files = [*files, routed.bitstream]
    report = _report(sizes, board, options, top.clock.hz / MHZ, synthesis, routed, files)
    write_text(folder / "report.json", report.to_json())
    return report


def check_rates(board: Board, options: Options) -> None:
    """Raise ``BadInput`` if the board cannot make the clock, or the clock not the baud rate."""
    if not LEAST_MHZ <= options.mhz <= MOST_MHZ:
        rule = f"must be from {LEAST_MHZ:g} to {MOST_MHZ:g}"
        raise bad("command line", "--mhz", options.mhz, rule, "choose another clock")
    hz = dividers(board.pll, board.oscillator_hz, round(options.mhz * MHZ)).hz
    try:
        phase_step(clock_hz=float(hz), baud=options.baud)
    except ValueError as error:
        fix = "choose another --baud or --mhz"
        raise bad("command line", "--baud", options.baud, str(error), fix) from None


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = error.strerror or "cannot be written"
        raise bad(folder, "output", MISSING, what, "choose another place") from None


def _forget(folder: Path, names: Iterable[str] = ()) -> None:
    """Leave no results of another design beside this one's, should the build stop."""
    for name in ("report.json", f"{NAME}.bit", *names):
        (folder / name).unlink(missing_ok=True)


def stored_inputs(schedule: Schedule, device: Device) -> int:
    """How many inputs the board keeps: what fits into a share of its block memory, if that is free.

    How much the accelerator takes is an estimate: as much is left free as it may be at most.
    """
    taken = estimated(schedule, device)["block_ram"].used * (1 + ACCURACY)
    free = min(device.blocks * STORE_SHARE, device.blocks - SPARE_BLOCKS - taken)
    free_blocks = int(free * device.block_bits / BLOCK_BITS)
    fitting = bisect_right(
        range(1, MOST_STORED + 1), free_blocks, key=lambda n: store_blocks(Sizes(schedule, n))
    )
    return max(1, fitting)


def make_top(sizes: Sizes, board: Board, options: Options) -> Top:
    """What goes into the FPGA."""
    clock = ClockMaker(board.pll, board.oscillator_hz, round(options.mhz * MHZ))
    return Top(_system(sizes, clock.hz, options), clock)


def _system(sizes: Sizes, clock_hz: int, options: Options) -> wiring.Component:
    schedule = sizes.schedule
    design = schedule.design
    if options.core_only:
        return Harness(make_accelerator(design, schedule))
    return System(
        design, schedule, clock_hz=clock_hz, baud=options.baud, stored_inputs=sizes.stored_inputs
    )


def write_sources(top: Top, board: Board, folder: Path) -> list[str]:
    """Write what the tools read; returns the names, hardware first, then constraints."""
    # Without source locations: they would hold paths of this machine.
    platform = type(board.platform.__name__, (WithRtlil, board.platform), {})()
    plan = platform.build(top, name=NAME, do_build=False, emit_src=False)
    endings = KEPT[board.device.family]
    kept = {n: t for n, t in plan.files.items() if n.endswith(endings) and "debug" not in n}
    if any(_read(folder / name) != text for name, text in kept.items()):
        _forget(folder)
    for name, text in kept.items():
        write_text(folder / name, text)
    return sorted(kept, key=lambda name: endings.index(Path(name).suffix))


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def _report(
    sizes: Sizes, board: Board, options: Options, clock_mhz: float, synthesis: Synthesis,
    routed: Routed | None, files: list[str],
) -> Report:  # fmt: skip
    found = timing(routed.report) if routed else None
    fmax = found.fmax_mhz if found else None
    usable = clock_mhz if fmax is None else min(clock_mhz, fmax)
    clocks = sizes.schedule.block_cycle
    return Report(
        board=board.name,
        device=board.device.name,
        core_only=options.core_only,
        inference=options.inference,
        clock_mhz=clock_mhz,
        fmax_mhz=fmax,
        utilisation=routed.utilisation if routed else synthesis.utilisation,
        synthesis=synthesis,
        critical_path=found.critical_path if found else None,
        clocks_per_input=clocks,
        inputs_per_second_core=round(core_rate(usable, clocks)),
        inputs_per_second_io=round(wire_rate(sizes, options.baud), 1),
        baud=options.baud,
        stored_inputs=None if options.core_only else sizes.stored_inputs,
        seconds=round(synthesis.seconds + (routed.seconds if routed else 0), 1),
        files=files,
    )
