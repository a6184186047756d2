"""Arrays of equal values side by side: one per lane, bank or slot."""

from __future__ import annotations

from amaranth.hdl import Format, Value
from amaranth.lib import data


class Lanes(data.ArrayLayout):
    """An ``ArrayLayout`` that is one vector in Verilog, without a wire more for each element."""

    def format(self, value, format_spec):
        return Format("{}", Value.cast(value))
