"""The whole accelerator with its native ports; same bits, clock by clock, as ``hwsim.pipeline``.

pixels -> Layer 0 -> Junction 1 -> Layer 1 -> ... -> Junction L -> Cost -> predictions
                        Sequencer: position, and which input each stage works on
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hwsim import natural_order as model
from hwsim.design import Design
from hwsim.schedule import Schedule
from rtl_gen.cost import Cost
from rtl_gen.delay import delay, delay_data
from rtl_gen.interleaver import index_shape
from rtl_gen.junction import Junction
from rtl_gen.lanes import Lanes
from rtl_gen.layer import Layer
from rtl_gen.natural_order import Cursor
from rtl_gen.parameters import VALUE_CLOCKS, HostSide
from rtl_gen.sequencer import Sequencer, work_clocks
from rtl_gen.wire import wire


def beat_layout(design: Design) -> data.StructLayout:
    """One beat of the input stream; all but the pixels count in an input's first beat only."""
    return data.StructLayout(
        {
            "pixels": Lanes(unsigned(design.input_bits), design.pixels_per_beat),
            "label": index_shape(design.network.layers[-1]),
            "train": 1,
            "eta_shift": range(design.fixed_point.width),
        }
    )


def prediction_layout(design: Design) -> data.StructLayout:
    """One result on the output stream."""
    return data.StructLayout({"prediction": index_shape(design.network.layers[-1]), "correct": 1})


def host_clocks(schedule: Schedule) -> int:
    """From the host's access to the junction's memories: as long as control takes, at least one."""
    return max(1, schedule.control_latency)


def host_read_clocks(schedule: Schedule) -> int:
    """From the host's access to its value: to the memory, out of it, its junction and here."""
    return host_clocks(schedule) + VALUE_CLOCKS + 2


