"""The top module: the pipeline with AXI4-Stream and AXI4-Lite around it, a thin layer.

Clock and reset: everything is in one clock domain, ``clk``, rising edge; ``rst`` is synchronous and
active high, one clock is enough. Reset clears control, not memories: load weights and biases after
power-up. Streams and registers may be used from the third clock after reset.
"""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwsim.design import Design
from hwsim.schedule import Schedule
from rtl_gen import register_map as regs
from rtl_gen.axi_lite import AxiLite, axi_lite_ports
from rtl_gen.pipeline import Pipeline, beat_layout, host_read_clocks, prediction_layout
from rtl_gen.wire import wire


def user_layout(design: Design) -> data.StructLayout:
    """``s_axis_tuser``, of the first beat of an input: bit 0 upwards."""
    members = dict(beat_layout(design).members)
    del members["pixels"]
    return data.StructLayout(members)


def whole_bytes(bits: int) -> int:
    """Bits, rounded up to a multiple of 8."""
    return 8 * -(-bits // 8)


class Accelerator(wiring.Component):
    """What ``clashfree generate`` writes.

    Args:
        design: the design.
        schedule: its schedule, without clashes.

    Attributes:
        s_axis_*: pixels, 8 bits each, first pixel in the lowest byte; ``tlast`` on the last beat of
            each input; ``tuser`` see ``user_layout``.
        m_axis_*: one transfer per input: prediction in the low bits, then one bit "correct".
        s_axi_*: registers, see ``register_map``.
    """

    def __init__(self, design: Design, schedule: Schedule) -> None:
        self.design = design
        self.schedule = schedule
        self.core = Pipeline(design, schedule)
        self.address_bits = regs.address_bits(design)
        super().__init__(
            {
                "s_axis_tdata": In(design.input_bits * design.pixels_per_beat),
                "s_axis_tuser": In(user_layout(design).size),
                "s_axis_tvalid": In(1),
                "s_axis_tready": Out(1),
                "s_axis_tlast": In(1),
                "m_axis_tdata": Out(whole_bytes(prediction_layout(design).size)),
                "m_axis_tvalid": Out(1),
                "m_axis_tready": In(1),
                "m_axis_tlast": Out(1, init=1),
            }
            | axi_lite_ports(self.address_bits)
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core = self.core
        m.submodules.axi_lite = self.bus = AxiLite(
            address_bits=self.address_bits, read_clocks=host_read_clocks(self.schedule)
        )
        for name in axi_lite_ports(self.address_bits):
            inner, outer = getattr(self.bus, name), getattr(self, name)
            is_input = self.signature.members[name].flow == In
            m.d.comb += inner.eq(outer) if is_input else outer.eq(inner)
        self.control, self.eta = Signal(2), Signal(range(self.design.fixed_point.width))
        self._streams(m)
        self._sticky(m)
        self._parameters(m)
        self._registers(m)
        return m

    def _streams(self, m: Module) -> None:
        core = self.core
        user = data.View(user_layout(self.design), self.s_axis_tuser)
        beat = core.pixels.payload
        m.d.comb += [
            beat.pixels.eq(self.s_axis_tdata),
            beat.label.eq(user.label),
            beat.train.eq(user.train),
            beat.eta_shift.eq(Mux(self.control[1], self.eta, user.eta_shift)),
            core.pixels.valid.eq(self.s_axis_tvalid),
            self.s_axis_tready.eq(core.pixels.ready),
            self.m_axis_tdata.eq(core.predictions.payload.as_value()),
            self.m_axis_tvalid.eq(core.predictions.valid),
            self.m_axis_tlast.eq(1),
            core.predictions.ready.eq(self.m_axis_tready),
            core.drain.eq(self.control[0]),
        ]

    def _sticky(self, m: Module) -> None:
        """Flags that stay until a one is written to them."""
        bus, core = self.bus, self.core
        accepted = core.pixels.valid & core.pixels.ready
        beat = Signal(range(max(2, self.schedule.beats)))
        last = beat == self.schedule.beats - 1
        with m.If(accepted):
            m.d.sync += beat.eq(Mux(last, 0, beat + 1))
        refused = (bus.write & bus.write_refused) | (bus.read & bus.read_refused)
        frame = accepted & (self.s_axis_tlast != last)
        self.errors = self._flags(m, regs.ERRORS, Cat(frame, refused))
        self.saturation = [
            self._flags(m, regs.saturation(i + 1), core.saturated[i])
            for i in range(self.design.n_junctions)
        ]

    def _flags(self, m: Module, register: regs.Register, events: Value) -> Signal:
        """One register of flags."""
        flags = Signal(len(events), name=register.name.lower())
        written = self.bus.write & (self.bus.write_word == register.word)
        cleared = Mux(written, self.bus.write_data[: len(flags)], 0)
        m.d.sync += flags.eq((flags & ~cleared) | events)
        return flags

    def _parameters(self, m: Module) -> None:
        """The host port: select, word and bank, which go on after each access."""
        bus, core, host = self.bus, self.core, self.core.host
        self.select = Signal(9)
        junction, is_bias = self.select[:8], self.select[8]
        reads = bus.read & (bus.read_word == regs.PARAMETER_DATA.word)
        writes = bus.write & (bus.write_word == regs.PARAMETER_DATA.word)
        self.word, self.bank = Signal(32), Signal(32)  # whole registers: too large is refused
        index, shapes = (junction - 1)[:8], self.design.shapes
        sizes = [Array([(s.z, s.right_banks)[kind] for s in shapes])[index] for kind in (0, 1)]
        depths = [Array([(s.junction_cycle, s.right_depth)[kind] for s in shapes])[index]
                  for kind in (0, 1)]  # fmt: skip
        # Clocks late: transfers come with more clocks between them.
        banks, depth, wraps, exists = Signal(32), Signal(32), Signal(), Signal()
        m.d.sync += [
            banks.eq(Mux(is_bias, sizes[1], sizes[0])),
            depth.eq(Mux(is_bias, depths[1], depths[0])),
            wraps.eq(self.bank + 1 == banks),
            exists.eq((index < len(shapes)) & (self.word < depth) & (self.bank < banks)),
        ]
        allowed = wire(m, core.idle & exists, "allowed")
        m.d.comb += [
            host.select.eq((reads | writes) & allowed),
            host.write.eq(writes),
            host.is_bias.eq(is_bias),
            host.word.eq(self.word),
            host.bank.eq(self.bank),
            host.data.eq(bus.write_data),
            core.host_junction.eq(index),
            bus.read_refused.eq(reads & ~allowed),
            bus.write_refused.eq(writes & ~allowed),
        ]
        with m.If((reads | writes) & allowed):
            m.d.sync += self.bank.eq(Mux(wraps, 0, self.bank + 1))
            m.d.sync += self.word.eq(self.word + wraps)

    def _registers(self, m: Module) -> None:
        """Plain registers, and what a read returns."""
        bus, core = self.bus, self.core
        with m.If(bus.write):
            for register, signal in (
                (regs.CONTROL, self.control),
                (regs.ETA, self.eta),
                (regs.PARAMETER_SELECT, self.select),
                (regs.PARAMETER_WORD, self.word),
                (regs.PARAMETER_BANK, self.bank),
            ):
                with m.If(bus.write_word == register.word):
                    m.d.sync += signal.eq(bus.write_data)
            with m.If(bus.write_word == regs.PARAMETER_SELECT.word):
                m.d.sync += [self.word.eq(0), self.bank.eq(0)]
        values = {
            regs.IDENTITY: Const(regs.IDENTITY_VALUE, 32),
            regs.CONTROL: self.control,
            regs.STATUS: Cat(core.idle, core.drained),
            regs.ETA: self.eta,
            regs.ERRORS: self.errors,
            regs.PARAMETER_SELECT: self.select,
            regs.PARAMETER_WORD: self.word,
            regs.PARAMETER_BANK: self.bank,
        }
        values |= {regs.saturation(i + 1): f for i, f in enumerate(self.saturation)}
        plain, is_parameter = Signal(32), Signal()
        m.d.sync += [plain.eq(0), is_parameter.eq(bus.read_word == regs.PARAMETER_DATA.word)]
        for register, value in values.items():
            with m.If(bus.read_word == register.word):
                m.d.sync += plain.eq(value)
        m.d.comb += bus.read_data.eq(Mux(is_parameter, core.host.value.as_signed(), plain))
