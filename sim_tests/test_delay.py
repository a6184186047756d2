"""Delays: registers or a memory, the same values clock by clock, and what a reset leaves."""

from __future__ import annotations

import numpy as np
import pytest
from amaranth.hdl import EnableInserter, Module, ResetInserter, Signal
from amaranth.sim import Simulator

from rtl_gen.delay import LINE_CLOCKS, delay, delay_data

CLOCKS = 2 * LINE_CLOCKS + 70
RESET_AT = LINE_CLOCKS + 40


@pytest.mark.parametrize("clocks", [1, 5, LINE_CLOCKS - 1, LINE_CLOCKS, LINE_CLOCKS + 29])
@pytest.mark.parametrize("make", [delay, delay_data])
def test_what_came_so_many_enabled_clocks_ago(make, clocks):
    """With pauses, from a reset and after one in the middle, where ``delay`` gives zeros."""
    rng = np.random.default_rng(clocks)
    given = rng.integers(-64, 64, CLOCKS).tolist()
    enabled = rng.random(CLOCKS) < 0.8
    inner, value, advance, reset = Module(), Signal(range(-64, 64)), Signal(), Signal()
    out = make(inner, value, clocks, "value")
    top = Module()
    top.submodules.inner = ResetInserter(reset)(EnableInserter(advance)(inner))
    since: list[int] = []

    async def bench(ctx):
        for now, (number, enable) in enumerate(zip(given, enabled, strict=True)):
            ctx.set(value, number)
            ctx.set(advance, int(enable))
            ctx.set(reset, int(now == RESET_AT))
            if len(since) >= clocks:
                assert ctx.get(out) == since[-clocks]
            elif make is delay:
                assert ctx.get(out) == 0
            await ctx.tick()
            if now == RESET_AT:
                since.clear()
            elif enable:
                since.append(number)

    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
