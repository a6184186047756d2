"""PLL settings: within the limits of the devices, and what reaches the hardware makes the clock."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from amaranth.back import rtlil
from amaranth.hdl import ClockDomain, Module

from fpga.boards import BOARDS
from fpga.clock import ECP5, MHZ, SERIES_7, TOLERANCE, ClockMaker, dividers
from hwsim.errors import BadInput

CLOCKS_MHZ = (8, 15, 17.5, 25, 33, 48, 50, 66, 75, 96, 100, 125, 133, 150, 200)


@pytest.mark.parametrize("mhz", CLOCKS_MHZ)
@pytest.mark.parametrize("limits, oscillator_hz", [(ECP5, 25 * MHZ), (SERIES_7, 100 * MHZ)])
def test_settings_keep_to_the_limits(limits, oscillator_hz, mhz):
    found = dividers(limits, oscillator_hz, int(mhz * MHZ))
    compared = Fraction(oscillator_hz, found.reference)
    fast = compared * found.feedback
    assert limits.compared[0] <= compared <= limits.compared[1]
    assert limits.fast[0] <= fast <= limits.fast[1]
    assert found.reference in limits.reference
    assert found.feedback in limits.feedback
    assert limits.output[0] <= found.output <= limits.output[-1]
    assert (found.output * (8 if limits.fractional else 1)).denominator == 1
    assert fast / found.output == found.hz
    assert abs(found.hz - mhz * MHZ) <= TOLERANCE * int(mhz * MHZ)


@pytest.mark.parametrize("hz, setting", [(100 * MHZ, (1, 16, 4)), (50 * MHZ, (1, 16, 8))])
def test_exact_clocks_are_exact(hz, setting):
    found = dividers(ECP5, 25 * MHZ, hz)
    assert (found.reference, found.feedback, found.output) == setting
    assert found.hz == hz


@pytest.mark.parametrize(
    "limits, mhz, nearest", [(ECP5, 2, 3.125), (ECP5, 900, 800), (SERIES_7, 1, 4.6875)]
)
def test_clocks_out_of_reach_are_refused(limits, mhz, nearest):
    with pytest.raises(BadInput) as error:
        dividers(limits, 25 * MHZ, mhz * MHZ)
    assert error.value.lines == [
        f"command line: --mhz = {float(mhz)}: the PLL cannot make it from the board's 25 MHz; "
        f"the nearest is {nearest:g}; fix: choose another clock"
    ]


@pytest.mark.parametrize(
    "board", [BOARDS["ulx3s-85f"], BOARDS["arty-a7-35t"]], ids=lambda b: b.name
)
def test_parameters_of_the_pll_make_the_clock(board):
    maker = ClockMaker(board.pll, board.oscillator_hz, 40 * MHZ)
    m = Module()
    m.domains.sync = ClockDomain()
    m.submodules.clock = maker
    text = rtlil.convert(m, platform=board.platform(), ports=[maker.oscillator])
    found = re.findall(r'parameter (?:real )?\\(\w+) "?([\d.]+)"?\n', text)
    number = {name: float(value) for name, value in found}
    if board.pll is ECP5:
        fast = number["CLKFB_DIV"] * number["CLKOP_DIV"] / number["CLKI_DIV"]
        hz = board.oscillator_hz * fast / number["CLKOS_DIV"]
    else:
        fast = number["CLKFBOUT_MULT_F"] / number["DIVCLK_DIVIDE"]
        hz = board.oscillator_hz * fast / number["CLKOUT0_DIVIDE_F"]
    assert hz == maker.hz == 40 * MHZ
