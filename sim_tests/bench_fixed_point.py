"""cocotb: every operation of FixedPoint equals the model's, at the limits and everywhere else."""

from __future__ import annotations

import numpy as np
from bench_tools import Ports, corners, for_each, operands, same, start
from block_points import NUMBERS

from hwsim.fixed_point import FixedPoint, Raw, Tally


def pairs(number: FixedPoint, seed: int = 1) -> Raw:
    """(n, 2) operands: all of a small format; otherwise corners, and what meets the limits."""
    if number.width <= 5:
        every = np.arange(number.minimum, number.maximum + 1)
        return np.stack(np.meshgrid(every, every), axis=-1).reshape(-1, 2)
    rng, edge = np.random.default_rng(seed), corners(number)
    found = [np.stack(np.meshgrid(edge, edge), axis=-1).reshape(-1, 2)]
    left = rng.integers(number.one, number.maximum, 40) * rng.choice([-1, 1], 40)
    for limit in (number.minimum, number.maximum):
        for step in (-1, 0, 1):
            by_sum = limit - left + step
            by_product = (limit << number.frac_bits) // left + step
            found += [np.stack([left, right], axis=-1) for right in (by_sum, by_product)]
    found += [operands(rng, number, 20).reshape(-1, 2) for _ in range(20)]
    together = np.concatenate(found)
    return together[(together >= number.minimum).all(1) & (together <= number.maximum).all(1)]


@for_each(point=list(NUMBERS))
async def operations_equal_the_model(dut, point):
    """Products, sums, wide sums, pixels and their flags."""
    number, rng = NUMBERS[point], np.random.default_rng(2)
    ports = await start(dut, f"fixed_point_{point}")
    for i, (left, right) in enumerate(pairs(number)):
        limit = (number.minimum, number.maximum)[i % 2]
        wide, pixel = limit * rng.integers(1, 9) + rng.integers(-2, 3), i % 256
        ports.drive(left=left, right=right, wide=wide, pixel=pixel)
        await ports.settled()
        compare(ports, number, (left, right, wide, pixel))
        await ports.next_clock()


def compare(ports: Ports, number: FixedPoint, driven: tuple[int, int, int, int]) -> None:
    """All outputs but ``step``."""
    left, right, wide, pixel = (np.int64(value) for value in driven)
    tallies = [Tally(), Tally(), Tally()]
    expected = {
        "product": number.multiply(left, right, tallies[0]),
        "total": number.add(left, right, tallies[1]),
        "clipped": number.saturate(wide, tallies[2]),
        "product_wide": number.multiply_wide(left, right),
        "from_pixel": number.from_pixel(pixel),
    }
    for name, value in expected.items():
        same(f"{name} of {driven}", ports.read(name, signed=True), int(value))
    flags = sum(tally.saturated << i for i, tally in enumerate(tallies))
    same(f"flags of {driven}", ports.read("flags"), flags)


@for_each(point=list(NUMBERS))
async def every_step_equals_the_model(dut, point):
    """Every shift of every value, or of a sample where there are many values."""
    number, rng = NUMBERS[point], np.random.default_rng(3)
    ports = await start(dut, f"fixed_point_{point}")
    values = np.arange(number.minimum, number.maximum + 1)
    if len(values) > 64:
        values = np.concatenate([corners(number), rng.choice(values, 100)])
    for shift in range(number.width):
        for value in values:
            ports.drive(left=value, shift=shift)
            await ports.settled()
            expected = int(number.shift_right(number.negate(value), shift))
            same(f"-{value} >> {shift}", ports.read("step", signed=True), expected)
            await ports.next_clock()
