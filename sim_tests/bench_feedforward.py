"""cocotb: h and the saturation flag equal the model's, with pauses and sums at the limits."""

from __future__ import annotations

import numpy as np
from bench_tools import Ports, aim, for_each, operands, same, saturated, start
from block_points import EDGE_POINTS, EdgePoint, plain_part

from hwsim.delay import Delay
from hwsim.feedforward import FeedForward
from hwsim.fixed_point import Raw
from hwsim.natural_order import NaturalOrder
from hwsim.timing import FLAG_CLOCKS

BLOCKS = 12


@for_each(point=list(EDGE_POINTS))
async def h_equals_the_model(dut, point):
    """Block after block; what is driven in a pause must not matter."""
    bench = FeedForwardBench(await start(dut, f"feedforward_{point}"), EDGE_POINTS[point])
    for _ in range(BLOCKS):
        for position in bench.part.slots:
            while not bench.rng.integers(4):
                await bench.clock(int(bench.rng.integers(bench.at.shape.junction_cycle)), False)
            await bench.clock(position, True)
    assert bench.saturations > BLOCKS // 2, "too few results left the range"


class FeedForwardBench:
    """One instance."""

    def __init__(self, ports: Ports, at: EdgePoint) -> None:
        self.ports, self.at, self.rng = ports, at, np.random.default_rng(1)
        self.part, self.order = plain_part(at.shape), NaturalOrder(at.shape)
        self.model = FeedForward(at.number, at.shape.n_right)
        stages = at.registers
        self.late: Delay = Delay(stages.multiplier + stages.product + stages.tree)
        self.flags, self.saturations = Delay(FLAG_CLOCKS), 0

    async def clock(self, position: int, valid: bool) -> None:
        """One clock."""
        number, shape, rng = self.at.number, self.at.shape, self.rng
        weight, activation = (operands(rng, number, shape.z) for _ in range(2))
        bias = operands(rng, number, shape.right_banks)
        if rng.integers(2):
            self._aim(position, weight, activation, bias)
        finishing = self.order.finishing[position]
        self.ports.drive(
            valid=valid, phase=self.order.phase[position], finishing=finishing,
            weight=weight, activation=activation, bias=bias,
        )  # fmt: skip
        await self.ports.settled()
        expected = self._step(position, weight, activation, bias[:finishing]) if valid else None
        self._compare(self.late.shift(expected))
        await self.ports.next_clock()

    def _aim(self, position: int, weight: Raw, activation: Raw, bias: Raw) -> None:
        """Choose the biases so that sums end at a limit or beside it."""
        slot, number = self.part.slots[position], self.at.number
        exact = np.add.reduceat(number.multiply(weight, activation), slot.starts)
        exact += self.model.partial[slot.touched]
        bias[: len(exact)] = aim(self.rng, number, exact)

    def _step(self, position: int, weight: Raw, activation: Raw, bias: Raw) -> tuple[Raw, bool]:
        tallies = self.model.product_tally, self.model.sum_tally
        before = saturated(*tallies)
        h = self.model(self.part.slots[position], weight, activation, bias)
        return h, saturated(*tallies) > before

    def _compare(self, expected: tuple[Raw, bool] | None) -> None:
        h, flag = (np.zeros(0), False) if expected is None else expected
        self.saturations += flag
        same("saturated", self.ports.read("saturated"), self.flags.shift(flag) or False)
        same("h", self.ports.lanes("h", self.at.shape.right_banks)[: len(h)], h)
