"""The cocotb side of ``verify``: drives the generated top module in lockstep with the model.

Runs inside the simulator's Python. Everything it works on comes as a job file, named by the
environment variable ``JOB_VARIABLE``; what it finds goes into the job's report file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly

from hwsim.design import Design
from hwsim.design_file import make_design
from hwsim.fixed_point import Raw
from hwsim.pipeline import Input, Pipeline
from hwsim.schedule import make_schedule
from hwsim.sequencer import Descriptor
from hwsim.state import State
from rtl_gen import register_map as regs
from rtl_gen.accelerator import user_layout
from rtl_gen.interleaver import PRIMING_CLOCKS
from rtl_gen.verification.lockstep import Diverged, Lockstep, Read, Sample
from rtl_gen.verification.stimulus import Offer, Stimulus

JOB_VARIABLE = "CLASHFREE_JOB"


@dataclass(frozen=True)
class Job:
    """What to run: files and settings, as plain JSON types.

    ``inputs`` is an ``.npz`` with ``pixels`` (n, n_left_1), ``labels``, ``train`` and ``eta_shift``
    (n,); ``state`` the weights and biases to start with.
    """

    design: dict
    directory: str
    inputs: str
    state: str
    report: str
    gaps: int | None = None
    inference: bool = False

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: str) -> Job:
        return cls(**json.loads(Path(path).read_text()))


@cocotb.test()
async def lockstep(dut: Any) -> None:
    """Every memory's write port and every output equal the model's, on every clock."""
    job = Job.load(os.environ[JOB_VARIABLE])
    bench = Bench(dut, job)
    report = {"equal": False, "clocks": 0, "inputs": 0, "first_divergence": None}
    try:
        await bench.run()
        report["equal"] = True
    except Diverged as diverged:
        report["first_divergence"] = diverged.divergence.as_dict()
    report |= {"clocks": bench.lockstep.clocks, "inputs": bench.taken}
    Path(job.report).write_text(json.dumps(report))
    assert report["equal"], report["first_divergence"]


class Bench:
    """Model and simulated Verilog of one design."""

    def __init__(self, dut: Any, job: Job) -> None:
        self.dut = dut
        self.design = make_design(job.design, directory=job.directory)
        self.schedule = make_schedule(self.design, inference=job.inference)
        self.state = State.load(job.state, self.design)
        self.model = Pipeline(self.design, self.schedule, self.state)
        self.lockstep = Lockstep(self.model, reader(dut))
        self.inputs = load_inputs(job.inputs)
        self.stimulus = Stimulus(self.inputs, self.schedule.beats, job.gaps)
        self.taken = 0

    async def run(self) -> None:
        """Reset, load parameters, train in lockstep, read parameters back.

        Raises:
            Diverged: at the first difference.
        """
        self.rest()
        await reset(self.dut)
        await self._write_parameters()
        await self.write(regs.CONTROL.address, 0)
        await self._feed()
        await self._check_parameters()
        await self._check_saturation()

    def rest(self) -> None:
        """Offer nothing, take every response."""
        for name in ("s_axis_tvalid", "m_axis_tready", "s_axi_awvalid", "s_axi_wvalid",
                     "s_axi_arvalid", "s_axis_tlast", "s_axis_tuser", "s_axis_tdata"):  # fmt: skip
            getattr(self.dut, name).value = 0
        self.dut.s_axi_bready.value = 1
        self.dut.s_axi_rready.value = 1
        self.dut.s_axi_wstrb.value = 15

    async def _feed(self) -> None:
        drains = False
        while not self.stimulus.done(self.model):
            offer = self.stimulus.offer()
            if offer.drain and not drains:
                drains = True
                await self._start_draining()
                continue
            await self._clock(offer)
        self.model.settle()
        self.dut.s_axis_tvalid.value = 0

    async def _start_draining(self) -> None:
        """Set the DRAIN bit; the pipeline goes on meanwhile, watched as ever."""
        dut = self.dut
        dut.s_axi_awaddr.value, dut.s_axi_wdata.value = regs.CONTROL.address, 1
        for clock in range(3):  # accepted, written, in effect
            dut.s_axi_awvalid.value = dut.s_axi_wvalid.value = int(clock == 0)
            await self._clock(Offer(None, 0, drain=clock == 2, take=True))

    async def _clock(self, offer: Offer) -> None:
        """One clock of hardware and model."""
        self.drive(offer)
        await ReadOnly()
        assert int(self.dut.m_axis_tlast.value) == 1, "every prediction is a frame of its own"
        self.taken += offer.take and self.model.output is not None
        self.stimulus.after(self.lockstep.clock(offer))
        await FallingEdge(self.dut.clk)

    def drive(self, offer: Offer) -> None:
        """Put a clock's stimulus on the streams."""
        dut = self.dut
        dut.m_axis_tready.value = int(offer.take)
        dut.s_axis_tvalid.value = int(offer.input is not None)
        if offer.input is None:
            return
        first = offer.beat * self.design.pixels_per_beat
        pixels = offer.input.pixels[first : first + self.design.pixels_per_beat]
        dut.s_axis_tdata.value = int.from_bytes(pixels.astype(np.uint8).tobytes(), "little")
        dut.s_axis_tlast.value = int(offer.beat == self.schedule.beats - 1)
        dut.s_axis_tuser.value = pack_user(self.design, offer.input.descriptor)

    async def write(self, address: int, value: int) -> None:
        """Write a register."""
        dut = self.dut
        dut.s_axi_awaddr.value, dut.s_axi_wdata.value = address, value & 0xFFFFFFFF
        dut.s_axi_awvalid.value = dut.s_axi_wvalid.value = 1
        await FallingEdge(dut.clk)
        dut.s_axi_awvalid.value = dut.s_axi_wvalid.value = 0
        while not int(dut.s_axi_bvalid.value):
            await FallingEdge(dut.clk)
        await FallingEdge(dut.clk)

    async def read(self, address: int) -> int:
        """Read a register, as a signed number."""
        dut = self.dut
        dut.s_axi_araddr.value, dut.s_axi_arvalid.value = address, 1
        await FallingEdge(dut.clk)
        dut.s_axi_arvalid.value = 0
        while not int(dut.s_axi_rvalid.value):
            await FallingEdge(dut.clk)
        value = int(dut.s_axi_rdata.value)
        await FallingEdge(dut.clk)
        return value - ((value >> 31) << 32)

    def _parameters(self) -> Iterator[tuple[int, Raw]]:
        """Value of PARAMETER_SELECT, and what lies behind it."""
        for i, (weight, bias) in enumerate(zip(self.state.weights, self.state.biases, strict=True)):
            yield i + 1, weight
            yield (i + 1) | 1 << 8, bias

    async def _write_parameters(self) -> None:
        for select, values in self._parameters():
            await self.write(regs.PARAMETER_SELECT.address, select)
            for value in values:
                await self.write(regs.PARAMETER_DATA.address, int(value))

    async def _check_parameters(self) -> None:
        """What the register port reads back is what the model ends with."""
        self.state = self.model.state()
        for select, values in self._parameters():
            await self.write(regs.PARAMETER_SELECT.address, select)
            for index, value in enumerate(values):
                got = await self.read(regs.PARAMETER_DATA.address)
                assert got == value, f"parameter {select:#x}[{index}]: expected {value}, got {got}"

    async def _check_saturation(self) -> None:
        """The sticky flags say which operations of the model left the range, and no others."""
        tallies = self.model.tallies
        for i in range(self.design.n_junctions):
            expected = 0
            for bit, operations in enumerate(SATURATION):
                names = [f"junction {i + 1} {operation}" for operation in operations]
                expected |= any(tallies[n].saturated for n in names if n in tallies) << bit
            got = await self.read(regs.saturation(i + 1).address)
            assert got == expected, f"SATURATION_{i + 1}: expected {expected:03b}, got {got:03b}"


