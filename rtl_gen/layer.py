"""The memories of one layer, in copies that rotate; same roles as ``hwsim.layer``.

``left`` faces the junction to the left (natural order), ``right`` the one to the right (interleaved
order). Reads: 1 clock.
"""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Module, Mux, Shape, Signal, Value, ValueLike, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.data import View
from amaranth.lib.wiring import In

from hwsim.backprop import sum_width
from hwsim.design import Design
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
        slots: neurons that the left can write or read in one clock.
        bases: banks in which the first of them can lie.

    Attributes:
        rotate (In): a block ends.
        left, right (In): see ``NaturalSide`` and ``InterleavedSide``.
    """

    def __init__(
        self, design: Design, part: JunctionSchedule, *, slots: int, bases: tuple[int, ...]
    ) -> None:
        number = FixedPoint.of(design.fixed_point)
        self.shape = shape = part.shape
        self.slots, self.bases = slots, bases
        self.copies = part.copies["activation"]
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
        super().__init__({"rotate": In(1), "left": In(left), "right": In(right)})
        banks = shape.left_banks
        values = Lanes(self.value, banks)
        self.result_enable = Signal(banks)
        self.result_word = Signal(Lanes(index_shape(shape.left_depth), banks))
        self.activation_data = Signal(values)
        self.derivative_data = Signal(values)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.write_copy = Signal(range(self.copies))
        self.delta_copy = Signal()
        with m.If(self.rotate):
            last = self.write_copy == self.copies - 1
            m.d.sync += self.write_copy.eq(Mux(last, 0, self.write_copy + 1))
            m.d.sync += self.delta_copy.eq(~self.delta_copy)
        self._results(m)
        if self.has_delta:
            self._deltas(m)
        return m

    def _memory(self, shape: Shape, ports: str, transparent: bool = False) -> BankedMemory:
        return BankedMemory(
            shape=shape, size=self.shape.n_left, banks=self.shape.left_banks, ports=ports,
            transparent=transparent,
        )  # fmt: skip

    def _results(self, m: Module) -> None:
        """Activations and derivatives: one copy is written, others are read."""
        banks, left = self.shape.left_banks, self.left
        enables, values = scatter(list(left.activation), banks, left.count, left.base, self.bases)
        enable, address = self.result_enable, self.result_word
        m.d.comb += enable.eq(Cat(enables))
        m.d.comb += fill(address, words(banks, left.base, left.word))
        activation = self._written(m, "activation", values, enable, address, "single")
        m.d.comb += self._to_right(m, self.right.forward, activation, self._copy(-1))
        if self.trains:
            m.d.comb += self._to_right(m, self.right.backward, activation, self._copy(1))
        if self.has_delta:
            _, slopes = scatter(list(left.derivative), banks, left.count, left.base, self.bases)
            ports = "single" if self.per_edge else "dual"
            derivative = self._written(m, "derivative", slopes, enable, address, ports)
            if self.per_edge:
                m.d.comb += self._to_right(m, self.right.derivative, derivative, self._copy(1))
            else:
                self._to_left(m, left.slope, derivative, self.write_copy)

    def _copy(self, offset: int) -> Value:
        """Index of the copy that is ``offset`` blocks from being written."""
        wrapped = [(copy + offset) % self.copies for copy in range(self.copies)]
        return Array(wrapped)[self.write_copy]

    def _written(
        self, m: Module, name: str, values: list, enable: Value, address: View, ports: str
    ) -> list[BankedMemory]:
        """Copies of a result memory, the one that is written and the addresses of all wired up."""
        written = getattr(self, f"{name}_data")
        m.d.comb += fill(written, values)
        copies = []
        for copy in range(self.copies):
            memory = self._memory(self.value, ports)
            m.submodules[f"{name}_{copy}"] = memory
            here = self.write_copy == copy
            m.d.comb += [
                memory.write_enable.eq(Mux(here, enable, 0)),
                memory.write_word.eq(address),
                memory.write_data.eq(written),
            ]
            natural = name == "derivative" and not self.per_edge
            m.d.comb += (
                self._natural_address(memory) if natural else self._address(memory, self.right.word)
            )
            copies.append(memory)
        return copies

    def _deltas(self, m: Module) -> None:
        """Two copies: the right junction accumulates in one, the left one reads the other."""
        right, copies = self.right, []
        for copy in range(2):
            memory = self._memory(self.total, "dual", transparent=self.forwarding)
            m.submodules[f"delta_{copy}"] = memory
            here = self.delta_copy == copy
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
        m.d.comb += self._to_right(m, right.partial, copies, self.delta_copy, right.partial_word)
        self._to_left(m, self.left.delta, copies, ~self.delta_copy)

    def _split(self, word: Value) -> tuple[ValueLike, Value]:
        """Which of the banks that share a left bank holds a word, and where."""
        bits = self.shape.fold.bit_length() - 1
        return (word[:bits], word[bits:]) if bits else (0, word)

    def _address(self, memory: BankedMemory, word: View) -> list:
        banks = range(self.shape.left_banks)
        return [fill(memory.read_word, [self._split(word[b % self.shape.z])[1] for b in banks])]

    def _natural_address(self, memory: BankedMemory) -> list:
        left = self.left
        return [fill(memory.read_word, words(memory.banks, left.touched_base, left.touched_word))]

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


def _choose(m: Module, copies: list[BankedMemory], copy: Value) -> View:
    """Read data of one of several memories."""
    chosen = Signal.like(copies[0].read_data)
    with m.Switch(copy):
        for i, memory in enumerate(copies):
            with m.Case(i):
                m.d.comb += chosen.eq(memory.read_data)
    return chosen
