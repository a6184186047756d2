"""Pipeline registers."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Shape, Signal, ValueCastable


def delay(m: Module, value: Any, clocks: int, name: str) -> Any:
    """``value`` as it was ``clocks`` clocks ago; zero after reset."""
    shape = value.shape()
    for stage in range(clocks):
        register = Signal(shape if isinstance(value, ValueCastable) else Shape.cast(shape),
                          name=f"{name}_{stage + 1}")  # fmt: skip
        m.d.sync += register.eq(value)
        value = register
    return value
