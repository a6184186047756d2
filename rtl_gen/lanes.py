"""Arrays of equal values side by side: one per lane, bank or slot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from amaranth.hdl import Cat, Const, Format, Shape, Value, ValueLike
from amaranth.lib import data


class Lanes(data.ArrayLayout):
    """An ``ArrayLayout`` that is one vector in Verilog, without a wire more for each element."""

    def format(self, value: Value, format_spec: str) -> Format:
        """The whole vector."""
        return Format("{}", Value.cast(value))


def fill(lanes: data.View, values: Iterable[ValueLike]) -> Any:
    """Assign all elements at once; each value is extended or cut to the element's width.

    One assignment instead of one per element: what is emitted, and the time it takes, stays linear
    in the number of lanes.
    """
    width = Shape.cast(lanes.shape().elem_shape).width
    return lanes.eq(Cat(_fit(Value.cast(value), width) for value in values))


def _fit(value: Value, width: int) -> Value:
    missing = width - len(value)
    if missing <= 0:
        return value[:width]
    top = value[-1] if value.shape().signed else Const(0, 1)
    return Cat(value, top.replicate(missing))
