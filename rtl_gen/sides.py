"""The two sides of a layer: what the junctions to its left and right have to do with it."""

from __future__ import annotations

from amaranth.hdl import Shape
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl_gen.interleaver import index_shape
from rtl_gen.lanes import Lanes


class NaturalSide(wiring.Signature):
    """What a junction has to do with the layer to its right, as seen by the junction.

    ``count`` neurons from (base, word) on are written. ``touched_*`` is where deltas are read: from
    ``touched_base`` on, each bank at a word of its own. They come one clock later, with the
    ``slope`` a' still to be multiplied in.
    """

    def __init__(
        self, *, slots: int, banks: int, depth: int, value: Shape, delta: Shape | None, slope: bool
    ) -> None:
        base, word = index_shape(banks), index_shape(depth)
        members = {
            "count": Out(range(slots + 1)),
            "base": Out(base),
            "word": Out(word),
            "activation": Out(Lanes(value, slots)),
        }
        if delta is not None:
            members |= {
                "derivative": Out(Lanes(value, slots)),
                "touched_base": Out(base),
                "touched_words": Out(Lanes(word, banks)),
                "delta": In(Lanes(delta, slots)),
            }
        if slope:
            members["slope"] = In(Lanes(value, slots))
        super().__init__(members)


class InterleavedSide(wiring.Signature):
    """What a junction has to do with the layer to its left, as seen by the junction.

    All arrays are (z,), by bank. ``forward``, ``backward`` and ``derivative`` follow ``word`` by a
    clock, ``partial`` follows ``partial_word`` by a clock.
    """

    def __init__(
        self, *, z: int, depth: int, value: Shape, total: Shape | None, trains: bool, per_edge: bool
    ) -> None:
        word = Lanes(index_shape(depth), z)
        values = Lanes(value, z)
        members = {"word": Out(word), "forward": In(values)}
        if trains:
            members["backward"] = In(values)
        if total is not None:
            members |= {
                "partial_word": Out(word),
                "partial": In(Lanes(total, z)),
                "sum_enable": Out(1),
                "sum_word": Out(word),
                "sum": Out(Lanes(total, z)),
            }
            members |= {"derivative": In(values)} if per_edge else {}
        super().__init__(members)
