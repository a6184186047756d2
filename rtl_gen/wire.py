"""Intermediate results with one driver."""

from __future__ import annotations

from amaranth.hdl import Module, Signal, Value


def wire(m: Module, value: Value, name: str = "wire") -> Signal:
    """A signal that carries ``value``.

    An expression is emitted once for each place it stands in; whatever is used twice, a product
    above all, needs a wire of its own.
    """
    signal = Signal(value.shape(), name=name)
    m.d.comb += signal.eq(value)
    return signal
