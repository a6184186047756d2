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


class Interleaver(wiring.Component):
    """Addresses for the position issued in this clock.

    Latency 0: tables are read one clock ahead.

    Args:
        part: the junction's schedule, without clashes.

    Attributes:
        restart (In): the next position is 0.
        step (In): this position is issued, the next clock has the next one.
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
                "restart": In(1),
                "step": In(1),
                "word": Out(Lanes(index_shape(shape.depth), shape.z)),
                "bank_of_lane": Out(lanes),
                "lane_of_bank": Out(lanes),
                "fresh": Out(shape.z),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self._count(m)
        self._words(m)
        for port, rows in (
            (self.bank_of_lane, self.pattern.bank),
            (self.lane_of_bank, self.pattern.bank_lane),
        ):
            m.d.comb += fill(port, self._table(m, rows))
        self._fresh(m)
        return m

    def _fresh(self, m: Module) -> None:
        """All lanes up to some clock where sweeps follow each other, a table otherwise."""
        fresh, z = self.part.fresh, self.shape.z
        until = int(fresh.sum()) // z
        if (fresh == (np.arange(len(fresh)) < until)[:, None]).all():
            m.d.comb += self.fresh.eq((self.now < until).replicate(z))
            return
        m.d.comb += self.fresh.eq(Cat(self._table(m, fresh.astype(int))))

    def _count(self, m: Module) -> None:
        """Clock, clock within the sweep, and sweep, now and in the next clock."""
        shape = self.shape
        self.now, self.next_now = self._counter(m, "now", shape.junction_cycle, self.step)
        self.turn, _ = self._counter(m, "turn", shape.depth, self.step)
        sweep_ends = self.step & (self.turn == shape.depth - 1)
        self.sweep, self.next_sweep = self._counter(m, "sweep", shape.d_out, sweep_ends)

    def _counter(self, m: Module, name: str, count: int, step: Value) -> tuple[Signal, Signal]:
        now = Signal(index_shape(count), name=name)
        after = Signal.like(now, name=f"next_{name}")
        m.d.comb += after.eq(now)
        with m.If(self.restart):
            m.d.comb += after.eq(0)
        with m.Elif(step):
            m.d.comb += after.eq(Mux(now == count - 1, 0, now + 1))
        m.d.sync += now.eq(after)
        return now, after

    def _words(self, m: Module) -> None:
        phi, depth = self.pattern.seed_vectors, self.shape.depth
        if phi is None:
            m.d.comb += fill(self.word, self._table(m, self.pattern.bank_word))
            return
        seeds = self._table(m, np.repeat(phi, depth, axis=0))
        ahead = [wire(m, seed + self.turn, "ahead") for seed in seeds]
        m.d.comb += fill(self.word, [Mux(x >= depth, x - depth, x) for x in ahead])

    def _table(self, m: Module, rows: np.ndarray) -> list[Value]:
        """This clock's row of a (junction_cycle, z) table, as small as its content allows."""
        shape = self.shape
        if (rows == rows[0]).all():
            return [Const(int(value), index_shape(int(value) + 1)) for value in rows[0]]
        address = self.next_now
        by_sweep = rows.reshape(shape.d_out, shape.depth, shape.z)
        if (by_sweep == by_sweep[:, :1]).all():
            rows, address = by_sweep[:, 0], self.next_sweep
        element = index_shape(int(rows.max()) + 1)
        layout = Lanes(element, shape.z)
        init = [[int(value) for value in row] for row in rows]
        memory = Memory(shape=layout, depth=len(init), init=init)
        m.submodules += memory
        read = memory.read_port()
        m.d.comb += read.addr.eq(address)
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
