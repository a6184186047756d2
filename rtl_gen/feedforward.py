"""Feedforward: multipliers, one adder tree per right neuron touched, partial sums.

Same sums as ``hwsim.feedforward``. Latency: ``FeedForward.latency``, the registers of its stages.
Throughput: z edges per clock.
"""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value, ValueLike, signed
from amaranth.lib import wiring
from amaranth.lib.data import View
from amaranth.lib.wiring import In, Out

from hwsim.design import JunctionShape
from hwsim.registers import Registers
from rtl_gen.delay import any_raised, delay, delay_data
from rtl_gen.fixed_point import FixedPoint, Flags
from rtl_gen.lanes import Lanes, fill
from rtl_gen.multiplier import Multiplier
from rtl_gen.natural_order import slot_of_lane


class FeedForward(wiring.Component):
    """h of the right neurons that finish.

    Args:
        number: the format.
        shape: the junction.
        registers: pipeline registers, of which stages multiplier, product and tree are here.

    Attributes:
        valid, phase, finishing (In): from ``NaturalOrder``, for the operands of this clock.
        weight, activation (In): (z,) operands.
        bias (In): (right_banks,) of the neurons touched.
        h (Out): (right_banks,) results; the first ``finishing`` count.
        saturated (Out): an operation left the range, ``FLAG_CLOCKS`` before.
    """

    def __init__(self, number: FixedPoint, shape: JunctionShape, *, registers: Registers) -> None:
        self.number = number
        self.shape = shape
        self.registers = registers
        self.multiplier = Multiplier(
            number, lanes=shape.z, left=number.shape, registers=registers.multiplier
        )
        lanes = Lanes(number.shape, shape.z)
        slots = Lanes(number.shape, shape.right_banks)
        super().__init__(
            {
                "valid": In(1),
                "phase": In(range(max(2, shape.d_in))),
                "finishing": In(range(shape.right_banks + 1)),
                "weight": In(lanes),
                "activation": In(lanes),
                "bias": In(slots),
                "h": Out(slots),
                "saturated": Out(1),
            }
        )

    @property
    def latency(self) -> int:
        """Clocks from operands to h."""
        return self.multiplier.latency + self.registers.product + self.registers.tree

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.multiplier = multiplier = self.multiplier
        m.d.comb += [multiplier.left.eq(self.weight), multiplier.right.eq(self.activation)]
        late, tree = multiplier.latency + self.registers.product, self.registers.tree
        behind = min(tree, 1)  # of the registers of the tree: behind the whole sum
        products = delay_data(m, multiplier.product, self.registers.product, "products")
        terms = self._terms(m, products, late)

        finishing = delay_data(m, self.finishing, late, "finishing")
        biases = delay_data(m, self.bias, late, "biases")
        for slot, of_slot in enumerate(terms):
            of_slot.append(Mux(finishing > slot, biases[slot], 0))
        sums = _tree(m, terms, tree - behind)
        finishing = delay_data(m, finishing, tree - behind, "finishing_sum")
        valid = delay(m, self.valid, late + tree - behind, "valid")
        totals = self._totals(m, sums, finishing, valid)

        flags: Flags = []
        totals = [delay_data(m, total, behind, f"total_{s}") for s, total in enumerate(totals)]
        finishing = delay_data(m, finishing, behind, "finishing_h")
        m.d.comb += fill(self.h, [self.number.saturate(m, total, flags) for total in totals])
        self._flag(m, Cat(flag & (finishing > slot) for slot, flag in enumerate(flags)))
        return m

    def _flag(self, m: Module, sums: Value) -> None:
        """Products come a while before the sums that they are in."""
        sources = {
            "product_flag": (self.multiplier.saturated, self.multiplier.latency),
            "sum_flag": (sums, self.latency),
        }
        m.d.comb += self.saturated.eq(any_raised(m, sources, self.valid, until=self.latency))

    def _terms(self, m: Module, products: View, late: int) -> list[list[ValueLike]]:
        """By slot, the products of its neuron; zeros where a lane's edge is another one's.

        Which neuron that is, is decided a clock ahead where products are late enough.
        """
        lanes, ahead = range(self.shape.z), min(late, 1)
        phase = delay_data(m, self.phase, late - ahead, "phase")
        slots, is_next = zip(*[slot_of_lane(self.shape, x, phase) for x in lanes], strict=True)
        is_next = delay_data(m, Cat(is_next), ahead, "is_next")
        terms: list[list[ValueLike]] = [[] for _ in range(self.shape.right_banks)]
        for lane, slot in enumerate(slots):
            terms[slot].append(Mux(is_next[lane], 0, products[lane]))
            if slot + 1 < len(terms):
                terms[slot + 1].append(Mux(is_next[lane], products[lane], 0))
        return terms

    def _totals(self, m: Module, sums: list[Value], finishing: Value, valid: Value) -> list[Signal]:
        """Full-width sums per slot; the one that does not finish is carried to the next clock.

        It comes without a bias, which goes into sums that finish only.
        """
        width = self.number.width + self.shape.d_in.bit_length()
        carried = Signal(signed(width))
        totals = [Signal(signed(width), name=f"total_{slot}") for slot in range(len(sums))]
        for slot, total in enumerate(totals):
            m.d.comb += total.eq(sums[slot] + (carried if slot == 0 else 0))
        with m.If(valid):
            m.d.sync += carried.eq(Array([*totals, 0])[finishing])
        return totals


def _tree(m: Module, terms: list[list[ValueLike]], registers: int) -> list[Value]:
    """Balanced sums, all at once; the registers lie between levels.

    What comes behind, the addition of what is carried, counts as a level.
    """
    levels = max(len(of_sum) - 1 for of_sum in terms).bit_length()
    cuts = [(k + 1) * (levels + 1) // (registers + 1) for k in range(registers)]
    for level in range(levels + 1):
        if level:
            terms = [_pairs(of_sum) for of_sum in terms]
        terms = [
            [delay_data(m, x, cuts.count(level), f"sum_{s}_{level}_{i}") for i, x in enumerate(of)]
            for s, of in enumerate(terms)
        ]
    return [of_sum[0] for of_sum in terms]


def _pairs(terms: list[ValueLike]) -> list[ValueLike]:
    """Sums of two neighbours each; the last one may have none."""
    sums = [left + right for left, right in zip(terms[::2], terms[1::2], strict=False)]
    return sums + terms[2 * len(sums) :]
