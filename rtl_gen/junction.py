"""One junction: FF, BP and UP on the same z edges in the same clock, as in ``hwsim.junction``.

    left layer --a--> FeedForward --h--> Activation --a, a'--> right layer (or Cost)
       ^   `---a--> Update <--u-- delta <-----------------------'
       `-- delta += Backprop <--- w, b memories

Stages, counted from the clock t in which a position is issued: t addresses, t+1 operands and
multipliers, t+1+P sums and write back, t+2+P activations.
"""

from __future__ import annotations

from amaranth.hdl import Elaboratable, EnableInserter, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwsim.design import Design
from hwsim.schedule import Schedule
from rtl_gen.activation import Activation
from rtl_gen.backprop import Backprop
from rtl_gen.cost import Cost
from rtl_gen.delay import delay
from rtl_gen.feedforward import FeedForward
from rtl_gen.fixed_point import FixedPoint
from rtl_gen.interleaver import Interleaver, Network, index_shape
from rtl_gen.lanes import Lanes, fill
from rtl_gen.layer import Layer
from rtl_gen.natural_order import Cursor, NaturalOrder
from rtl_gen.parameters import HostSide, Parameters
from rtl_gen.sequencer import work_layout
from rtl_gen.update import Update, lane_value


class Junction(wiring.Component):
    """One junction with its weight and bias memories.

    Args:
        design: the design.
        schedule: the design's schedule.
        index: from 1.
        left: the layer to the left.
        right: the layer to the right, or the cost.

    Attributes:
        advance (In): the pipeline takes a clock.
        work (In): what to do, see ``sequencer.work_layout``.
        label (Out): of the input whose results leave.
        left, right (Out): see ``InterleavedSide`` and ``NaturalSide``.
        host (In): see ``HostSide``.
        saturated (Out): 3 bits, an operation of FF, BP, UP left the range in this clock.
    """

    def __init__(
        self, design: Design, schedule: Schedule, index: int, left: Layer, right: Layer | Cost
    ) -> None:
        self.design = design
        self.part = schedule.junctions[index - 1]
        self.shape = self.part.shape
        self.number = FixedPoint.of(design.fixed_point)
        self.registers = design.hardware.registers
        self.forwarding = design.hardware.forwarding
        self.per_edge = design.number.profile == "prototype"
        self.trains = not schedule.inference
        self.has_delta = self.trains and index > 1
        self.function = design.activations[index - 1]
        self.right_memory = right.shape.left_banks if isinstance(right, Layer) else None
        self.has_slope = isinstance(right, Layer) and right.has_delta and not self.per_edge
        super().__init__(
            {
                "advance": In(1, init=1),
                "work": In(work_layout(schedule)),
                "label": Out(index_shape(design.network.layers[-1])),
                "left": Out(left.right.signature.flip()),
                "right": Out(right.left.signature.flip()),
                "host": In(HostSide(design)),
                "saturated": Out(3),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape, late, work = self.shape, self.registers, self.work
        issued = Signal()
        m.d.comb += issued.eq(work.issue & (work.position < shape.junction_cycle))
        m.submodules.interleaver = self.interleaver = Interleaver(self.part)
        m.submodules.order = self.order = NaturalOrder(shape)
        m.d.comb += [
            self.interleaver.step.eq(issued),
            self.order.step.eq(issued),
            self.order.restart.eq(work.ends_cycle),
        ]
        self._cursors(m, issued)
        self._parameters(m, self.design)

        self.phase = delay(m, self.order.phase, 1, "phase")
        self.finishing = delay(m, self.order.finishing, 1, "finishing")
        self.forward_valid = delay(m, issued & work.forward.valid, 1, "forward_valid")
        m.d.comb += self.left.word.eq(self.interleaver.word)
        self.operands = Network(m, self.interleaver, 1, "operands")
        self._forward(m)
        if self.trains:
            trains = work.backward.valid & work.backward.train
            self.backward_valid = delay(m, issued & trains, 1, "backward_valid")
            self.write_valid = delay(m, self.backward_valid, late, "write_valid")
            self._update(m)
        if self.has_delta:
            self._backward(m)
        # The host reaches weights and biases while the pipeline stands still.
        return EnableInserter(self.advance | self.host.select)(m)

    def _cursors(self, m: Module, issued: Signal) -> None:
        """Where the right neurons touched lie in the bias memory and in the right memory."""
        shape = self.shape
        self.bias_cursor = Cursor(
            banks=shape.right_banks, depth=shape.right_depth, most=shape.right_banks
        )
        m.submodules.bias_cursor = self.bias_cursor
        self.right_cursor = self.bias_cursor
        if self.right_memory is not None:
            depth = -(-shape.n_right // self.right_memory)
            self.right_cursor = Cursor(banks=self.right_memory, depth=depth, most=shape.right_banks)
            m.submodules.right_cursor = self.right_cursor
        for cursor in dict.fromkeys((self.bias_cursor, self.right_cursor)):
            m.d.comb += [
                cursor.restart.eq(self.work.ends_cycle),
                cursor.advance.eq(Mux(issued, self.order.finishing, 0)),
            ]

    def _parameters(self, m: Module, design: Design) -> None:
        """Weights and biases of the position issued."""
        m.submodules.parameters = self.parameters = parameters = Parameters(design, self.shape)
        wiring.connect(m, wiring.flipped(self.host), parameters.host)
        m.d.comb += [
            parameters.position.eq(self.work.position),
            parameters.base.eq(self.bias_cursor.base),
            parameters.word.eq(self.bias_cursor.word),
        ]

    def _lanes(self, m: Module, port: data.View, name: str) -> data.View:
        """Left values in lane order, as numbers."""
        lanes = Signal(Lanes(self.number.shape, self.shape.z), name=name)
        convert = self.number.from_pixel if self.shape.index == 1 else lambda value: value
        m.d.comb += fill(lanes, [convert(value) for value in self.operands.to_lanes(list(port))])
        return lanes

    def _forward(self, m: Module) -> None:
        shape, late = self.shape, self.registers
        m.submodules.feedforward = forward = FeedForward(self.number, shape, registers=late)
        m.submodules.activation_function = activation = Activation(
            self.function, self.number, slots=shape.right_banks
        )
        m.d.comb += [
            forward.valid.eq(self.forward_valid),
            forward.phase.eq(self.phase),
            forward.finishing.eq(self.finishing),
            forward.weight.eq(self.parameters.weight),
            forward.activation.eq(self._lanes(m, self.left.forward, "forward_activation")),
            forward.bias.eq(self.parameters.bias),
            activation.h.eq(forward.h),
            self.saturated[0].eq(forward.saturated),
        ]
        count = Mux(self.forward_valid, self.finishing, 0)
        cursor, slack = self.right_cursor, self.part.pace.slack
        since = late + 2 + slack
        label = self.work.forward.label
        m.d.comb += [
            self.right.count.eq(delay(m, count, since - 1, "count")),
            self.right.base.eq(delay(m, cursor.base, since, "result_base")),
            self.right.word.eq(delay(m, cursor.word, since, "result_word")),
            self.right.activation.eq(delay(m, activation.activation, slack, "result_activation")),
            self.label.eq(delay(m, label, since, "result_label")),
        ]
        if self.trains:
            derivative = delay(m, activation.derivative, slack, "result_derivative")
            m.d.comb += [
                self.right.derivative.eq(derivative),
                self.right.touched_base.eq(cursor.base),
                self.right.touched_word.eq(cursor.word),
            ]

    def _update(self, m: Module) -> None:
        shape, late = self.shape, self.registers
        m.submodules.update = update = Update(self.number, shape, registers=late)
        self.delta = self._right_delta(m)
        m.d.comb += [
            update.valid.eq(self.backward_valid),
            update.phase.eq(self.phase),
            update.finishing.eq(self.finishing),
            update.eta_shift.eq(delay(m, self.work.backward.eta_shift, 1, "eta_shift")),
            update.delta.eq(self.delta),
            update.bias.eq(self.parameters.bias),
            update.weight.eq(self.parameters.weight),
            update.activation.eq(self._lanes(m, self.left.backward, "backward_activation")),
            self.saturated[2].eq(update.saturated),
        ]
        cursor, parameters, position = self.bias_cursor, self.parameters, self.work.position
        m.d.comb += [
            parameters.update.eq(self.write_valid),
            parameters.update_position.eq(delay(m, position, late + 1, "update_position")),
            parameters.update_base.eq(delay(m, cursor.base, late + 1, "update_base")),
            parameters.update_word.eq(delay(m, cursor.word, late + 1, "update_word")),
            parameters.update_count.eq(delay(m, self.finishing, late, "update_count")),
            parameters.new_weight.eq(update.new_weight),
            parameters.new_bias.eq(update.new_bias),
        ]

    def _right_delta(self, m: Module) -> data.View:
        """Deltas of the right neurons touched; profile "default" multiplies a' in here."""
        delta = Signal(Lanes(self.number.shape, self.shape.right_banks))
        values = list(self.right.delta)
        if self.has_slope:
            pairs = zip(values, self.right.slope, strict=True)
            values = [self.number.multiply(m, value, slope) for value, slope in pairs]
        m.d.comb += fill(delta, values)
        return delta

    def _backward(self, m: Module) -> None:
        shape, late, left = self.shape, self.registers, self.left
        m.submodules.backprop = backprop = Backprop(
            self.number, shape, registers=late, per_edge=self.per_edge
        )
        m.d.comb += [
            backprop.valid.eq(self.backward_valid),
            backprop.weight.eq(self.parameters.weight),
            backprop.fresh.eq(delay(m, self.interleaver.fresh, late + 1, "fresh")),
            self.saturated[1].eq(backprop.saturated),
        ]
        lanes = [lane_value(shape, lane, self.phase, self.delta) for lane in range(shape.z)]
        m.d.comb += fill(backprop.delta, lanes)
        if self.per_edge:
            m.d.comb += backprop.derivative.eq(self._lanes(m, left.derivative, "derivative"))
        self._accumulate(m, backprop)

    def _accumulate(self, m: Module, backprop: Backprop) -> None:
        """Read-modify-write of the left deltas.

        With forwarding the read waits for the products; otherwise the partial sum goes through the
        same registers as they do.
        """
        late, left = self.registers, self.left
        read_late = late if self.forwarding else 0
        word = self.interleaver.word
        network = Network(m, self.interleaver, late + 1, "sums")
        partial = delay(m, left.partial, late - read_late, "partial")
        m.d.comb += [
            fill(backprop.partial, network.to_lanes(list(partial))),
            fill(left.sum, network.to_banks(list(backprop.total))),
            left.partial_word.eq(delay(m, word, read_late, "partial_word")),
            left.sum_enable.eq(self.write_valid),
            left.sum_word.eq(delay(m, word, late + 1, "sum_word")),
        ]
