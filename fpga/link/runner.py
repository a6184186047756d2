"""Runs: stored inputs, fed in the order of an epoch or in their own, while the host is free."""

from __future__ import annotations

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from fpga.link.beats import CONTROL, beat_layout
from fpga.link.sizes import Sizes
from fpga.link.store import Locator, place_layout
from hwsim.shuffle import ROUNDS
from rtl_gen.interleaver import index_shape
from rtl_gen.lanes import Lanes
from rtl_gen.shuffle import Shuffle


def plan_layout(sizes: Sizes) -> data.StructLayout:
    """What a run does, one word of the request each, in this order.

    Of the ``size`` stored inputs from ``first`` on, feed those at ``count`` positions of the order,
    from position ``begin`` on. ``mask`` and ``keys`` are those of ``hwsim.shuffle``.
    """
    index = index_shape(sizes.stored_inputs)
    number = index_shape(sizes.stored_inputs + 1)
    return data.StructLayout(
        {
            "first": index,
            "size": number,
            "mask": index,
            "begin": index,
            "count": number,
            "control": CONTROL,
            "keys": Lanes(unsigned(index.width), len(ROUNDS)),
        }
    )


class Runner(wiring.Component):
    """Chooses what the store reads.

    Args:
        sizes: of design and link.

    Attributes:
        plan (In): steady until nothing is left.
        start (In): begin, for one clock; only while nothing is left.
        left (Out): inputs that are not fed yet.
        running (Out): some are.
        places (Out): to the store.
        beats (In): from the store; fed (Out): the same, one by one to the accelerator.
    """

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        beats = stream.Signature(beat_layout(sizes))
        super().__init__(
            {
                "plan": In(plan_layout(sizes)),
                "start": In(1),
                "left": Out(index_shape(sizes.stored_inputs + 1)),
                "running": Out(1),
                "places": Out(stream.Signature(place_layout(sizes))),
                "beats": In(beats),
                "fed": Out(beats),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits = index_shape(self.sizes.stored_inputs).width
        m.submodules.shuffle = shuffle = Shuffle(bits=bits)
        m.submodules.locator = locator = Locator(self.sizes)
        connect(m, flipped(self.places), locator.places)
        connect(m, flipped(self.fed), flipped(self.beats))
        plan, position, unasked = self.plan, Signal(bits), Signal.like(self.left)
        m.d.comb += [
            shuffle.size.eq(plan.size),
            shuffle.mask.eq(plan.mask),
            shuffle.keys.eq(plan.keys),
            shuffle.bypass.eq(~plan.control.shuffle),
            shuffle.positions.payload.eq(position),
            shuffle.positions.valid.eq(unasked != 0),
            shuffle.indices.ready.eq(locator.indices.ready),
            locator.indices.payload.eq(plan.first + shuffle.indices.payload),
            locator.indices.valid.eq(shuffle.indices.valid),
            self.running.eq(self.left != 0),
        ]
        with m.If(shuffle.positions.valid & shuffle.positions.ready):
            m.d.sync += [position.eq(position + 1), unasked.eq(unasked - 1)]
        with m.If(self.fed.valid & self.fed.ready & self.fed.payload.last):
            m.d.sync += self.left.eq(self.left - 1)
        with m.If(self.start):
            m.d.sync += [
                position.eq(plan.begin),
                unasked.eq(plan.count),
                self.left.eq(plan.count),
            ]
        return m
