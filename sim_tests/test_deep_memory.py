"""The data set's memory: block RAMs side by side, and several such rows where it is deeper."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from amaranth.sim import Simulator
from link_sizes import sizes as link_sizes
from netlist_proof import mapped

from fpga.estimate.families import FAMILIES
from fpga.link import deep_memory
from fpga.link.deep_memory import BLOCK_WIDTHS, BLOCK_WORDS, READ_CLOCKS, DeepMemory
from fpga.link.store import Store, store_blocks
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


def test_widths_are_those_of_yosys():
    """Both families, as ``fpga.estimate`` has them from yosys' own tables."""
    for family in ("ecp5", "xc7"):
        kinds = [kind for kind in FAMILIES[family].memories if kind.ports == 2]
        assert any(kind.shapes == tuple(BLOCK_WIDTHS.items()) for kind in kinds)


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


def test_a_store_takes_the_block_rams_that_yosys_finds(tmp_path):
    """Pixels, two blocks side by side, and labels."""
    sizes = link_sizes(beat_bytes=2, beats=8, stored_inputs=200)
    netlist = mapped(to_verilog(Store(sizes), "top"), tmp_path)
    cells = Counter(cell["type"] for cell in netlist["modules"]["top"]["cells"].values())
    assert store_blocks(sizes) == cells["DP16KD"] + cells["PDPW16KD"] == 3
