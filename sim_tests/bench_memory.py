"""cocotb: reads equal the model's, also of a word that is written in the same clock."""

from __future__ import annotations

import numpy as np
from bench_tools import Ports, for_each, same, start
from block_points import MEMORIES, MEMORY_BITS, MemoryPoint

from hwsim.memory import BankedMemory, Clock

CLOCKS = 200


@for_each(point=list(MEMORIES))
async def reads_equal_the_model(dut, point):
    """Every bank at an address of its own; half of the time that of its write."""
    bench = MemoryBench(await start(dut, f"memory_{point}"), MEMORIES[point])
    for word in range(bench.depth):
        await bench.clock(fill=word)
    for _ in range(CLOCKS):
        await bench.clock()
    assert bench.collisions > CLOCKS // 4


class MemoryBench:
    """One instance."""

    def __init__(self, ports: Ports, at: MemoryPoint) -> None:
        self.ports, self.at, self.rng = ports, at, np.random.default_rng(1)
        self.time = Clock()
        self.depth = -(-at.size // at.banks)
        self.model = BankedMemory("memory", self.time, size=at.size, banks=at.banks)
        self.pending: tuple | None = None
        self.collisions = 0

    async def clock(self, fill: int | None = None) -> None:
        """One clock of random accesses, or the write of one word in every bank."""
        banks, rng = self.at.banks, self.rng
        write_word, read_word = rng.integers(self.depth, size=(2, banks))
        if fill is not None:
            write_word[:] = fill
        read_word = np.where(rng.integers(2, size=banks), read_word, write_word)
        enable = np.ones(banks, dtype=np.int64) if fill is not None else rng.integers(2, size=banks)
        data = rng.integers(1 << MEMORY_BITS, size=banks)
        self.ports.drive(
            read_word=read_word, write_word=write_word, write_enable=enable, write_data=data
        )
        await self.ports.settled()
        self.time.now += 1
        self.compare()
        self.step(read_word, write_word, enable, data, is_filling=fill is not None)
        await self.ports.next_clock()

    def step(self, read_word, write_word, enable, data, *, is_filling: bool) -> None:
        """The same accesses in the model, the reads first."""
        banks = np.arange(self.at.banks)
        read, written = read_word * len(banks) + banks, write_word * len(banks) + banks
        is_read = read < self.at.size
        is_written = (enable == 1) & (written < self.at.size)
        values = None
        if not self.at.transparent:
            values = self.model.read(self.model.access(read[is_read]))
        self.pending = None if is_filling else (read[is_read], values)
        self.collisions += bool((is_read & is_written & (read_word == write_word)).any())
        self._write(written[is_written], data[is_written])

    def _write(self, elements, values) -> None:
        self.model.write(self.model.access(elements), values)

    def compare(self) -> None:
        """Data of the addresses of the clock before; transparent: as memory is by now."""
        if self.pending is None:
            return
        elements, values = self.pending
        if values is None:
            values = self.model.read(self.model.access(elements))
        got = self.ports.lanes("read_data", self.at.banks, signed=False)
        same(f"elements {elements}", got[elements % self.at.banks], values)
