"""What goes onto a board: the accelerator, its link to a host, and room for a data set."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from fpga.link.link import Link
from fpga.link.sizes import Sizes
from fpga.link.uart import phase_step
from hwsim.design import Design
from hwsim.schedule import Schedule
from rtl_gen.accelerator import user_layout
from rtl_gen.axi_lite import axi_lite_ports
from rtl_gen.pipeline import prediction_layout
from rtl_gen.verilog import make_accelerator

QUIET_SECONDS = 0.02
"""Longer than a USB adapter pauses within a frame, shorter than anybody would notice."""


class System(wiring.Component):
    """Everything between two wires.

    Args:
        design: the design.
        schedule: its schedule, without clashes.
        clock_hz: of the domain "sync".
        baud: of the wires, at most a quarter of ``clock_hz``.
        stored_inputs: inputs that fit into the memory for a data set, at least 1.
        quiet_seconds: silence after which a frame that is not complete is given up.

    Attributes:
        rx (In): what the host sends; need not be synchronous.
        tx (Out): what it gets.
        busy (Out): a request is being answered, or a run feeds inputs.
        training (Out): a run feeds inputs that train.

    Raises:
        ValueError: if a rate or a size is out of range.
        Refused: if a pattern clashes.
    """

    def __init__(
        self, design: Design, schedule: Schedule, *, clock_hz: float, baud: float,
        stored_inputs: int, quiet_seconds: float = QUIET_SECONDS,
    ) -> None:  # fmt: skip
        self.design = design
        self.accelerator = make_accelerator(design, schedule)
        self.address_bits = self.accelerator.address_bits
        self.link = Link(
            Sizes(schedule, stored_inputs),
            step=phase_step(clock_hz=clock_hz, baud=baud),
            quiet_clocks=max(1, round(quiet_seconds * clock_hz)),
            address_bits=self.address_bits,
            prediction_bits=prediction_layout(design).size,
        )
        super().__init__(
            {"rx": In(1, init=1), "tx": Out(1, init=1), "busy": Out(1), "training": Out(1)}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.accelerator = accelerator = self.accelerator
        m.submodules.link = link = self.link
        m.d.comb += [
            link.rx.eq(self.rx),
            self.tx.eq(link.tx),
            self.busy.eq(link.busy),
            self.training.eq(link.training),
        ]
        for name, member in axi_lite_ports(self.address_bits).items():
            theirs, ours = getattr(accelerator, name), getattr(link, name)
            m.d.comb += theirs.eq(ours) if member.flow == In else ours.eq(theirs)
        user = data.View(user_layout(self.design), accelerator.s_axis_tuser)
        beat = link.beats.payload
        m.d.comb += [
            accelerator.s_axis_tdata.eq(beat.pixels),
            user.label.eq(beat.label),
            user.train.eq(link.control.train),
            user.eta_shift.eq(link.control.eta_shift),
            accelerator.s_axis_tlast.eq(beat.last),
            accelerator.s_axis_tvalid.eq(link.beats.valid),
            link.beats.ready.eq(accelerator.s_axis_tready),
            link.predictions.payload.eq(accelerator.m_axis_tdata),
            link.predictions.valid.eq(accelerator.m_axis_tvalid),
            accelerator.m_axis_tready.eq(link.predictions.ready),
        ]
        return m
