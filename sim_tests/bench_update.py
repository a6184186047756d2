"""cocotb: new weights, biases and the flag equal the model's, for every eta and at the limits."""

from __future__ import annotations

import numpy as np
from bench_tools import Ports, aim, for_each, operands, same, saturated, start
from block_points import EDGE_POINTS, EdgePoint, plain_part

from hwsim.delay import Delay
from hwsim.fixed_point import Raw
from hwsim.natural_order import NaturalOrder
from hwsim.timing import FLAG_CLOCKS
from hwsim.update import Update

CLOCKS = 250


@for_each(point=list(EDGE_POINTS))
async def new_parameters_equal_the_model(dut, point):
    """Positions in any order: the block keeps nothing from clock to clock."""
    bench = UpdateBench(await start(dut, f"update_{point}"), EDGE_POINTS[point])
    for clock in range(CLOCKS):
        await bench.clock(clock % bench.at.number.width)
    assert bench.saturations > CLOCKS // 20, "too few results left the range"


class UpdateBench:
    """One instance."""

    def __init__(self, ports: Ports, at: EdgePoint) -> None:
        self.ports, self.at, self.rng = ports, at, np.random.default_rng(1)
        self.part, self.order = plain_part(at.shape), NaturalOrder(at.shape)
        self.model = Update(at.number)
        self.late: Delay = Delay(at.registers.step + at.registers.multiplier + at.registers.product)
        self.flags, self.saturations = Delay(FLAG_CLOCKS), 0

    async def clock(self, eta_shift: int) -> None:
        """One clock at a random position."""
        number, shape, rng = self.at.number, self.at.shape, self.rng
        position, valid = int(rng.integers(shape.junction_cycle)), bool(rng.integers(4))
        delta, bias = (operands(rng, number, shape.right_banks) for _ in range(2))
        weight, activation = (operands(rng, number, shape.z) for _ in range(2))
        if rng.integers(2):
            step = self.model.step(delta, eta_shift)
            bias = aim(rng, number, step)
            of_lane = step[self.part.slots[position].right_of_lane]
            weight = aim(rng, number, number.multiply(of_lane, activation))
        driven = {"delta": delta, "bias": bias, "weight": weight, "activation": activation}
        self.ports.drive(
            valid=valid, eta_shift=eta_shift, phase=self.order.phase[position],
            finishing=self.order.finishing[position], **driven,
        )  # fmt: skip
        await self.ports.settled()
        expected = self._step(position, eta_shift, **driven)
        self._compare(self.late.shift(expected if valid else None))
        await self.ports.next_clock()

    def _step(
        self, position: int, eta_shift: int, delta: Raw, bias: Raw, weight: Raw, activation: Raw
    ) -> tuple[Raw, Raw, bool]:
        slot, model = self.part.slots[position], self.model
        tallies = model.product_tally, model.weight_tally, model.bias_tally
        before = saturated(*tallies)
        step = model.step(delta[: len(slot.touched)], eta_shift)
        new_weight = model.weight(weight, step[slot.right_of_lane], activation)
        new_bias = model.bias(bias[: len(slot.finished)], step[slot.finished_in_touched])
        return new_weight, new_bias, saturated(*tallies) > before

    def _compare(self, expected: tuple[Raw, Raw, bool] | None) -> None:
        flag = expected is not None and expected[2]
        self.saturations += flag
        same("saturated", self.ports.read("saturated"), self.flags.shift(flag) or False)
        if expected is None:
            return
        new_weight, new_bias, _ = expected
        same("new_weight", self.ports.lanes("new_weight", self.at.shape.z), new_weight)
        got = self.ports.lanes("new_bias", self.at.shape.right_banks)[: len(new_bias)]
        same("new_bias", got, new_bias)
