"""cocotb: predictions and output deltas equal the model's, with ties within and across clocks."""

from __future__ import annotations

import numpy as np
from bench_tools import Ports, for_each, same, start
from block_points import COSTS, schedules

from hwsim.cost import Cost
from hwsim.fixed_point import Raw
from hwsim.memory import Clock
from hwsim.natural_order import NaturalOrder
from hwsim.schedule import Schedule

BLOCKS = 10
RESULT_LATENCY = 2  # the last results are written in the clock that rotates


@for_each(point=COSTS)
async def outputs_equal_the_model(dut, point):
    """Block after block, with pauses."""
    bench = CostBench(await start(dut, f"cost_{point}"), schedules()[point])
    for _ in range(BLOCKS):
        await bench.block()
    assert bench.ties_within + bench.ties_across, "no tie was met"


class CostBench:
    """One instance."""

    def __init__(self, ports: Ports, schedule: Schedule) -> None:
        part, self.time = schedule.junctions[-1], Clock()
        self.ports, self.shape, self.rng = ports, part.shape, np.random.default_rng(1)
        self.model = Cost(schedule.design, part, self.time)
        self.number, self.order = schedule.design.fixed_point, NaturalOrder(part.shape)
        self.delta: Raw | None = None
        self.ties_within = self.ties_across = 0

    async def block(self) -> None:
        """Every position in turn; results follow it, and pauses come in between."""
        self.model.label = int(self.rng.integers(self.shape.n_right))
        cycle = self.shape.junction_cycle
        for clock in range(cycle + RESULT_LATENCY):
            while not self.rng.integers(4):
                await self._wait()
            while not self.rng.integers(4):
                await self._clock(None, None)
            await self._clock(
                clock if clock < cycle else None,
                clock - RESULT_LATENCY if clock >= RESULT_LATENCY else None,
                ends=clock == cycle + RESULT_LATENCY - 1,
            )

    async def _wait(self) -> None:
        """The pipeline stands still, whatever is on the ports."""
        self.ports.drive(advance=0, rotate=self.rng.integers(2))
        self._drive_results(int(self.rng.integers(self.shape.junction_cycle)))
        await self.ports.settled()
        self._compare_delta()
        await self.ports.next_clock()

    async def _clock(
        self, touched: int | None, finished: int | None, *, ends: bool = False
    ) -> None:
        self.time.now += 1
        self.ports.drive(advance=1, rotate=ends, label=self.model.label)
        result = self._drive_results(finished)
        self._drive_touched(touched)
        await self.ports.settled()
        self._compare_delta()
        self.delta = None
        if touched is not None and self.model.has_delta:
            self.delta, _ = self.model.read_delta(self._touched(touched))
        if result is not None:
            self._count_ties(*result[:2])
            self.model.write_result(*result)
        same("prediction", self.ports.read("prediction"), self.model.prediction)
        if ends:
            self.model.rotate()
        await self.ports.next_clock()

    def _touched(self, position: int):
        last = (self.order.edge[position] + self.shape.z - 1) // self.shape.d_in
        return self.model.access(np.arange(self.order.first[position], last + 1))

    def _where(self, position: int | None) -> tuple[int, int]:
        return divmod(int(self.order.first[position or 0]), self.shape.right_banks)

    def _drive_touched(self, position: int | None) -> None:
        if self.model.has_delta:
            word, base = self._where(position)
            words = word + (np.arange(self.shape.right_banks) < base)
            self.ports.drive(left__touched_base=base, left__touched_words=words)

    def _drive_results(self, position: int | None) -> tuple | None:
        """Few different activations, so that they tie; larger ones in slots that do not count."""
        slots, rng, top = self.shape.right_banks, self.rng, self.number.one - 1
        activation = rng.choice([1, 2, 5, top - 1, top], slots)
        slope = rng.integers(1, top + 1, slots)
        count = 0 if position is None else int(self.order.finishing[position])
        activation[:count] = rng.choice([1, 2, 5, top - 1], count)
        word, base = self._where(position)
        self.ports.drive(
            left__count=count, left__base=base, left__word=word, left__activation=activation
        )
        if self.model.has_delta:
            self.ports.drive(left__derivative=slope)
        if not count:
            return None
        first = self.order.first[position]
        finished = self.model.access(np.arange(first, first + count))
        return finished, activation[:count], slope[:count]

    def _count_ties(self, _, activation: Raw) -> None:
        best = activation.max()
        self.ties_within += np.count_nonzero(activation == best) > 1
        self.ties_across += best == self.model.best

    def _compare_delta(self) -> None:
        """What was read in the clock before."""
        if self.delta is not None:
            got = self.ports.lanes("left__delta", self.shape.right_banks)
            same("delta", got[: len(self.delta)], self.delta)
