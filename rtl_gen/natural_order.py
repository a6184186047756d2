"""Natural order: counters over the right neurons, and access to them in banked memories.

``NaturalOrder`` counts; a ``Cursor`` follows it in a memory of some number of banks; ``gather``
and ``scatter`` carry values between consecutive neurons (slots) and the banks they lie in.
"""

from __future__ import annotations

from amaranth.hdl import Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwsim import natural_order as model
from hwsim.design import JunctionShape
from rtl_gen.lanes import Lanes, fill


class NaturalOrder(wiring.Component):
    """Phase and number of neurons that finish, for the position that is issued.

    Latency 0: outputs belong to the position of this clock.

    Args:
        shape: the junction.

    Attributes:
        restart (In): the next position is 0.
        step (In): this position is issued, the next clock has the next one.
        phase (Out): edge of its neuron that lane 0 carries.
        finishing (Out): neurons whose last edge is in this clock.
    """

    def __init__(self, shape: JunctionShape) -> None:
        self.shape = shape
        super().__init__(
            {
                "restart": In(1),
                "step": In(1),
                "phase": Out(range(max(2, shape.d_in))),
                "finishing": Out(range(shape.right_banks + 1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        whole, rest = divmod(self.shape.z, self.shape.d_in)
        wraps = Signal()
        m.d.comb += [
            wraps.eq(self.phase + rest >= self.shape.d_in),
            self.finishing.eq(whole + wraps),
        ]
        with m.If(self.restart):
            m.d.sync += self.phase.eq(0)
        with m.Elif(self.step):
            m.d.sync += self.phase.eq(self.phase + rest - Mux(wraps, self.shape.d_in, 0))
        return m


class Cursor(wiring.Component):
    """Bank and word of the first neuron touched, in a memory of ``banks`` banks.

    Args:
        banks: of the memory; at least as many as neurons advance per clock.
        depth: words per bank.
        most: largest advance.

    Attributes:
        restart (In): go back to neuron 0.
        advance (In): neurons to go on by, at the next clock.
        base, word (Out): where the first neuron lies.
        words (Out): (banks,) address of every bank when it comes first.
    """

    def __init__(self, *, banks: int, depth: int, most: int) -> None:
        self.banks = banks
        word = unsigned(max(1, (depth - 1).bit_length()))
        super().__init__(
            {
                "restart": In(1),
                "advance": In(range(most + 1)),
                "base": Out(range(max(2, banks))),
                "word": Out(word),
                "words": Out(Lanes(word, banks)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ahead, wraps = Signal(range(2 * self.banks + 1)), Signal()
        base, word = Signal.like(self.base), Signal.like(self.word)
        m.d.comb += [ahead.eq(self.base + self.advance), wraps.eq(ahead >= self.banks)]
        with m.If(~self.restart):
            m.d.comb += [
                base.eq(Mux(wraps, ahead - self.banks, ahead)),
                word.eq(self.word + wraps),
            ]
        m.d.sync += [self.base.eq(base), self.word.eq(word)]
        m.d.sync += fill(self.words, words(self.banks, base, word))
        return m


def words(banks: int, base: Value, word: Value) -> list[Value]:
    """Address of every bank when consecutive neurons start at (base, word)."""
    return [word + (bank < base) for bank in range(banks)]


def gather(
    m: Module, values: list, banks: int, slots: int, base: Value, bases: tuple[int, ...]
) -> list[Signal]:
    """Slot s from bank (base + s) % banks; only the named bases occur."""
    taken = [Signal.like(values[0]) for _ in range(slots)]
    with m.Switch(base):
        for start in bases:
            with m.Case(start) if start != bases[-1] else m.Default():
                for slot in range(slots):
                    m.d.comb += taken[slot].eq(values[(start + slot) % banks])
    return taken


def scatter(
    values: list, banks: int, count: Value, base: Value, bases: tuple[int, ...]
) -> tuple[list[Value], list]:
    """Enable and data for every bank: the first ``count`` slots go to banks from ``base`` on."""
    enables, taken = [], []
    for bank in range(banks):
        enable, chosen = Const(0), None
        for start in bases:
            slot = (bank - start) % banks
            if slot < len(values):
                here = base == start
                enable = enable | (here & (count > slot))
                chosen = values[slot] if chosen is None else Mux(here, values[slot], chosen)
        enables.append(enable)
        taken.append(values[0] if chosen is None else chosen)
    return enables, taken


def slot_of_lane(shape: JunctionShape, lane: int, phase: Value) -> tuple[int, Value]:
    """Which touched neuron a lane's edge belongs to: (lowest, whether it is the next one)."""
    offsets = model.NaturalOrder(shape).offsets(lane)
    if len(offsets) == 1:
        return offsets[0], Const(0)
    return offsets[0], phase >= shape.d_in * offsets[1] - lane
