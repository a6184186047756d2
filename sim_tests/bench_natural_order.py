"""cocotb: counters, cursors and the ways between slots and banks follow the natural order."""

from __future__ import annotations

import numpy as np
from bench_tools import Ports, for_each, same, start
from block_points import SHAPES

from hwsim.design import JunctionShape
from hwsim.natural_order import NaturalOrder


@for_each(point=list(SHAPES), extra_banks=[0, 2])
async def right_side_equals_the_model(dut, point, extra_banks):
    """Three blocks with pauses, the second broken off by a restart."""
    shape, rng = SHAPES[point], np.random.default_rng(1)
    ports = await start(dut, f"natural_order_{point}_{extra_banks}")
    bench = RightSideBench(ports, shape, shape.right_banks + extra_banks, rng)
    for end in (shape.junction_cycle, shape.junction_cycle // 2, shape.junction_cycle):
        position = 0
        while position < end:
            step = bool(rng.integers(4))
            await bench.clock(position, step=step)
            position += step
        await bench.clock(None, restart=True, step=end < shape.junction_cycle)


class RightSideBench:
    """One instance."""

    def __init__(self, ports: Ports, shape: JunctionShape, banks: int, rng) -> None:
        self.ports, self.shape, self.banks, self.rng = ports, shape, banks, rng
        self.order = NaturalOrder(shape)

    async def clock(self, position: int | None, *, step: bool, restart: bool = False) -> None:
        """One clock at this position; None: nothing to compare."""
        slots = self.rng.integers(256, size=self.shape.right_banks)
        banks = self.rng.integers(256, size=self.banks)
        self.ports.drive(step=step, restart=restart, from_slots=slots, from_banks=banks)
        await self.ports.settled()
        if position is not None:
            self.compare(position, slots, banks)
        await self.ports.next_clock()

    def compare(self, position: int, slots, banks) -> None:
        """Everything there is to see of one position."""
        shape, ports, order = self.shape, self.ports, self.order
        first, finishing = int(order.first[position]), int(order.finishing[position])
        same("phase", ports.read("phase"), order.phase[position])
        same("finishing", ports.read("finishing"), finishing)
        same("base", ports.read("base"), first % self.banks)
        right = (position * shape.z + np.arange(shape.z)) // shape.d_in
        same("slot", ports.lanes("slot", shape.z, signed=False), right - first)

        touched = np.arange(first, right[-1] + 1)
        words = ports.lanes("words", self.banks, signed=False)
        same("words", words[touched % self.banks], touched // self.banks)
        to_slots = ports.lanes("to_slots", shape.right_banks, signed=False)
        same("to_slots", to_slots[touched - first], banks[touched % self.banks])

        finished = touched[:finishing] % self.banks
        enables = np.zeros(self.banks, dtype=np.int64)
        enables[finished] = 1
        same("enables", ports.lanes("enables", self.banks, signed=False), enables)
        to_banks = ports.lanes("to_banks", self.banks, signed=False)
        same("to_banks", to_banks[finished], slots[:finishing])
