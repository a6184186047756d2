"""The output layer: output delta, prediction and output delta memory; same as ``hwsim.cost``.

Latency: 0 clocks to the memory's write port; reads 1 clock.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, EnableInserter, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwsim.design import Design
from hwsim.natural_order import NaturalOrder
from hwsim.schedule import JunctionSchedule
from rtl_gen.delay import delay
from rtl_gen.fixed_point import FixedPoint
from rtl_gen.interleaver import index_shape
from rtl_gen.lanes import Lanes, fill
from rtl_gen.memory import BankedMemory
from rtl_gen.natural_order import gather, scatter, words
from rtl_gen.sides import NaturalSide
from rtl_gen.wire import wire


class Cost(wiring.Component):
    """Stands to the right of the last junction, where others have a ``Layer``.

    Args:
        design: the design.
        part: the schedule of the last junction.

    Attributes:
        advance (In): the pipeline takes a clock.
        rotate (In): the last junction ends a junction cycle.
        label (In): right answer for the input whose results come in.
        left (In): see ``NaturalSide``.
        prediction (Out): complete in the clock of an input's last results.
    """

    def __init__(self, design: Design, part: JunctionSchedule) -> None:
        self.number = FixedPoint.of(design.fixed_point)
        self.shape = shape = part.shape
        self.copies = part.copies["output_delta"]
        self.has_delta = self.copies > 0
        self.quadratic = design.network.cost == "quadratic"
        self.bases = NaturalOrder(shape).bases(shape.right_banks)
        left = NaturalSide(
            slots=shape.right_banks, banks=shape.right_banks, depth=shape.right_depth,
            value=self.number.shape, delta=self.number.shape if self.has_delta else None,
            slope=False,
        )  # fmt: skip
        neuron = index_shape(shape.n_right)
        control = {"advance": In(1, init=1), "rotate": In(1), "label": In(neuron)}
        super().__init__(control | {"left": In(left), "prediction": Out(neuron)})
        banks, words_shape = shape.right_banks, index_shape(shape.right_depth)
        self.delta_enable = Signal(banks)
        self.delta_word = Signal(Lanes(words_shape, banks))
        self.delta_data = Signal(Lanes(self.number.shape, banks))

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        self._predict(m)
        if self.has_delta:
            self._deltas(m)
        return EnableInserter(self.advance)(m)

    def _predict(self, m: Module) -> None:
        """Running maximum: the lower neuron within a clock, the later clock across clocks."""
        left, number = self.left, self.number
        self.neuron = neuron = Signal(range(self.shape.n_right + 1))
        best, guess = Signal(number.shape), Signal.like(self.prediction)
        value, winner = left.activation[0], neuron
        for slot in range(1, self.shape.right_banks):
            better = wire(m, (left.activation[slot] > value) & (left.count > slot), "better")
            value = wire(m, Mux(better, left.activation[slot], value), "value")
            winner = Mux(better, neuron + slot, winner)
        is_first, ahead = neuron == 0, neuron + left.count
        wins = wire(m, (left.count != 0) & (is_first | (value >= best)), "wins")
        m.d.comb += self.prediction.eq(Mux(wins, winner, guess))
        m.d.sync += [
            guess.eq(self.prediction),
            best.eq(Mux(wins, value, best)),
            neuron.eq(Mux(ahead == self.shape.n_right, 0, ahead)),
        ]

    def _deltas(self, m: Module) -> None:
        """One copy is written, the last junction reads the other, or the only one."""
        left, banks = self.left, self.shape.right_banks
        write_copy = Signal()
        if self.copies > 1:
            with m.If(self.rotate):
                m.d.sync += write_copy.eq(~write_copy)
        deltas = [self._delta(m, slot) for slot in range(banks)]
        enables, values = scatter(deltas, banks, left.count, left.base, self.bases)
        enable, address, written = self.delta_enable, self.delta_word, self.delta_data
        m.d.comb += enable.eq(Cat(enables))
        m.d.comb += [fill(address, words(banks, left.base, left.word)), fill(written, values)]
        chosen = Signal(Lanes(self.number.shape, banks))
        for copy in range(self.copies):
            memory = BankedMemory(shape=self.number.shape, size=self.shape.n_right, banks=banks)
            m.submodules[f"delta_{copy}"] = memory
            here = write_copy == copy
            m.d.comb += [
                memory.write_enable.eq(Mux(here, enable, 0)),
                memory.write_word.eq(address),
                memory.write_data.eq(written),
            ]
            m.d.comb += memory.read_word.eq(left.touched_words)
            with m.If(~here if self.copies > 1 else 1):
                m.d.comb += chosen.eq(memory.read_data)
        base = delay(m, left.touched_base, 1, "data_base")
        m.d.comb += fill(left.delta, gather(m, list(chosen), banks, banks, base, self.bases))

    def _delta(self, m: Module, slot: int) -> Value:
        target = Mux(self.neuron + slot == self.label, self.number.one, 0)
        delta = self.number.add(m, self.left.activation[slot], -target)
        if self.quadratic:
            delta = self.number.multiply(m, delta, self.left.derivative[slot])
        return delta
