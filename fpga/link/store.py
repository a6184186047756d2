"""The data set on the FPGA: inputs that are loaded once, then fed at core speed."""

from __future__ import annotations

from amaranth.hdl import EnableInserter, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out, connect, flipped

from fpga.link.beats import beat_layout
from fpga.link.deep_memory import READ_CLOCKS, DeepMemory, blocks
from fpga.link.sizes import LABEL_BYTES, Sizes
from fpga.link.skid import Skid
from rtl_gen.delay import delay, delay_data
from rtl_gen.interleaver import index_shape


def place_layout(sizes: Sizes) -> data.StructLayout:
    """Where an input lies: its number, and the word of its first beat."""
    return data.StructLayout(
        {
            "index": index_shape(sizes.stored_inputs),
            "word": index_shape(sizes.stored_inputs * sizes.beats),
        }
    )


def pixel_memory(sizes: Sizes) -> dict[str, int]:
    """Width and depth of the memory for pixels, a beat per word."""
    return {"width": 8 * sizes.beat_bytes, "depth": sizes.stored_inputs * sizes.beats}


def store_blocks(sizes: Sizes) -> int:
    """Block RAMs of ``deep_memory.BLOCK_BITS`` that a store takes: pixels and labels."""
    return blocks(**pixel_memory(sizes)) + blocks(8 * LABEL_BYTES, sizes.stored_inputs)


class Locator(wiring.Component):
    """From the number of an input to where it lies; two clocks.

    Args:
        sizes: of design and link.

    Attributes:
        indices (In), places (Out): see ``place_layout``.
    """

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        super().__init__(
            {
                "indices": In(stream.Signature(index_shape(sizes.stored_inputs))),
                "places": Out(stream.Signature(place_layout(sizes))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        index, multiplying = Signal(index_shape(self.sizes.stored_inputs)), Signal()
        m.d.comb += self.indices.ready.eq(~multiplying & ~self.places.valid)
        with m.If(self.places.ready):
            m.d.sync += self.places.valid.eq(0)
        with m.If(self.indices.ready):
            m.d.sync += [index.eq(self.indices.payload), multiplying.eq(self.indices.valid)]
        with m.If(multiplying):
            m.d.sync += [
                self.places.payload.index.eq(index),
                self.places.payload.word.eq(index * self.sizes.beats),
                self.places.valid.eq(1),
                multiplying.eq(0),
            ]
        return m


class Store(wiring.Component):
    """The memory, a beat per word, and beside it the labels.

    Args:
        sizes: of design and link.

    Attributes:
        begin (In): write from input ``begin_at`` (In) on, which is taken a clock later.
        writes (In): beats to write, see ``beat_layout``; only from the fourth clock after
            ``begin`` on, and the last one is written a clock later.
        places (In): inputs to read.
        beats (Out): their beats, one per clock without a gap if places come in time.
    """

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        beats = stream.Signature(beat_layout(sizes))
        super().__init__(
            {
                "begin": In(1),
                "begin_at": In(index_shape(sizes.stored_inputs)),
                "writes": In(beats),
                "places": In(stream.Signature(place_layout(sizes))),
                "beats": Out(beats),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        sizes = self.sizes
        m.submodules.pixels = self.pixels = DeepMemory(**pixel_memory(sizes))
        m.submodules.labels = self.labels = Memory(
            shape=8 * LABEL_BYTES, depth=max(2, sizes.stored_inputs), init=[]
        )
        self._write(m)
        self._read(m)
        return m

    def _write(self, m: Module) -> None:
        pixels, labels = self.pixels, self.labels.write_port()
        m.submodules.locator = locator = Locator(self.sizes)
        begin = Signal()
        self.writing = place = Signal(place_layout(self.sizes))
        self.written = delay(m, self.writes.valid, 1, "written")
        written = delay_data(m, self.writes.payload, 1, "beat_written")
        m.d.sync += begin.eq(self.begin)
        m.d.comb += [
            locator.indices.valid.eq(begin),
            locator.indices.payload.eq(self.begin_at),
            locator.places.ready.eq(1),
            self.writes.ready.eq(1),
            pixels.write.eq(self.written),
            pixels.write_data.eq(written.pixels),
            labels.en.eq(self.written & written.last),
            labels.addr.eq(place.index),
            labels.data.eq(written.label),
        ]
        with m.If(locator.places.valid):
            m.d.sync += place.eq(locator.places.payload)
        with m.Elif(self.written):
            m.d.sync += place.word.eq(place.word + 1)
            m.d.sync += place.index.eq(place.index + written.last)

    def _read(self, m: Module) -> None:
        """What is being read waits while the beat on offer is not taken, or one is written."""
        m.submodules.skid = skid = Skid(beat_layout(self.sizes))
        connect(m, flipped(self.beats), skid.offered)
        pixels, labels = self.pixels, self.labels.read_port()
        place, active = Signal(place_layout(self.sizes)), Signal()
        beat = Signal(range(self.sizes.beats + 1))
        advance, last, first = Signal(), Signal(), Signal()
        m.d.comb += [
            advance.eq(skid.taken.ready & ~self.written),
            last.eq(beat == self.sizes.beats - 1),
            first.eq(beat == 0),
            self.places.ready.eq(~active | (advance & last)),
            pixels.word.eq(Mux(self.written, self.writing.word, place.word)),
            pixels.read.eq(advance),
            labels.addr.eq(place.index),
            labels.en.eq(advance & first),
        ]
        with m.If(advance):
            m.d.sync += [place.word.eq(place.word + 1), beat.eq(beat + 1)]
        with m.If(self.places.ready):
            m.d.sync += [place.eq(self.places.payload), active.eq(self.places.valid), beat.eq(0)]
        payload, behind = skid.taken.payload, Module()
        m.d.comb += [
            skid.taken.valid.eq(advance & delay(behind, active, READ_CLOCKS, "active")),
            payload.last.eq(delay(behind, last, READ_CLOCKS, "last")),
            payload.label.eq(delay(behind, labels.data, READ_CLOCKS - 1, "label")),
            payload.pixels.eq(pixels.read_data),
        ]
        m.submodules.behind = EnableInserter(advance)(behind)
