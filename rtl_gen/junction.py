"""One junction: FF, BP and UP on the same z edges in the same clock, as in ``hwsim.junction``.

    left layer --a--> FeedForward --h--> Activation --a, a'--> right layer (or Cost)
       ^   `---a--> Update <--u-- delta <-----------------------'
       `-- delta += Backprop <--- w, b memories

A position is issued in clock t, with all addresses. How many clocks later what is written,
``Latencies`` says; what goes beside the data waits for it in registers. Where the junction carries
(``Pace.carry``), BP and UP begin that many clocks later, with what was read for FF.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Elaboratable, EnableInserter, Module, Mux, Shape, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hwsim.design import Design
from hwsim.schedule import Schedule
from rtl_gen.activation import Activation
from rtl_gen.backprop import Backprop
from rtl_gen.cost import Cost
from rtl_gen.delay import delay, delay_data
from rtl_gen.feedforward import FeedForward
from rtl_gen.fixed_point import FixedPoint
from rtl_gen.interleaver import Interleaver, Network, index_shape
from rtl_gen.lanes import Lanes, fill
from rtl_gen.layer import Layer
from rtl_gen.multiplier import Multiplier
from rtl_gen.natural_order import Cursor, NaturalOrder
from rtl_gen.parameters import HostSide, Parameters
from rtl_gen.sequencer import work_layout
from rtl_gen.update import Update, lane_value
from rtl_gen.wire import wire


class Junction(wiring.Component):
    """One junction with its weight and bias memories.

    Args:
        design: the design.
        schedule: the design's schedule.
        index: from 1.
        left: the layer to the left.
        right: the layer to the right, or the cost.

    Attributes:
        advance (In): the pipeline takes a clock, or the host's access does, see ``Pipeline``.
        work (In): what to do, see ``sequencer.work_layout``.
        label (Out): of the input whose results leave.
        left, right (Out): see ``InterleavedSide`` and ``NaturalSide``.
        host (In): see ``HostSide``.
        saturated (Out): 3 bits, an operation of FF, BP, UP left the range.
    """

    def __init__(
        self, design: Design, schedule: Schedule, index: int, left: Layer, right: Layer | Cost
    ) -> None:
        self.design = design
        self.part = schedule.junctions[index - 1]
        self.shape = self.part.shape
        self.block_cycle = schedule.block_cycle
        self.number = FixedPoint.of(design.fixed_point)
        self.registers = design.registers
        self.latencies = self.part.latencies
        self.carry = self.part.pace.carry
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
        shape, work = self.shape, self.work
        issued = work.issue
        if shape.junction_cycle < self.block_cycle:  # it ends early
            issued = wire(m, issued & (work.position < shape.junction_cycle), "issued")
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
            self._update(m)
        if self.has_delta:
            self._backward(m)
        return EnableInserter(self.advance)(m)

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

    def _lanes(self, m: Module, port: data.View, clocks: int, name: str) -> data.View:
        """Left values in lane order, as numbers, so many clocks after they have been read."""
        arranged = Signal(port.shape(), name=f"{name}_read")
        lanes = Signal(Lanes(self.number.shape, self.shape.z), name=name)
        m.d.comb += fill(arranged, self.operands.to_lanes(list(port)))
        convert = self.number.from_pixel if self.shape.index == 1 else lambda value: value
        values = delay_data(m, arranged, clocks, f"{name}_read")
        m.d.comb += fill(lanes, [convert(value) for value in values])
        return lanes

    def _forward(self, m: Module) -> None:
        shape, wait, end = self.shape, self.registers.network, self.latencies.forward
        m.submodules.feedforward = forward = FeedForward(
            self.number, shape, registers=self.registers
        )
        m.submodules.activation_function = activation = Activation(
            self.function, self.number, slots=shape.right_banks, registers=self.registers.activation
        )
        m.d.comb += [
            forward.valid.eq(delay(m, self.forward_valid, wait, "forward_valid")),
            forward.phase.eq(delay_data(m, self.phase, wait, "forward_phase")),
            forward.finishing.eq(delay_data(m, self.finishing, wait, "forward_finishing")),
            forward.weight.eq(delay_data(m, self.parameters.weight, wait, "forward_weight")),
            forward.activation.eq(self._lanes(m, self.left.forward, wait, "forward_activation")),
            forward.bias.eq(delay_data(m, self.parameters.bias, wait, "forward_bias")),
            activation.h.eq(forward.h),
            self.saturated[0].eq(forward.saturated),
        ]
        count, cursor = Mux(self.forward_valid, self.finishing, 0), self.right_cursor
        results = {
            "base": delay_data(m, cursor.base, end, "result_base"),
            "word": delay_data(m, cursor.word, end, "result_word"),
            "activation": activation.activation,
        }
        since = end + self.part.pace.slack
        m.d.comb += [
            self.right.count.eq(delay(m, count, since - 1, "count")),
            self.label.eq(delay_data(m, self.work.forward.label, since, "result_label")),
        ]
        if self.trains:
            results["derivative"] = activation.derivative
            m.d.comb += [
                self.right.touched_base.eq(delay_data(m, cursor.base, self.carry, "touched_base")),
                self.right.touched_words.eq(
                    delay_data(m, cursor.words, self.carry, "touched_words")
                ),
            ]
        self._hold(m, results)

    def _hold(self, m: Module, results: dict[str, Any]) -> None:
        """Results go to the right side when deltas will come back just in time."""
        layout = data.StructLayout({name: value.shape() for name, value in results.items()})
        found = Signal(layout, name="results")
        held = delay_data(m, found, self.part.pace.slack, "results_held")
        for name, value in results.items():
            m.d.comb += [found[name].eq(value), getattr(self.right, name).eq(held[name])]

    def _update(self, m: Module) -> None:
        shape, end = self.shape, self.carry + self.latencies.update
        m.submodules.update = update = Update(self.number, shape, registers=self.registers)
        self.delta, wait = self._right_delta(m)
        parameters, left = self.parameters, self.left
        eta_shift = self.work.backward.eta_shift
        self.learning_valid = delay(m, self.backward_valid, wait, "learning_valid")
        self.learning_phase = delay_data(m, self.phase, wait, "learning_phase")
        self.learning_weight = delay_data(m, parameters.weight, wait, "learning_weight")
        m.d.comb += [
            update.valid.eq(self.learning_valid),
            update.phase.eq(self.learning_phase),
            update.finishing.eq(delay_data(m, self.finishing, wait, "learning_finishing")),
            update.eta_shift.eq(delay_data(m, eta_shift, 1 + wait, "learning_eta_shift")),
            update.delta.eq(self.delta),
            update.bias.eq(delay_data(m, parameters.bias, wait, "learning_bias")),
            update.weight.eq(self.learning_weight),
            update.activation.eq(self._lanes(m, left.backward, wait, "backward_activation")),
            self.saturated[2].eq(update.saturated),
        ]
        cursor, position = self.bias_cursor, self.work.position
        m.d.comb += [
            parameters.update.eq(delay(m, self.backward_valid, end - 1, "update_valid")),
            parameters.update_position.eq(delay_data(m, position, end, "update_position")),
            parameters.update_base.eq(delay_data(m, cursor.base, end, "update_base")),
            parameters.update_word.eq(delay_data(m, cursor.word, end, "update_word")),
            parameters.update_count.eq(delay_data(m, self.finishing, end - 1, "update_count")),
            parameters.new_weight.eq(update.new_weight),
            parameters.new_bias.eq(update.new_bias),
        ]

    def _right_delta(self, m: Module) -> tuple[data.View, int]:
        """Deltas of the right neurons touched, and how many clocks after the weights are read.

        Profile "default" multiplies a' in here.
        """
        wait, number = self.registers.network, self.number
        read = delay_data(m, self.right.delta, wait, "right_delta")
        if not self.has_slope:
            return read, self.carry + wait
        m.submodules.slope_multiplier = multiplier = Multiplier(
            number,
            lanes=self.shape.right_banks,
            left=Shape.cast(read.shape().elem_shape),
            registers=self.registers.multiplier,
        )
        m.d.comb += [
            multiplier.left.eq(read),
            multiplier.right.eq(delay_data(m, self.right.slope, wait, "right_slope")),
        ]
        return multiplier.product, self.carry + wait + multiplier.latency

    def _backward(self, m: Module) -> None:
        shape, left, end = self.shape, self.left, self.carry + self.latencies.backward
        m.submodules.backprop = backprop = Backprop(
            self.number, shape, registers=self.registers, per_edge=self.per_edge
        )
        m.d.comb += [
            backprop.valid.eq(self.learning_valid),
            backprop.weight.eq(self.learning_weight),
            backprop.fresh.eq(delay_data(m, self.interleaver.fresh, end, "fresh")),
            self.saturated[1].eq(backprop.saturated),
        ]
        phase, lanes = self.learning_phase, range(shape.z)
        m.d.comb += fill(backprop.delta, [lane_value(shape, x, phase, self.delta) for x in lanes])
        if self.per_edge:
            wait = self.carry + self.registers.network
            derivative = self._lanes(m, left.derivative, wait, "derivative")
            m.d.comb += backprop.derivative.eq(derivative)
        self._accumulate(m, backprop)

    def _accumulate(self, m: Module, backprop: Backprop) -> None:
        """Read-modify-write of the left deltas.

        With forwarding the read waits for the products; otherwise the partial sum goes through as
        many registers as they do.
        """
        left, end = self.left, self.carry + self.latencies.backward
        read = self.carry + self.part.partial_latency
        word = self.interleaver.word
        network = Network(m, self.interleaver, end, "sums")
        partial = delay_data(m, left.partial, end - 1 - read, "partial")
        m.d.comb += [
            fill(backprop.partial, network.to_lanes(list(partial))),
            fill(left.sum, network.to_banks(list(backprop.total))),
            left.partial_word.eq(delay_data(m, word, read, "partial_word")),
            left.sum_enable.eq(delay(m, self.backward_valid, end - 1, "sum_enable")),
            left.sum_word.eq(delay_data(m, word, end, "sum_word")),
        ]