class Pipeline(wiring.Component):
    """The accelerator.

    Throughput: one input per ``Schedule.block_cycle`` clocks. Latency: as ``hwsim.pipeline``.

    Args:
        design: the design.
        schedule: its schedule, without clashes.

    Attributes:
        pixels (In): stream of ``beat_layout``, ``Schedule.beats`` beats per input.
        predictions (Out): stream of ``prediction_layout``.
        drain (In): let inputs that are under way come out while none is offered.
        advance, idle, drained (Out): see ``Sequencer``; while idle the host may use its port.
        host (In): see ``HostSide``; the value comes ``host_read_clocks`` later. host_junction (In):
            which junction, from 0.
        saturated (Out): per junction 3 bits (FF, BP, UP): an operation left the range.
    """

    def __init__(self, design: Design, schedule: Schedule) -> None:
        self.design = design
        self.schedule = schedule
        super().__init__(
            {
                "pixels": In(stream.Signature(beat_layout(design))),
                "predictions": Out(stream.Signature(prediction_layout(design))),
                "drain": In(1),
                "advance": Out(1),
                "idle": Out(1),
                "drained": Out(1),
                "host": In(HostSide(design)),
                "host_junction": In(index_shape(design.n_junctions)),
                "saturated": Out(Lanes(unsigned(3), design.n_junctions)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.accessed = Signal()
        # What starts now comes after an access that was granted, where control takes its time.
        self.held = Const(0) if self.schedule.control_latency else self.accessed
        self._blocks()
        m.submodules.sequencer = self.sequencer
        self.moves = self._late(m, self.sequencer.advance, "moves")
        for i, layer in enumerate(self.layers):
            m.submodules[f"layer_{i}"] = layer
        m.submodules.cost = self.cost
        for i, (junction, right) in enumerate(
            zip(self.junctions, [*self.layers[1:], self.cost], strict=True)
        ):
            m.submodules[f"junction_{i + 1}"] = junction
            wiring.connect(m, junction.left, self.layers[i].right)
            wiring.connect(m, junction.right, right.left)
            self._control(m, junction, self.layers[i], right)
        self._load(m)
        self._predict(m)
        self._host(m)
        return m

    def _blocks(self) -> None:
        design, schedule = self.design, self.schedule
        self.sequencer = Sequencer(schedule)
        self.layers = []
        for part in schedule.junctions:
            banks = part.shape.left_banks
            if part.shape.index == 1:
                step = design.pixels_per_beat
                bases = tuple(sorted({beat * step % banks for beat in range(schedule.beats)}))
                self.layers.append(Layer(design, part, slots=step, bases=bases))
            else:
                before = schedule.junctions[part.shape.index - 2]
                bases = model.NaturalOrder(before.shape).bases(banks)
                slots = before.shape.right_banks
                self.layers.append(Layer(design, part, before, slots=slots, bases=bases))
        self.cost = Cost(design, schedule.junctions[-1])
        rights = [*self.layers[1:], self.cost]
        self.junctions = [
            Junction(design, schedule, i + 1, left, right)
            for i, (left, right) in enumerate(zip(self.layers, rights, strict=True))
        ]

    def _control(self, m: Module, junction: Junction, left: Layer, right: Layer | Cost) -> None:
        """A junction's work; the copies on both of its sides change roles when it ends a cycle."""
        index = junction.shape.index - 1
        work = self.sequencer.work[index]
        clocks = self.schedule.control_latency - work_clocks(self.schedule)
        work = delay(m, work, clocks, f"work_{index + 1}")
        rotate_right = right.rotate_back if isinstance(right, Layer) else right.rotate
        m.d.comb += [
            junction.work.eq(work),
            left.rotate.eq(work.ends_cycle),
            rotate_right.eq(work.ends_cycle),
            right.advance.eq(self.moves),
            self.saturated[index].eq(junction.saturated),
        ]

    def _late(self, m: Module, value: Any, name: str) -> Any:
        """What the sequencer says, when the data path does it."""
        return delay(m, value, self.schedule.control_latency, name)

    def _load(self, m: Module) -> None:
        """The input stream into layer 0."""
        design, sequencer, first = self.design, self.sequencer, self.layers[0]
        beat, size, step = self.pixels.payload, design.network.layers[0], design.pixels_per_beat
        m.submodules.cursor = cursor = Cursor(
            banks=first.shape.left_banks, depth=first.shape.left_depth, most=step
        )
        last = sequencer.beat == self.schedule.beats - 1
        accepted = Signal()
        m.d.comb += [
            sequencer.offered.eq(self.pixels.valid & ~self.held),
            sequencer.incoming.valid.eq(1),
            sequencer.incoming.train.eq(0 if self.schedule.inference else beat.train),
            sequencer.incoming.label.eq(beat.label),
            sequencer.incoming.eta_shift.eq(beat.eta_shift),
            self.pixels.ready.eq(sequencer.ready & ~self.held),
            accepted.eq(self.pixels.valid & self.pixels.ready),
            cursor.restart.eq(accepted & last),
            cursor.advance.eq(Mux(accepted, step, 0)),
        ]
        count = Mux(accepted, Mux(last, size - step * (self.schedule.beats - 1), step), 0)
        m.d.comb += [
            first.advance.eq(self.moves),
            first.left.base.eq(self._late(m, cursor.base, "beat_base")),
            first.left.word.eq(self._late(m, cursor.word, "beat_word")),
            first.left.activation.eq(self._late(m, beat.pixels, "beat_pixels")),
            first.left.count.eq(self._late(m, count, "beat_count")),
        ]

    def _predict(self, m: Module) -> None:
        """The output stream: one register, filled when an input's last output is written."""
        sequencer, out = self.sequencer, self.predictions
        m.d.comb += [
            sequencer.drain.eq(self.drain & ~self.held),
            sequencer.free.eq(~out.valid | out.ready),
            self.advance.eq(sequencer.advance),
            self.idle.eq(sequencer.idle),
            self.drained.eq(sequencer.drained),
            self.cost.label.eq(self.junctions[-1].label),
        ]
        predicted = self._late(m, sequencer.predicted, "predicted")
        with m.If(out.ready):
            m.d.sync += out.valid.eq(0)
        with m.If(self._late(m, sequencer.advance & sequencer.predicts, "predicts")):
            m.d.sync += [
                out.valid.eq(1),
                out.payload.prediction.eq(self.cost.prediction),
                out.payload.correct.eq(self.cost.prediction == predicted.label),
            ]

    def _host(self, m: Module) -> None:
        """The host's port to the junction it names; nothing starts in the clock of its access."""
        host, clocks = self.host, host_clocks(self.schedule)
        which = delay_data(m, self.host_junction, clocks, "host_which")
        late = {
            name: delay_data(m, getattr(host, name), clocks, f"host_{name}")
            for name in ("write", "is_bias", "word", "bank", "data")
        }
        granted = wire(m, host.select & self.sequencer.idle, "granted")
        m.d.comb += self.accessed.eq(delay(m, granted, clocks, "host_select"))
        values = []
        for i, junction in enumerate(self.junctions):
            # The host reaches weights and biases while the pipeline stands still. The junction then
            # takes as many clocks as a value takes through it; no input is under way in it.
            reached = wire(m, granted & (self.host_junction == i), f"reached_{i + 1}")
            steps = [delay(m, reached, n, f"reached_{i + 1}") for n in range(VALUE_CLOCKS)]
            enable = self.sequencer.advance | Cat(steps).any()
            m.d.comb += junction.advance.eq(self._late(m, enable, f"moves_{i + 1}"))
            for name, value in late.items():
                m.d.comb += getattr(junction.host, name).eq(value)
            m.d.comb += junction.host.select.eq(self.accessed & (which == i))
            values.append(delay_data(m, junction.host.value, 1, f"host_value_{i + 1}"))
        which = delay_data(m, which, VALUE_CLOCKS + 1, "host_of")
        m.d.sync += self.host.value.eq(Array(values)[which])
