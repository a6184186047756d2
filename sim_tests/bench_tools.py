"""What the benches of single blocks share: ports in lanes, operands with corners, comparing.

A bench clock is: drive after the falling edge, sample just before the rising edge, and then wait
for the next falling edge. What is registered follows a clock after what was driven.
"""

from __future__ import annotations

from functools import wraps

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly

from hwsim.fixed_point import FixedPoint, Raw, Tally
from rtl_gen.verification.lockstep import pack, unpack

UNKNOWN = str.maketrans("XxZzUuWw-", "000000000")


class Ports:
    """The ports of one instance; those of its interfaces as ``left__count``."""

    def __init__(self, dut, instance: str) -> None:
        self._dut, self._instance = dut, instance
        self._handles: dict[str, tuple] = {}

    def _handle(self, name: str) -> tuple:
        """The handle of a port and its width."""
        if name not in self._handles:
            handle = getattr(self._dut, f"{self._instance}__{name}")
            self._handles[name] = handle, len(str(handle.value))
        return self._handles[name]

    def drive(self, **values: int | Raw) -> None:
        """Set inputs: one value, or an array with one for each lane."""
        for name, value in values.items():
            handle, bits = self._handle(name)
            if isinstance(value, np.ndarray):
                handle.value = pack(value.astype(np.int64), bits // len(value))
            else:
                handle.value = int(value) & ((1 << bits) - 1)

    def read(self, name: str, *, signed: bool = False) -> int:
        """One value."""
        handle, bits = self._handle(name)
        value = int(str(handle.value).translate(UNKNOWN), 2)
        return value - ((value >> (bits - 1)) << bits) if signed else value

    def lanes(self, name: str, count: int, *, signed: bool = True) -> Raw:
        """One value for each of ``count`` lanes."""
        bits = self._handle(name)[1] // count
        values = unpack(self.read(name), bits, count)
        return values - ((values >> (bits - 1)) << bits) if signed else values

    async def settled(self) -> None:
        """Wait until outputs have followed inputs."""
        await ReadOnly()

    async def next_clock(self) -> None:
        """Wait until inputs may be driven for the next clock."""
        await FallingEdge(self._dut.clk)


async def start(dut, instance: str) -> Ports:
    """Clock and reset; what is driven next belongs to the first clock after it."""
    ports = Ports(dut, instance)
    dut.rst.value = 0
    Clock(dut.clk, 10, unit="ns").start()
    await ports.next_clock()  # reset must change after time 0, or Icarus does not see it
    dut.rst.value = 1
    await ports.next_clock()
    dut.rst.value = 0
    return ports


def for_each(**points):
    """One cocotb test for every point, which a failure names."""

    def decorate(function):
        @wraps(function)
        async def run(dut, **point) -> None:
            try:
                await function(dut, **point)
            except Exception as error:
                where = ", ".join(str(value) for value in point.values())
                raise AssertionError(f"{where}: {error}") from error

        return cocotb.test()(cocotb.parametrize(**points)(run))

    return decorate


def same(what: str, got: Raw | int, expected: Raw | int) -> None:
    """Fail with both values unless they are equal."""
    if not np.array_equal(got, expected):
        raise AssertionError(f"{what}: expected {expected}, got {got}")


def operands(rng: np.random.Generator, number: FixedPoint, size: int) -> Raw:
    """Values of any magnitude, and every other time some at and around the limits."""
    shift = rng.integers(number.width)
    values = rng.integers(number.minimum, number.maximum + 1, size) >> shift
    if rng.integers(2):
        return values
    return np.where(rng.integers(3, size=size), values, rng.choice(corners(number), size))


def corners(number: FixedPoint) -> Raw:
    """Limits, one, zero, and their neighbours."""
    low, high, one = number.minimum, number.maximum, number.one
    return np.array([low, low + 1, -one, -1, 0, 1, one - 1, one, high - 1, high])


def aim(rng: np.random.Generator, number: FixedPoint, exact: Raw) -> Raw:
    """Addends that bring ``exact`` to the nearer limit or one or two beside it, where they can."""
    limit = np.where(exact < 0, number.minimum, number.maximum)
    wanted = limit + rng.integers(-2, 3, exact.shape) - exact
    return np.clip(wanted, number.minimum, number.maximum)


def saturated(*tallies: Tally) -> int:
    """How often these operations have left the range."""
    return sum(tally.saturated for tally in tallies)
