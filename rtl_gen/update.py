"""Update: the step u = -eta*delta, and new weights and biases.

Same values as ``hwsim.update``. Latency: ``Update.latency``, the registers of its stages.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.data import View
from amaranth.lib.wiring import In, Out

from hwsim.design import JunctionShape
from hwsim.registers import Registers
from rtl_gen.delay import any_raised, delay_data
from rtl_gen.fixed_point import FixedPoint, Flags
from rtl_gen.lanes import Lanes, fill
from rtl_gen.multiplier import Multiplier
from rtl_gen.natural_order import slot_of_lane


class Update(wiring.Component):
    """New weights of z edges and new biases of the neurons that finish.

    Args:
        number: the format.
        shape: the junction.
        registers: pipeline registers, of which stages multiplier and product are here.

    Attributes:
        valid, phase, finishing (In): from ``NaturalOrder``, for the operands of this clock.
        eta_shift (In): k of eta = 2^-k.
        delta, bias (In): (right_banks,) of the neurons touched.
        weight, activation (In): (z,) operands.
        new_weight (Out): (z,); new_bias (Out): (right_banks,), the first ``finishing`` count.
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
                "eta_shift": In(range(number.width)),
                "delta": In(slots),
                "bias": In(slots),
                "weight": In(lanes),
                "activation": In(lanes),
                "new_weight": Out(lanes),
                "new_bias": Out(slots),
                "saturated": Out(1),
            }
        )

    @property
    def latency(self) -> int:
        """Clocks from operands to new parameters."""
        return self.registers.step + self.multiplier.latency + self.registers.product

    def elaborate(self, platform: object) -> Module:
        m = Module()
        number, shape = self.number, self.shape
        m.submodules.multiplier = multiplier = self.multiplier
        step = Signal(Lanes(number.shape, shape.right_banks))
        lanes, slots = range(shape.z), range(shape.right_banks)
        m.d.comb += fill(step, [number.step(m, delta, self.eta_shift) for delta in self.delta])
        behind = self.registers.step
        lane_step = delay_data(m, step, behind, "lane_step")
        phase = delay_data(m, self.phase, behind, "phase")
        of_lane = [lane_value(shape, lane, phase, lane_step) for lane in lanes]
        activation = delay_data(m, self.activation, behind, "activation")
        m.d.comb += [fill(multiplier.left, of_lane), multiplier.right.eq(activation)]
        change = delay_data(m, multiplier.product, self.registers.product, "change")

        flags: Flags = []
        late = min(1, self.latency)  # steps take their time, biases have more
        new_bias = Signal(Lanes(number.shape, shape.right_banks))
        bias, bias_step = delay_data(m, self.bias, late, "bias"), delay_data(m, step, late, "step")
        biases = [number.add(m, bias[slot], bias_step[slot], flags) for slot in slots]
        m.d.comb += fill(new_bias, biases)
        finishing = delay_data(m, self.finishing, late, "finishing")
        bias_flags = Cat(flag & (finishing > slot) for slot, flag in enumerate(flags))

        weight_flags: Flags = []
        weight = delay_data(m, self.weight, self.latency, "weight")
        new = [number.add(m, weight[lane], change[lane], weight_flags) for lane in lanes]
        m.d.comb += [
            fill(self.new_weight, new),
            self.new_bias.eq(delay_data(m, new_bias, self.latency - late, "new_bias")),
        ]
        self._flag(m, (bias_flags, late), Cat(weight_flags))
        return m

    def _flag(self, m: Module, biases: tuple[Value, int], weights: Value) -> None:
        """Biases come early, products a while before the weights that they change."""
        sources = {
            "bias_flag": biases,
            "product_flag": (
                self.multiplier.saturated,
                self.registers.step + self.multiplier.latency,
            ),
            "weight_flag": (weights, self.latency),
        }
        m.d.comb += self.saturated.eq(any_raised(m, sources, self.valid, until=self.latency))


def lane_value(shape: JunctionShape, lane: int, phase: Value, slots: View) -> Value:
    """The right neuron's value that belongs to a lane's edge."""
    slot, is_next = slot_of_lane(shape, lane, phase)
    if slot + 1 >= shape.right_banks:
        return slots[slot]
    return Mux(is_next, slots[slot + 1], slots[slot])
