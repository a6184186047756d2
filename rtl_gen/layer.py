"""The memories of one layer, in copies that rotate; same roles as ``hwsim.layer``.

``left`` faces the junction to the left (natural order), ``right`` the one to the right (interleaved
order). Reads: 1 clock. Which copy plays which role is decided with the address.
"""

from __future__ import annotations

from amaranth.hdl import (
    Array,
    Cat,
    DomainRenamer,
    Elaboratable,
    EnableInserter,
    Module,
    Mux,
    Shape,
    Signal,
    Value,
    ValueLike,
    signed,
    unsigned,
)
from amaranth.lib import wiring
from amaranth.lib.data import View
from amaranth.lib.wiring import In

from hwsim.backprop import sum_width
from hwsim.design import Design
from hwsim.layer import FirstCopies
from hwsim.schedule import JunctionSchedule
from rtl_gen.delay import delay
from rtl_gen.fixed_point import FixedPoint
from rtl_gen.interleaver import index_shape
from rtl_gen.lanes import Lanes, fill
from rtl_gen.memory import BankedMemory
from rtl_gen.natural_order import gather, scatter, words
from rtl_gen.sides import InterleavedSide, NaturalSide


class Layer(wiring.Component):
    """The left side of one junction.

    Args:
        design: the design.
        part: the schedule of the junction to the right of the layer.
        before: the schedule of the junction to the left of it; None for layer 0.
        slots: neurons that the left can write or read in one clock.
        bases: banks in which the first of them can lie.

    Attributes:
        advance (In): the pipeline takes a clock; layer 0 can be written in any.
        rotate (In): the junction to the right ends a junction cycle.
        rotate_back (In): the junction to the left does.
        left, right (In): see ``NaturalSide`` and ``InterleavedSide``.
    """

    def __init__(
        self, design: Design, part: JunctionSchedule, before: JunctionSchedule | None = None,
        *, slots: int, bases: tuple[int, ...],
    ) -> None:  # fmt: skip
        number = FixedPoint.of(design.fixed_point)
        self.shape = shape = part.shape
        self.slots, self.bases = slots, bases
        self.copies, self.slope_copies = part.copies["activation"], part.copies["derivative"]
        self.first = FirstCopies.of(part, before)
        self.has_delta = part.copies["delta"] > 0
        self.trains = not part.inference
        self.per_edge = design.number.profile == "prototype"
        self.forwarding = design.hardware.forwarding
        self.value = unsigned(design.input_bits) if shape.index == 1 else number.shape
        width = sum_width(number, shape.d_out, per_edge=self.per_edge)
        self.total = signed(width) if self.has_delta else None
        left = NaturalSide(
            slots=slots, banks=shape.left_banks, depth=shape.left_depth, value=self.value,
            delta=self.total, slope=self.has_delta and not self.per_edge,
        )  # fmt: skip
        right = InterleavedSide(
            z=shape.z, depth=shape.depth, value=self.value, total=self.total,
            trains=self.trains, per_edge=self.per_edge,
        )  # fmt: skip
        control = {"advance": In(1, init=1), "rotate": In(1), "rotate_back": In(1)}
        super().__init__(control | {"left": In(left), "right": In(right)})
        banks = shape.left_banks
        values = Lanes(self.value, banks)
        self.result_enable = Signal(banks)
        self.result_word = Signal(Lanes(index_shape(shape.left_depth), banks))
        self.activation_data = Signal(values)
        self.derivative_data = Signal(values)

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        self.write_copy = self._role(m, "write_copy", self.copies, self.first.write, self.rotate)
        self._results(m)
        if self.has_delta:
            self._deltas(m)
        return DomainRenamer({"loading": "sync"})(EnableInserter(self.advance)(m))

    def _role(self, m: Module, name: str, copies: int, first: int, rotate: Value) -> Signal:
        """Which copy plays a role: another one whenever a junction cycle ends."""
        copy = Signal(range(max(2, copies)), init=first, name=name)
        with m.If(rotate):
            m.d.sync += copy.eq(Mux(copy == copies - 1, 0, copy + 1))
        return copy

    def _memory(self, shape: Shape, transparent: bool = False) -> BankedMemory:
        return BankedMemory(
            shape=shape, size=self.shape.n_left, banks=self.shape.left_banks,
            transparent=transparent, write_domain="sync" if self.shape.index > 1 else "loading",
        )  # fmt: skip

    def _results(self, m: Module) -> None:
        """Activations and derivatives: one copy is written, others are read."""
        banks, left, right = self.shape.left_banks, self.left, self.right
        enables, values = scatter(list(left.activation), banks, left.count, left.base, self.bases)
        m.d.comb += self.result_enable.eq(Cat(enables))
        m.d.comb += fill(self.result_word, words(banks, left.base, left.word))
        copy, copies = self.write_copy, self.copies
        activation = self._written(m, "activation", values, copy, copies)
        for memory in activation:
            m.d.comb += self._address(memory, right.word)
        m.d.comb += self._to_right(m, right.forward, activation, _others(copy, copies, -1))
        if self.trains:
            m.d.comb += self._to_right(m, right.backward, activation, _others(copy, copies, 1))
        if self.has_delta:
            self._slopes(m)

    def _slopes(self, m: Module) -> None:
        """Derivatives, read with the activations in profile "prototype", else with the deltas."""
        left, copies = self.left, self.slope_copies
        banks = self.shape.left_banks
        _, values = scatter(list(left.derivative), banks, left.count, left.base, self.bases)
        copy = self._role(m, "slope_write_copy", copies, self.first.slope_write, self.rotate)
        derivative = self._written(m, "derivative", values, copy, copies)
        if self.per_edge:
            for memory in derivative:
                m.d.comb += self._address(memory, self.right.word)
            oldest = _others(copy, copies, 1)
            m.d.comb += self._to_right(m, self.right.derivative, derivative, oldest)
            return
        for memory in derivative:
            m.d.comb += self._natural_address(memory)
        read = self._role(m, "slope_read_copy", copies, self.first.slope_read, self.rotate_back)
        self._to_left(m, left.slope, derivative, read)

    def _written(
        self, m: Module, name: str, values: list, copy: Signal, copies: int
    ) -> list[BankedMemory]:
        """Copies of a result memory, ``copy`` of which is written."""
        written, memories = getattr(self, f"{name}_data"), []
        m.d.comb += fill(written, values)
        for index in range(copies):
            memory = self._memory(self.value)
            m.submodules[f"{name}_{index}"] = memory
            m.d.comb += [
                memory.write_enable.eq(Mux(copy == index, self.result_enable, 0)),
                memory.write_word.eq(self.result_word),
                memory.write_data.eq(written),
            ]
            memories.append(memory)
        return memories

    def _deltas(self, m: Module) -> None:
        """Two copies: the right junction accumulates in one, the left one reads the other."""
        right, copies = self.right, []
        accumulated = self._role(m, "delta_copy", 2, self.first.delta, self.rotate_back)
        for copy in range(2):
            memory = self._memory(self.total, transparent=self.forwarding)
            m.submodules[f"delta_{copy}"] = memory
            here = accumulated == copy
            with m.If(here):
                m.d.comb += self._address(memory, right.partial_word)
            with m.Else():
                m.d.comb += self._natural_address(memory)
            places = [
                (bank // self.shape.z, *self._split(right.sum_word[bank % self.shape.z]))
                for bank in range(memory.banks)
            ]
            enable = here & right.sum_enable
            m.d.comb += [
                memory.write_enable.eq(Cat(enable & (fold == part) for part, fold, _ in places)),
                fill(memory.write_word, [word for _, _, word in places]),
                fill(memory.write_data, list(right.sum) * self.shape.fold),
            ]
            copies.append(memory)
        m.d.comb += self._to_right(m, right.partial, copies, accumulated, right.partial_word)
        self._to_left(m, self.left.delta, copies, ~accumulated)

    def _split(self, word: Value) -> tuple[ValueLike, Value]:
        """Which of the banks that share a left bank holds a word, and where."""
        bits = self.shape.fold.bit_length() - 1
        return (word[:bits], word[bits:]) if bits else (0, word)

    def _address(self, memory: BankedMemory, word: View) -> list:
        banks = range(self.shape.left_banks)
        return [fill(memory.read_word, [self._split(word[b % self.shape.z])[1] for b in banks])]

    def _natural_address(self, memory: BankedMemory) -> list:
        return [memory.read_word.eq(self.left.touched_words)]

    def _to_right(
        self, m: Module, port: View, copies: list, copy: Value, word: View | None = None
    ) -> list:
        """Data of the chosen copy, by left bank, for a port of the interleaved side."""
        chosen = _choose(m, copies, copy)
        if self.shape.fold == 1:
            return [port.eq(chosen)]
        word = delay(m, self.right.word if word is None else word, 1, "data_word")
        shared = [list(chosen)[bank :: self.shape.z] for bank in range(self.shape.z)]
        parts = [self._split(word[bank])[0] for bank in range(self.shape.z)]
        return [fill(port, [Array(s)[part] for s, part in zip(shared, parts, strict=True)])]

    def _to_left(self, m: Module, port: View, copies: list, copy: Value) -> None:
        """Data of the chosen copy, by slot, for a port of the natural side."""
        base = delay(m, self.left.touched_base, 1, "data_base")
        chosen = _choose(m, copies, copy)
        slots = gather(m, list(chosen), self.shape.left_banks, self.slots, base, self.bases)
        m.d.comb += fill(port, slots)


def _others(copy: Signal, copies: int, offset: int) -> Value:
    """The copy that is written ``offset`` junction cycles after ``copy``."""
    return Array([(index + offset) % copies for index in range(copies)])[copy]


def _choose(m: Module, copies: list[BankedMemory], copy: Value) -> View:
    """Read data of the copy that had the role in the clock of the address."""
    chosen = Signal.like(copies[0].read_data)
    with m.Switch(delay(m, copy, 1, "data_copy")):
        for i, memory in enumerate(copies):
            with m.Case(i):
                m.d.comb += chosen.eq(memory.read_data)
    return chosen
