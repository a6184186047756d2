"""cocotb: products and flags equal the model's, as many clocks later as there are registers."""

from __future__ import annotations

import numpy as np
from bench_tools import for_each, operands, same, start
from block_points import MULTIPLIER_LANES, MULTIPLIERS, MultiplierPoint

from hwsim.delay import Delay
from hwsim.fixed_point import FixedPoint, Raw, Tally

CLOCKS = 300


@for_each(point=list(MULTIPLIERS))
async def products_equal_the_model(dut, point):
    """New operands in every clock."""
    at, rng = MULTIPLIERS[point], np.random.default_rng(1)
    ports, late = await start(dut, f"multiplier_{point}"), Delay(at.registers)
    left_format = FixedPoint(at.number.int_bits + at.more_bits, at.number.frac_bits)
    saturations = 0
    for _ in range(CLOCKS):
        left = operands(rng, left_format, MULTIPLIER_LANES)
        right = operands(rng, at.number, MULTIPLIER_LANES)
        ports.drive(left=left, right=right)
        await ports.settled()
        expected = late.shift(products(at, left, right))
        if expected is not None:
            same("product", ports.lanes("product", MULTIPLIER_LANES), expected[0])
            if not at.wide:
                flags = ports.lanes("saturated", MULTIPLIER_LANES, signed=False)
                same("saturated", flags, expected[1])
                saturations += int(flags.sum())
        await ports.next_clock()
    assert at.wide or saturations > CLOCKS // 20


def products(at: MultiplierPoint, left: Raw, right: Raw) -> tuple[Raw, Raw]:
    """What comes of it, and which lanes left the range."""
    if at.wide:
        return at.number.multiply_wide(left, right), np.zeros_like(left)
    tallies = [Tally() for _ in left]
    pairs = zip(left, right, tallies, strict=True)
    product = np.array([at.number.multiply(*(np.atleast_1d(x) for x in pair[:2]), pair[2])[0]
                        for pair in pairs])  # fmt: skip
    return product, np.array([tally.saturated for tally in tallies])
