"""The clock of the accelerator, made from the board's oscillator by the PLL of its FPGA.

Dividers are found by looking at all there are, not from a table; their limits are those of the data
sheets (ECP5: FPGA-DS-02012, sysCLOCK; 7-series: UG472 and DS181, the slowest speed grade).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from amaranth.hdl import ClockSignal, Instance, Module, Signal
from amaranth.lib import io, wiring
from amaranth.lib.cdc import ResetSynchronizer
from amaranth.lib.wiring import In

from hwsim.errors import bad

TOLERANCE = Fraction(1, 200)
"""How far the clock may be from the one asked for. A UART stands 2 %."""

MHZ = 1_000_000


@dataclass(frozen=True)
class Dividers:
    """A PLL's setting: hz = oscillator / reference * feedback / output.

    Attributes:
        reference: what the oscillator is divided by before the phase is compared.
        feedback: what the oscillator's clock is multiplied by.
        output: what the fast clock is divided by.
        hz: the clock that comes out.
    """

    reference: int
    feedback: int
    output: Fraction
    hz: Fraction


@dataclass(frozen=True)
class Limits:
    """What a PLL can do, in Hz.

    Attributes:
        compared: clocks at which the phase can be compared.
        fast: clocks at which its oscillator runs.
        reference, feedback, output: the range of each divider; ``output`` in eighths if
            ``fractional``.
    """

    compared: tuple[int, int]
    fast: tuple[int, int]
    reference: range
    feedback: range
    output: range
    fractional: bool = False


ECP5 = Limits(
    compared=(10 * MHZ, 400 * MHZ), fast=(400 * MHZ, 800 * MHZ),
    reference=range(1, 129), feedback=range(2, 81), output=range(1, 129),
)  # fmt: skip
SERIES_7 = Limits(
    compared=(10 * MHZ, 450 * MHZ), fast=(600 * MHZ, 1200 * MHZ),
    reference=range(1, 107), feedback=range(2, 65), output=range(1, 129), fractional=True,
)  # fmt: skip


def dividers(limits: Limits, oscillator_hz: int, hz: int) -> Dividers:
    """The setting that comes closest; of equals, the one that compares fastest.

    >>> dividers(ECP5, 25_000_000, 100_000_000)
    Dividers(reference=1, feedback=16, output=Fraction(4, 1), hz=Fraction(100000000, 1))

    Raises:
        BadInput: if none comes within ``TOLERANCE``.
    """
    settings = _settings(limits, oscillator_hz, hz)
    best = min(settings, default=None, key=lambda s: (abs(s.hz - hz), s.reference, s.output))
    if best is None or abs(best.hz - hz) > TOLERANCE * hz:
        rule = f"the PLL cannot make it from the board's {oscillator_hz / MHZ:g} MHz"
        nearest = f"; the nearest is {float(best.hz) / MHZ:g}" if best else ""
        raise bad("command line", "--mhz", hz / MHZ, rule + nearest, "choose another clock")
    return best


def _settings(limits: Limits, oscillator_hz: int, hz: int) -> Iterator[Dividers]:
    """The best output divider for each pair of the others, if the limits leave any."""
    for reference in limits.reference:
        compared = Fraction(oscillator_hz, reference)
        if not limits.compared[0] <= compared <= limits.compared[1]:
            continue
        for feedback in limits.feedback:
            if limits.fast[0] <= (fast := compared * feedback) <= limits.fast[1]:
                step = 8 if limits.fractional else 1
                nearest = Fraction(round(fast / hz * step), step)
                output = min(max(nearest, limits.output[0]), limits.output[-1])
                yield Dividers(reference, feedback, Fraction(output), fast / output)


class ClockMaker(wiring.Component):
    """Drives domain ``sync``, which is in reset until the PLL has locked.

    Args:
        limits: which PLL.
        oscillator_hz: the clock that comes in.
        hz: the clock that is wanted.

    Attributes:
        oscillator (In): the board's clock, behind its buffer.
        hz: the clock that comes out, rounded to 1 Hz.
    """

    def __init__(self, limits: Limits, oscillator_hz: int, hz: int) -> None:
        self.limits = limits
        self.oscillator_hz = oscillator_hz
        self.dividers = dividers(limits, oscillator_hz, hz)
        self.hz = round(self.dividers.hz)
        super().__init__({"oscillator": In(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        made, locked = Signal(), Signal()
        make = self._ecp5 if self.limits is ECP5 else self._series_7
        make(m, made, locked)
        m.submodules.reset = ResetSynchronizer(~locked, domain="sync")
        return m

    def _ecp5(self, m: Module, made: Signal, locked: Signal) -> None:
        """The loop is closed over output CLKOP, whose divider is part of the feedback."""
        found, loop = self.dividers, Signal()
        inner = next(n for n in range(2, found.feedback + 1) if found.feedback % n == 0)
        m.d.comb += ClockSignal("sync").eq(made)
        m.submodules.pll = Instance(
            "EHXPLLL",
            # Loop filter: what the vendor's tool chooses for every clock.
            a_ICP_CURRENT="12", a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1", a_MFG_GMCREF_SEL="2",
            p_PLLRST_ENA="DISABLED", p_INTFB_WAKE="DISABLED", p_STDBY_ENABLE="DISABLED",
            p_DPHASE_SOURCE="DISABLED", p_OUTDIVIDER_MUXA="DIVA", p_OUTDIVIDER_MUXB="DIVB",
            p_CLKI_DIV=found.reference, p_FEEDBK_PATH="CLKOP",
            p_CLKFB_DIV=found.feedback // inner,
            p_CLKOP_ENABLE="ENABLED", p_CLKOP_DIV=inner, p_CLKOP_CPHASE=inner - 1,
            p_CLKOS_ENABLE="ENABLED", p_CLKOS_DIV=int(found.output),
            p_CLKOS_CPHASE=int(found.output) - 1,
            i_CLKI=self.oscillator, i_CLKFB=loop, i_RST=0, i_STDBY=0, i_PLLWAKESYNC=0,
            i_PHASESEL0=0, i_PHASESEL1=0, i_PHASEDIR=1, i_PHASESTEP=1, i_PHASELOADREG=1,
            o_CLKOP=loop, o_CLKOS=made, o_LOCK=locked,
        )  # fmt: skip

    def _series_7(self, m: Module, made: Signal, locked: Signal) -> None:
        found, loop = self.dividers, Signal()
        m.submodules.pll = Instance(
            "MMCME2_BASE",
            p_CLKIN1_PERIOD=1e9 / self.oscillator_hz,
            p_DIVCLK_DIVIDE=found.reference, p_CLKFBOUT_MULT_F=float(found.feedback),
            p_CLKOUT0_DIVIDE_F=float(found.output),
            i_CLKIN1=self.oscillator, i_CLKFBIN=loop, i_RST=0, i_PWRDWN=0,
            o_CLKFBOUT=loop, o_CLKOUT0=made, o_LOCKED=locked,
        )  # fmt: skip
        m.submodules.buffer = Instance("BUFG", i_I=made, o_O=ClockSignal("sync"))


def clock_pin(m: Module, platform: object) -> Signal:
    """The board's oscillator, behind its buffer."""
    m.submodules.clock_pin = pin = io.Buffer("i", platform.request(platform.default_clk, dir="-"))
    return pin.i