SATURATION = (
    ("feedforward product", "feedforward sum"),
    ("backprop product", "delta sum"),
    ("update product", "weight", "bias"),
)
"""Which of the model's tallies each bit of a saturation register covers."""


async def reset(dut: Any) -> None:
    """Start the clock, pulse reset, which must change after time 0, and wait until it is ready."""
    dut.rst.value = 0
    Clock(dut.clk, 10, unit="ns").start()
    await FallingEdge(dut.clk)
    dut.rst.value = 1
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    for _ in range(PRIMING_CLOCKS):
        await FallingEdge(dut.clk)


def load_inputs(path: str) -> list[Input]:
    """The inputs of a job's file."""
    with np.load(path) as file:
        arrays = [file[name] for name in ("pixels", "labels", "train", "eta_shift")]
    return [
        Input(image.astype(np.int64), Descriptor(True, bool(train), int(label), int(shift), i))
        for i, (image, label, train, shift) in enumerate(zip(*arrays, strict=True))
    ]


def pack_user(design: Design, descriptor: Descriptor) -> int:
    """The tuser of an input."""
    fields = {
        "label": descriptor.label,
        "train": int(descriptor.train),
        "eta_shift": descriptor.eta_shift,
    }
    return user_layout(design).const(fields).as_bits()


def reader(dut: Any) -> Read:
    """Reads signals of the core by the names ``rtl_gen.verification.lockstep`` uses."""
    handles: dict[str, object] = {}

    def read(name: str) -> Sample:
        if name not in handles:
            handles[name] = (
                getattr(dut, TOP_PORTS[name]) if name in TOP_PORTS else find(dut.core, name)
            )
        text = str(handles[name].value)
        if text.isdecimal():
            return int(text, 2), 0
        return int(text.translate(KNOWN), 2), int(text.translate(UNKNOWN), 2)

    return read


KNOWN = str.maketrans("XxZz", "0000")
UNKNOWN = str.maketrans("01XxZz", "001111")


def find(core: Any, name: str) -> Any:
    """The handle of ``layer_1.right.sum``: instances with dots, members of a port with ``__``."""
    *instances, last = name.split(".")
    members = []
    found = core
    for i, part in enumerate(instances):
        if not part.startswith(INSTANCES):
            members = instances[i:]
            break
        found = getattr(found, part)
    return getattr(found, "__".join([*members, last]))


TOP_PORTS = {
    "pixels.ready": "s_axis_tready",
    "predictions.valid": "m_axis_tvalid",
    "predictions.payload": "m_axis_tdata",
}
"""Streams are read where the user sees them."""

INSTANCES = ("layer_", "junction_", "cost", "parameters", "weight_memory", "bias_memory")
