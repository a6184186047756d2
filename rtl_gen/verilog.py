"""Writes a design's Verilog: same design, same bytes."""

from __future__ import annotations

from amaranth.back import verilog
from amaranth.hdl import Elaboratable

from hwsim.design import Design
from hwsim.errors import Refused
from hwsim.schedule import Schedule
from rtl_gen.accelerator import Accelerator

TOP = "accelerator"


def to_verilog(top: Elaboratable, name: str = TOP) -> str:
    """Verilog of any block; without source locations, which would differ between machines."""
    return verilog.convert(top, name=name, emit_src=False)


def make_accelerator(design: Design, schedule: Schedule) -> Accelerator:
    """The top module, for ``to_verilog``.

    Raises:
        Refused: as ``require_clash_free`` does.
    """
    require_clash_free(schedule)
    return Accelerator(design, schedule)


def require_clash_free(schedule: Schedule) -> None:
    """What makes hardware, or says what it takes, calls this first.

    Raises:
        Refused: if the pattern of a junction clashes: its banks have no second port.
    """
    for part in schedule.junctions:
        if not part.interleaver.clash_free:
            clocks = int((part.interleaver.load > 1).sum())
            raise Refused(
                f"junction {part.shape.index}: the pattern clashes in {clocks} clocks, and "
                "hardware for it would compute wrong results; see `clashfree check`"
            )
