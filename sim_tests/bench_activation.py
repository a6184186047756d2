"""cocotb: a and a' equal the model's for every h, or around every step of a large table."""

from __future__ import annotations

import numpy as np
from bench_tools import corners, for_each, same, start
from block_points import ACTIVATION_SLOTS, ACTIVATIONS

from hwsim.activation import Activation
from hwsim.delay import Delay
from hwsim.fixed_point import Raw


def every_h(function: Activation) -> Raw:
    """All h of a small format; where many share a table entry, the first and last of each."""
    number = function.number
    h = np.arange(number.minimum, number.maximum + 1)
    if function.step_shift:
        step = 1 << function.step_shift
        borders = np.arange(-function.limit, function.limit + 1, step)
        h = np.concatenate([borders - 1, borders, [-function.limit - 1], corners(number)])
    return np.resize(h, (-(-len(h) // ACTIVATION_SLOTS), ACTIVATION_SLOTS))


@for_each(point=list(ACTIVATIONS))
async def a_and_slope_equal_the_model(dut, point):
    """A clock and the registers after h."""
    *of, registers = ACTIVATIONS[point]
    function, late = Activation(*of), Delay(1 + registers)
    ports = await start(dut, f"activation_{point}")
    rows = every_h(function)
    for h in [*rows, *rows[: 1 + registers]]:
        ports.drive(h=h)
        await ports.settled()
        before = late.shift(h)
        if before is not None:
            a, slope = function(before)
            same(f"a of {before}", ports.lanes("activation", ACTIVATION_SLOTS), a)
            same(f"a' of {before}", ports.lanes("derivative", ACTIVATION_SLOTS), slope)
        await ports.next_clock()
