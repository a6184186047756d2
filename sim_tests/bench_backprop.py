"""cocotb: new partial sums equal the model's in both profiles, also at the ends of their range."""

from __future__ import annotations

import numpy as np
from bench_tools import Ports, aim, for_each, operands, same, saturated, start
from block_points import EDGE_POINTS, EdgePoint

from hwsim.backprop import Backprop
from hwsim.delay import Delay
from hwsim.fixed_point import Raw
from hwsim.timing import FLAG_CLOCKS

CLOCKS = 200


@for_each(point=list(EDGE_POINTS))
async def totals_equal_the_model(dut, point):
    """Random clocks; what is driven without ``valid`` raises no flag."""
    bench = BackpropBench(await start(dut, f"backprop_{point}"), EDGE_POINTS[point])
    for _ in range(CLOCKS):
        await bench.clock()
    assert (bench.saturations > CLOCKS // 20) == bench.at.per_edge


class BackpropBench:
    """One instance."""

    def __init__(self, ports: Ports, at: EdgePoint) -> None:
        self.ports, self.at, self.rng = ports, at, np.random.default_rng(1)
        self.model = Backprop(at.number, per_edge=at.per_edge)
        multipliers = 2 if at.per_edge else 1
        self.late: Delay = Delay(multipliers * at.registers.multiplier + at.registers.product)
        self.flags, self.saturations = Delay(FLAG_CLOCKS), 0

    async def clock(self) -> None:
        """Operands of this clock, partial sums for those that have become products."""
        at, rng = self.at, self.rng
        valid = bool(rng.integers(4))
        names = ["weight", "delta"] + ["derivative"] * at.per_edge
        driven = {name: self._lanes() for name in names}
        before = saturated(self.model.product_tally)
        item = self.model.contribution(*driven.values(), *[None] * (not at.per_edge))
        flag = saturated(self.model.product_tally) > before
        self.ports.drive(valid=valid, **driven)
        await self._accumulate(self.late.shift((item, flag, valid)))
        await self.ports.next_clock()

    def _lanes(self) -> Raw:
        """Every fourth time all lanes at the minimum: the largest product there is."""
        number, z = self.at.number, self.at.shape.z
        extreme = np.full(z, number.minimum)
        return operands(self.rng, number, z) if self.rng.integers(4) else extreme

    async def _accumulate(self, item: tuple[Raw, bool, bool] | None) -> None:
        contribution, flag, valid = item or (self._lanes() * 0, False, False)
        fresh = self.rng.integers(3, size=self.at.shape.z) == 0
        partial = self._partial(contribution)
        self.ports.drive(fresh=fresh, partial=partial)
        await self.ports.settled()
        before = saturated(self.model.sum_tally)
        total = self.model.accumulate(partial * ~fresh, contribution)
        flag |= saturated(self.model.sum_tally) > before
        self.saturations += flag and valid
        same("total", self.ports.lanes("total", self.at.shape.z), total)
        same("saturated", self.ports.read("saturated"), self.flags.shift(flag and valid) or False)

    def _partial(self, contribution: Raw) -> Raw:
        """Sums of up to d_out - 1 contributions; per edge, such that the total meets a limit."""
        number, rng, z = self.at.number, self.rng, self.at.shape.z
        if self.at.per_edge:
            return aim(rng, number, contribution) if rng.integers(2) else operands(rng, number, z)
        low, high = (
            int(number.multiply_wide(np.int64(number.minimum), np.int64(factor)))
            for factor in (number.maximum, number.minimum)
        )
        others = self.at.shape.d_out - 1
        if rng.integers(2):
            return np.where(contribution < 0, others * low, others * high)
        return rng.integers(others * low, others * high + 1, z)
