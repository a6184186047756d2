"""Delays: ``delay`` for what says that data count, ``delay_data`` for the data.

A few clocks are registers one behind the other, many a memory that goes round.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Shape, Signal, Value, ValueCastable
from amaranth.lib.memory import Memory

from hwsim.timing import FLAG_CLOCKS

LINE_CLOCKS = 64
"""From so many clocks on, a delay is a memory."""

AROUND = 2
"""Clocks of such a delay that are not in its memory: the read, and a register behind it."""


def delay(m: Module, value: Any, clocks: int, name: str, *, reset_less: bool = False) -> Any:
    """``value`` as it was ``clocks`` clocks ago; zero after reset."""
    shape = value.shape()
    if clocks >= LINE_CLOCKS:
        return _line(m, value, clocks, name, reset_less=reset_less)
    for stage in range(clocks):
        register = Signal(shape if isinstance(value, ValueCastable) else Shape.cast(shape),
                          name=f"{name}_{stage + 1}", reset_less=reset_less)  # fmt: skip
        m.d.sync += register.eq(value)
        value = register
    return value


def _line(m: Module, value: Any, clocks: int, name: str, *, reset_less: bool) -> Any:
    """The same out of a memory: each word is read just before the next value takes its place."""
    bits, depth = len(Value.cast(value)), clocks - AROUND
    m.submodules[f"{name}_line"] = memory = Memory(shape=bits, depth=depth, init=[])
    write, read = memory.write_port(), memory.read_port()
    at, full, counts = Signal(range(depth), name=f"{name}_at"), Signal(), Signal()
    out = Signal(value.shape(), name=name, reset_less=reset_less)
    m.d.comb += [
        write.en.eq(1),
        read.en.eq(1),
        write.addr.eq(at),
        read.addr.eq(at),
        write.data.eq(value),
    ]
    m.d.sync += [at.eq(at + 1), counts.eq(full)]
    with m.If(at == depth - 1):
        m.d.sync += [at.eq(0), full.eq(1)]
    m.d.sync += Value.cast(out).eq(read.data if reset_less else Mux(counts, read.data, 0))
    return out


def delay_data(m: Module, value: Any, clocks: int, name: str) -> Any:
    """As ``delay``, but anything after reset: registers that tools can move into a block."""
    return delay(m, value, clocks, name, reset_less=True)


def any_raised(
    m: Module, sources: dict[str, tuple[Value, int]], valid: Value, *, until: int
) -> Value:
    """Whether a flag of some operands was set, and these count.

    Flags are in no hurry: they are kept first, and combined in the clock after.

    Args:
        m: the module.
        sources: by name, flags and how many clocks after the operands they come.
        valid: whether operands of this clock count.
        until: clocks after the operands when their results come; ``FLAG_CLOCKS`` later it is said.
    """
    found = []
    for name, (flags, at) in sources.items():
        counts = delay(m, valid, at + 1, f"{name}_counts")
        kept = delay_data(m, flags, 1, f"{name}_kept")
        found.append(delay(m, counts & kept.any(), until - at + FLAG_CLOCKS - 1, name))
    return Cat(found).any()
