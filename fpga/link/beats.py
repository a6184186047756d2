"""Inputs in beats: what a request's payload is cut into, and what the accelerator takes."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from fpga.link.sizes import LABEL_BYTES, Sizes

CONTROL = data.StructLayout({"train": 1, "eta_shift": 5, "shuffle": 1})
"""How inputs are fed; ``shuffle`` counts in runs only."""


def beat_layout(sizes: Sizes) -> data.StructLayout:
    """One beat of an input, first pixel in the lowest byte; the label is there in each."""
    return data.StructLayout(
        {"pixels": unsigned(8 * sizes.beat_bytes), "label": 8 * LABEL_BYTES, "last": 1}
    )


class Beats(wiring.Component):
    """Bytes of a payload to beats: 2 bytes of label, then the pixels, for input after input.

    Args:
        sizes: of design and link.

    Attributes:
        bytes (In): the payload.
        beats (Out): see ``beat_layout``.
        between (Out): no input is begun, and no beat is waiting.
    """

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        super().__init__(
            {
                "bytes": In(stream.Signature(8)),
                "beats": Out(stream.Signature(beat_layout(sizes))),
                "between": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        out, sizes = self.beats.payload, self.sizes
        count = Signal(range(max(LABEL_BYTES, sizes.beat_bytes)))
        beat, taken = Signal(range(sizes.beats + 1)), Signal()
        m.d.comb += taken.eq(self.bytes.valid & self.bytes.ready)
        with m.FSM() as fsm:
            m.d.comb += self.between.eq(fsm.ongoing("LABEL") & (count == 0))
            with m.State("LABEL"):
                m.d.comb += self.bytes.ready.eq(1)
                m.d.sync += beat.eq(0)
                with m.If(taken):
                    m.d.sync += out.label.eq(Cat(out.label[8:], self.bytes.payload))
                    m.d.sync += count.eq(count + 1)
                    with m.If(count == LABEL_BYTES - 1):
                        m.d.sync += count.eq(0)
                        m.next = "PIXELS"
            with m.State("PIXELS"):
                m.d.comb += self.bytes.ready.eq(1)
                m.d.sync += out.last.eq(beat == sizes.beats - 1)
                with m.If(taken):
                    m.d.sync += out.pixels.eq(Cat(out.pixels[8:], self.bytes.payload))
                    m.d.sync += count.eq(count + 1)
                    with m.If(count == sizes.beat_bytes - 1):
                        m.d.sync += count.eq(0)
                        m.next = "BEAT"
            with m.State("BEAT"):
                m.d.comb += self.beats.valid.eq(1)
                with m.If(self.beats.ready):
                    m.d.sync += beat.eq(beat + 1)
                    m.next = "PIXELS"
                    with m.If(out.last):
                        m.next = "LABEL"
        return m
