"""The data set's memory: parts of a block RAM each, and together one memory."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from amaranth.sim import Simulator
from netlist_proof import mapped

from fpga.link import deep_memory
from fpga.link.deep_memory import BLOCK_WORDS, READ_CLOCKS, DeepMemory
from rtl_gen.verilog import to_verilog


@pytest.mark.parametrize("depth", [1, 3, BLOCK_WORDS, BLOCK_WORDS + 1, 3 * BLOCK_WORDS - 5])
def test_every_word_comes_back_two_clocks_later(depth):
    """Words at the borders of all parts and some between, read with pauses."""
    rng = np.random.default_rng(1)
    borders = [b + d for b in range(0, depth + 1, BLOCK_WORDS) for d in (-2, -1, 0, 1)]
    words = np.unique([*(b % depth for b in borders), depth - 1, *rng.integers(depth, size=50)])
    values = {int(word): int(rng.integers(1 << 12)) for word in words}
    asked = [int(word) for word in rng.choice(words, 200)]
    dut, found = DeepMemory(width=12, depth=depth), []

    async def bench(ctx):
        ctx.set(dut.write, 1)
        for word, value in values.items():
            ctx.set(dut.word, word)
            ctx.set(dut.write_data, value)
            await ctx.tick()
        ctx.set(dut.write, 0)
        for word in asked:
            ctx.set(dut.word, word)
            ctx.set(dut.read, 1)
            await ctx.tick()
            found.append(ctx.get(dut.read_data))
            ctx.set(dut.read, 0)
            for _ in range(rng.integers(3)):  # another word is written, which stays what it was
                other = int(rng.choice(words))
                ctx.set(dut.word, other)
                ctx.set(dut.write_data, values[other])
                ctx.set(dut.write, int(rng.integers(2)))
                await ctx.tick()
            ctx.set(dut.write, 0)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    late = READ_CLOCKS - 1
    assert found[late:] == [values[word] for word in asked[:-late]]


@pytest.mark.parametrize(("depth", "expected"), [(1024, 2), (1025, 3), (2048, 3), (2500, 5)])
def test_yosys_takes_as_many_block_rams_and_puts_nothing_between(
    depth, expected, tmp_path, monkeypatch
):
    monkeypatch.setattr(deep_memory, "BLOCK_WORDS", 2048)
    width = 20
    netlist = mapped(to_verilog(DeepMemory(width=width, depth=depth), "top"), tmp_path)
    cells = Counter(cell["type"] for cell in netlist["modules"]["top"]["cells"].values())
    assert deep_memory.blocks(width, depth) == cells["DP16KD"] == expected
    assert cells["LUT4"] <= 4 + 2 * width * (depth > 2048)
