"""Pipeline registers: ``delay`` for what says that data count, ``delay_data`` for the data."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Shape, Signal, Value, ValueCastable

from hwsim.timing import FLAG_CLOCKS


def delay(m: Module, value: Any, clocks: int, name: str, *, reset_less: bool = False) -> Any:
    """``value`` as it was ``clocks`` clocks ago; zero after reset."""
    shape = value.shape()
    for stage in range(clocks):
        register = Signal(shape if isinstance(value, ValueCastable) else Shape.cast(shape),
                          name=f"{name}_{stage + 1}", reset_less=reset_less)  # fmt: skip
        m.d.sync += register.eq(value)
        value = register
    return value


def delay_data(m: Module, value: Any, clocks: int, name: str) -> Any:
    """As ``delay``, but anything after reset: a register that tools can move into a DSP block."""
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
