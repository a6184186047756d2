"""cocotb: words, permutations, fresh marks and the network equal the pattern on every clock."""

from __future__ import annotations

import numpy as np
from bench_tools import Ports, for_each, same, start
from block_points import interleavers

from hwsim.schedule import JunctionSchedule
from rtl_gen.interleaver import PRIMING_CLOCKS


@for_each(point=list(interleavers()))
async def addresses_equal_the_pattern(dut, point):
    """Three blocks with pauses."""
    rng, part = np.random.default_rng(1), interleavers()[point]
    bench = InterleaverBench(await start(dut, f"interleaver_{point}"), part, rng)
    cycle = part.shape.junction_cycle
    for _ in range(PRIMING_CLOCKS):
        await bench.clock(None, step=False)
    position = 0
    while position < 3 * cycle:
        step = bool(rng.integers(4))
        await bench.clock(position % cycle, step=step)
        position += step


class InterleaverBench:
    """One instance; values pass the network in the clock after their addresses."""

    def __init__(self, ports: Ports, part: JunctionSchedule, rng) -> None:
        self.ports, self.part, self.pattern, self.rng = ports, part, part.interleaver, rng
        self.last: int | None = None

    async def clock(self, position: int | None, *, step: bool) -> None:
        """One clock at this position; None: nothing to compare."""
        ports, z = self.ports, self.part.shape.z
        banks, lanes = self.rng.integers(256, size=(2, z))
        ports.drive(step=step, from_banks=banks, from_lanes=lanes)
        await ports.settled()
        if position is not None:
            self.compare(position)
        if self.last is not None:
            bank, lane = self.pattern.bank[self.last], self.pattern.bank_lane[self.last]
            same("to_lanes", ports.lanes("to_lanes", z, signed=False), banks[bank])
            same("to_banks", ports.lanes("to_banks", z, signed=False), lanes[lane])
        self.last = position
        await ports.next_clock()

    def compare(self, position: int) -> None:
        """Addresses of one position."""
        expected = {
            "word": self.pattern.bank_word,
            "bank_of_lane": self.pattern.bank,
            "lane_of_bank": self.pattern.bank_lane,
            "fresh": self.part.fresh,
        }
        for name, rows in expected.items():
            got = self.ports.lanes(name, self.part.shape.z, signed=False)
            same(f"{name} at {position}", got, rows[position])
