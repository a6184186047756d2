"""Blocks that are functions of a module, or pairs of blocks, with ports of their own."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwsim import natural_order
from hwsim.design import JunctionShape
from hwsim.schedule import JunctionSchedule
from rtl_gen.fixed_point import FixedPoint
from rtl_gen.interleaver import Interleaver, Network
from rtl_gen.lanes import Lanes
from rtl_gen.natural_order import Cursor, NaturalOrder, gather, scatter, slot_of_lane


class Arithmetic(wiring.Component):
    """Every operation of FixedPoint; ``flags`` are those of product, total and clipped."""

    def __init__(self, number: FixedPoint) -> None:
        self.number = number
        wide = signed(number.width + 4)
        operands = {"left": In(number.shape), "right": In(number.shape), "wide": In(wide)}
        operands |= {"shift": In(range(number.width)), "pixel": In(8)}
        names = ("product", "total", "clipped", "step", "from_pixel")
        results = {name: Out(number.shape) for name in names}
        results |= {"product_wide": Out(signed(2 * number.width - number.frac_bits + 1))}
        super().__init__(operands | results | {"flags": Out(3)})

    def elaborate(self, platform) -> Module:
        m = Module()
        number, flags = self.number, []
        m.d.comb += [
            self.product.eq(number.multiply(m, self.left, self.right, flags)),
            self.total.eq(number.add(m, self.left, self.right, flags)),
            self.clipped.eq(number.saturate(m, self.wide, flags)),
            self.product_wide.eq(number.multiply_wide(m, self.left, self.right)),
            self.step.eq(number.step(m, self.left, self.shift)),
            self.from_pixel.eq(number.from_pixel(self.pixel)),
        ]
        m.d.comb += self.flags.eq(Cat(flags))
        return m


class RightSide(wiring.Component):
    """NaturalOrder with a Cursor in a memory of some banks, and the ways between slots and banks.

    ``slot`` says which touched neuron each lane's edge belongs to.
    """

    def __init__(self, shape: JunctionShape, *, banks: int) -> None:
        self.shape, self.banks = shape, banks
        self.cursor = Cursor(banks=banks, depth=-(-shape.n_right // banks), most=shape.right_banks)
        values = Lanes(unsigned(8), shape.right_banks)
        self.order = NaturalOrder(shape)
        super().__init__(
            dict(self.order.signature.members)
            | {
                "base": Out(self.cursor.base.shape()),
                "slot": Out(Lanes(unsigned(4), shape.z)),
                "words": Out(Lanes(self.cursor.word.shape(), banks)),
                "from_slots": In(values),
                "enables": Out(banks),
                "to_banks": Out(Lanes(unsigned(8), banks)),
                "from_banks": In(Lanes(unsigned(8), banks)),
                "to_slots": Out(values),
            }
        )

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.order, m.submodules.cursor = order, cursor = self.order, self.cursor
        bases = natural_order.NaturalOrder(self.shape).bases(self.banks)
        for name in order.signature.members:
            inner, outer = getattr(order, name), getattr(self, name)
            is_input = order.signature.members[name].flow == In
            m.d.comb += inner.eq(outer) if is_input else outer.eq(inner)
        with m.If(self.step):
            m.d.comb += cursor.advance.eq(order.finishing)
        m.d.comb += [cursor.restart.eq(self.restart), self.base.eq(cursor.base)]
        enables, values = scatter(
            list(self.from_slots), self.banks, order.finishing, cursor.base, bases
        )
        slots = len(self.from_slots)
        taken = gather(m, list(self.from_banks), self.banks, slots, cursor.base, bases)
        m.d.comb += [
            self.enables.eq(Cat(enables)),
            self.to_banks.eq(Cat(values)),
            self.to_slots.eq(Cat(taken)),
        ]
        m.d.comb += self.words.eq(cursor.words)
        for lane in range(self.shape.z):
            slot, is_next = slot_of_lane(self.shape, lane, order.phase)
            m.d.comb += self.slot[lane].eq(slot + is_next)
        return m


class RoutedInterleaver(wiring.Component):
    """Interleaver with its network, through which values go one clock after the addresses."""

    def __init__(self, part: JunctionSchedule) -> None:
        self.interleaver = Interleaver(part)
        values = Lanes(unsigned(8), part.shape.z)
        names = {"from_banks": In, "to_lanes": Out, "from_lanes": In, "to_banks": Out}
        super().__init__(
            dict(self.interleaver.signature.members)
            | {name: flow(values) for name, flow in names.items()}
        )

    def elaborate(self, platform) -> Module:
        m = Module()
        m.submodules.interleaver = inner = self.interleaver
        for name, member in inner.signature.members.items():
            ours, theirs = getattr(self, name), getattr(inner, name)
            m.d.comb += theirs.eq(ours) if member.flow == In else ours.eq(theirs)
        network = Network(m, inner, 1, "values")
        m.d.comb += [
            self.to_lanes.eq(Cat(network.to_lanes(list(self.from_banks)))),
            self.to_banks.eq(Cat(network.to_banks(list(self.from_lanes)))),
        ]
        return m
