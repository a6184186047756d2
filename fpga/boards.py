"""The boards: amaranth-boards' platforms, and what their FPGAs have."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.build import Platform
from amaranth_boards.arty_a7 import ArtyA7_35Platform, ArtyA7_100Platform
from amaranth_boards.nexys4ddr import Nexys4DDRPlatform
from amaranth_boards.ulx3s import ULX3S_85F_Platform

from fpga import clock


@dataclass(frozen=True)
class Device:
    """An FPGA.

    Attributes:
        name: as its maker calls it.
        family: "ecp5", which is placed and routed here, or "series-7", which Vivado must do.
        luts: look-up tables, of 4 inputs (ecp5) or 6 (series-7).
        flip_flops: one-bit registers.
        multipliers: DSP blocks; each multiplies ``multiplier_bits`` signed bits.
        blocks: block memories of ``block_bits`` each.
        ram_luts: look-up tables that can be memory, with ``ram_lut_bits`` each.
    """

    name: str
    family: str
    luts: int
    flip_flops: int
    multipliers: int
    multiplier_bits: tuple[int, int]
    blocks: int
    block_bits: int
    ram_luts: int
    ram_lut_bits: int

    @property
    def memory_bits(self) -> int:
        return self.blocks * self.block_bits + self.ram_luts * self.ram_lut_bits


@dataclass(frozen=True)
class Board:
    """A board that ``clashfree build`` knows.

    Attributes:
        name: what ``--board`` takes.
        platform: amaranth-boards' description of it.
        device: its FPGA.
        oscillator_hz: its clock.
        pll: what makes another clock of that.
    """

    name: str
    platform: type[Platform]
    device: Device
    oscillator_hz: int
    pll: clock.Limits


LFE5U_85F = Device(
    "LFE5U-85F", "ecp5", luts=83_640, flip_flops=83_640, multipliers=156, multiplier_bits=(18, 18),
    blocks=208, block_bits=18_432, ram_luts=41_820, ram_lut_bits=16,
)  # fmt: skip
XC7A35T = Device(
    "XC7A35T", "series-7", luts=20_800, flip_flops=41_600, multipliers=90, multiplier_bits=(25, 18),
    blocks=50, block_bits=36_864, ram_luts=9_600, ram_lut_bits=64,
)  # fmt: skip
XC7A100T = Device(
    "XC7A100T", "series-7", luts=63_400, flip_flops=126_800, multipliers=240,
    multiplier_bits=(25, 18), blocks=135, block_bits=36_864, ram_luts=19_000, ram_lut_bits=64,
)  # fmt: skip

_ALL = [
    Board("ulx3s-85f", ULX3S_85F_Platform, LFE5U_85F, 25 * clock.MHZ, clock.ECP5),
    # The Nexys A7-100T is the Nexys 4 DDR under a new name, pin for pin.
    Board("nexys-a7-100t", Nexys4DDRPlatform, XC7A100T, 100 * clock.MHZ, clock.SERIES_7),
    Board("arty-a7-35t", ArtyA7_35Platform, XC7A35T, 100 * clock.MHZ, clock.SERIES_7),
    Board("arty-a7-100t", ArtyA7_100Platform, XC7A100T, 100 * clock.MHZ, clock.SERIES_7),
]
BOARDS = {board.name: board for board in _ALL}
