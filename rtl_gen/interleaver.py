"""Interleaver: the word of every left bank, and the way between lanes and banks.

What is generated follows from the pattern itself (``hwsim.interleaver``): an adder and a seed per
bank where words count up in every sweep (types 2 and 3), a table of words otherwise (type 1 and
files); wires between lanes and banks where they never change, a stored permutation and a network
otherwise (dither and files).
"""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Array, Cat, Const, Module, Mux, Shape, Signal, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hwsim.schedule import JunctionSchedule
from rtl_gen.delay import delay_data
from rtl_gen.lanes import Lanes, fill
from rtl_gen.wire import wire


def index_shape(count: int) -> Shape:
    """Shape of an index below ``count``, at least one bit wide."""
    return unsigned(max(1, (count - 1).bit_length()))


PRIMING_CLOCKS = 2
"""Clocks after reset in which addresses are prepared; nothing can be issued in them."""


class Interleaver(wiring.Component):
    """Addresses for the position issued in this clock.

    Latency 0, out of registers: tables are read two positions ahead, words computed one ahead.

    Args:
        part: the junction's schedule, without clashes.

    Attributes:
        step (In): this position is issued, the next clock has the next one; after the last, the
            first.
        word (Out): (z,) word of each bank.
        bank_of_lane, lane_of_bank (Out): (z,) the permutation; constant where it never changes.
        fresh (Out): (z,) whether a lane's partial sum starts from zero.
    """

    def __init__(self, part: JunctionSchedule) -> None:
        self.part = part
        self.pattern = part.interleaver
        self.shape = shape = part.shape
        lanes = Lanes(index_shape(shape.z), shape.z)
        super().__init__(
            {
                "step": In(1),
                "word": Out(Lanes(index_shape(shape.depth), shape.z)),
                "bank_of_lane": Out(lanes),
                "lane_of_bank": Out(lanes),
                "fresh": Out(shape.z),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.steps = self._steps(m)
        self._count(m)
        following = [
            fill(self.word, self._next_words(m)),
            fill(self.bank_of_lane, self._next_row(m, self.pattern.bank)),
            fill(self.lane_of_bank, self._next_row(m, self.pattern.bank_lane)),
            self.fresh.eq(self._next_fresh(m)),
        ]
        with m.If(self.steps):
            m.d.sync += following
        return m

    def _steps(self, m: Module) -> Value:
        """One position on: where one is issued, and to get ready after reset."""
        primed = Signal(range(PRIMING_CLOCKS + 1))
        is_primed = primed == PRIMING_CLOCKS
        m.d.sync += primed.eq(primed + ~is_primed)
        return wire(m, self.step | ~is_primed, "steps")

    def _count(self, m: Module) -> None:
        """Clock, clock within the sweep, and sweep: two positions ahead, some also one ahead."""
        shape = self.shape
        self.ahead, _ = self._counter(m, "ahead", shape.junction_cycle, self.steps)
        turn, sweep_ends = self._counter(m, "turn", shape.depth, self.steps)
        self.sweep, _ = self._counter(m, "sweep", shape.d_out, sweep_ends)
        self.next, self.next_turn = Signal.like(self.ahead), Signal.like(turn)
        with m.If(self.steps):
            m.d.sync += [self.next.eq(self.ahead), self.next_turn.eq(turn)]

    def _counter(self, m: Module, name: str, count: int, step: Value) -> tuple[Signal, Value]:
        """A count, and whether it begins anew in the next clock."""
        now = Signal(index_shape(count), name=name)
        ends = wire(m, step & (now == count - 1), f"{name}_ends")
        with m.If(step):
            m.d.sync += now.eq(Mux(ends, 0, now + 1))
        return now, ends

    def _next_fresh(self, m: Module) -> Value:
        """All lanes up to some clock where sweeps follow each other, a table otherwise."""
        fresh, z = self.part.fresh, self.shape.z
        until = int(fresh.sum()) // z
        if (fresh == (np.arange(len(fresh)) < until)[:, None]).all():
            return (self.next < until).replicate(z)
        return Cat(self._next_row(m, fresh.astype(int)))

    def _next_words(self, m: Module) -> list[Value]:
        phi, depth = self.pattern.seed_vectors, self.shape.depth
        if phi is None:
            return self._next_row(m, self.pattern.bank_word)
        seeds = self._next_row(m, np.repeat(phi, depth, axis=0))
        ahead = [wire(m, seed + self.next_turn, "word_ahead") for seed in seeds]
        return [Mux(x >= depth, x - depth, x) for x in ahead]

    def _next_row(self, m: Module, rows: np.ndarray) -> list[Value]:
        """The next row of a (junction_cycle, z) table, as small as its content allows."""
        shape = self.shape
        if (rows == rows[0]).all():
            return [Const(int(value), index_shape(int(value) + 1)) for value in rows[0]]
        address = self.ahead
        by_sweep = rows.reshape(shape.d_out, shape.depth, shape.z)
        if (by_sweep == by_sweep[:, :1]).all():
            rows, address = by_sweep[:, 0], self.sweep
        element = index_shape(int(rows.max()) + 1)
        layout = Lanes(element, shape.z)
        init = [[int(value) for value in row] for row in rows]
        memory = Memory(shape=layout, depth=len(init), init=init)
        m.submodules += memory
        read = memory.read_port()
        m.d.comb += [read.addr.eq(address), read.en.eq(self.steps)]
        return [read.data[i] for i in range(shape.z)]


class Network:
    """The way between lanes and banks, ``clocks`` clocks after the position was issued.

    Wires where the permutation never changes.
    """

    def __init__(self, m: Module, interleaver: Interleaver, clocks: int, name: str) -> None:
        pattern = interleaver.pattern
        self.fixed = bool((pattern.bank == pattern.bank[0]).all())
        self.banks, self.lanes = pattern.bank[0], pattern.bank_lane[0]
        if not self.fixed:
            self.bank_of_lane = delay_data(m, interleaver.bank_of_lane, clocks, f"{name}_banks")
            self.lane_of_bank = delay_data(m, interleaver.lane_of_bank, clocks, f"{name}_lanes")

    def to_lanes(self, banks: list) -> list:
        """Values of the banks, one per lane."""
        if self.fixed:
            return [banks[int(bank)] for bank in self.banks]
        return [Array(banks)[self.bank_of_lane[lane]] for lane in range(len(banks))]

    def to_banks(self, lanes: list) -> list:
        """Values of the lanes, one per bank."""
        if self.fixed:
            return [lanes[int(lane)] for lane in self.lanes]
        return [Array(lanes)[self.lane_of_bank[bank]] for bank in range(len(lanes))]
