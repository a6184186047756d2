"""Requests from bytes: checked, and kept until they have been answered."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from fpga.link.deep_memory import DeepMemory
from fpga.link.frames import CRC, CRC_BYTES, HEADER

HEAD = data.StructLayout({"length": 16, "sequence": 16, "kind": 8})
"""The first ``HEADER.size`` bytes."""


class FrameReceiver(wiring.Component):
    """One request at a time.

    Nothing of a request is seen before its CRC is right. After anything that is no frame, bytes are
    ignored until none has come for ``quiet_clocks``: then the next one begins a frame.

    Args:
        payload_bytes: the largest payload, a power of two.
        quiet_clocks: silence after which a frame that is not complete is given up.

    Attributes:
        data, valid, quiet (In): see ``uart.Receiver``.
        head (Out): of the request.
        request (Out): there is one; its payload lies in the memory.
        done (In): it has been answered, the next one may come. Bytes before that are no frame.
        restart (In): read the payload from its first byte on.
        bytes (Out): the payload.
        empty (Out): all of it has been read.
        damaged (Out): something was no frame, and silence has followed.
    """

    def __init__(self, *, payload_bytes: int, quiet_clocks: int) -> None:
        self.payload_bytes = payload_bytes
        self.quiet_clocks = quiet_clocks
        super().__init__(
            {
                "data": In(8),
                "valid": In(1),
                "quiet": In(1),
                "head": Out(HEAD),
                "request": Out(1),
                "done": In(1),
                "restart": In(1),
                "bytes": Out(stream.Signature(8)),
                "empty": Out(1),
                "damaged": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = self.memory = DeepMemory(width=8, depth=self.payload_bytes)
        self.pointer = Signal(16)
        self._receive(m)
        self._read(m)
        return m

    def _receive(self, m: Module) -> None:
        m.submodules.crc = crc = CRC.create()
        silence = Signal(range(self.quiet_clocks + 1))
        silent = Signal()
        m.d.sync += silent.eq(silence == self.quiet_clocks - 1)
        m.d.sync += silence.eq(silence + 1)
        with m.If(self.valid | ~self.quiet | silent):
            m.d.sync += [silence.eq(0), silent.eq(0)]
        count, short = Signal(16), Signal()  # bytes of this part, and whether another one follows
        m.d.comb += [
            crc.data.eq(self.data),
            crc.valid.eq(self.valid),
            self.memory.word.eq(Mux(self.request, self.pointer, count)),
            self.memory.write_data.eq(self.data),
        ]
        m.d.sync += self.damaged.eq(0)
        with m.If(self.valid):
            m.d.sync += count.eq(count + 1)
        head = self.head.as_value()
        with m.FSM():
            with m.State("HEAD"):
                with m.If(self.valid):
                    m.d.sync += head.eq((self.data << (len(head) - 8)) | (head >> 8))
                    with m.If(count == HEADER.size - 1):
                        m.d.sync += count.eq(0)
                        m.next = "LENGTH"
                with m.Elif(count == 0):
                    m.d.comb += crc.start.eq(1)
                with m.Elif(silent):
                    m.d.sync += [self.damaged.eq(1), count.eq(0)]
            with m.State("LENGTH"):  # no byte comes in this clock: a byte takes 40 or more
                m.d.sync += short.eq(self.head.length == 1)
                with m.If(self.head.length > self.payload_bytes):
                    m.next = "DEAF"
                with m.Elif(self.head.length == 0):
                    m.next = "CRC"
                with m.Else():
                    m.next = "PAYLOAD"
            with m.State("PAYLOAD"):
                m.d.comb += self.memory.write.eq(self.valid)
                with m.If(self.valid):
                    m.d.sync += short.eq(count + 2 == self.head.length)
                    with m.If(short):
                        m.d.sync += count.eq(0)
                        m.next = "CRC"
                self._give_up(m, silent, count)
            with m.State("CRC"):
                with m.If(self.valid & (count == CRC_BYTES - 1)):
                    m.next = "JUDGE"
                self._give_up(m, silent, count)
            with m.State("JUDGE"):
                m.d.sync += count.eq(0)
                m.next = "DEAF"
                with m.If(crc.match_detected):
                    m.d.sync += self.request.eq(1)
                    m.next = "REQUEST"
            with m.State("REQUEST"), m.If(self.done):
                m.d.sync += self.request.eq(0)
                m.next = "HEAD"
                with m.If(count != 0):  # a repetition that came too early, or noise
                    m.next = "DEAF"
            with m.State("DEAF"):
                self._give_up(m, silent, count)

    def _give_up(self, m: Module, silent: Signal, count: Signal) -> None:
        with m.If(silent):
            m.d.sync += [self.damaged.eq(1), count.eq(0)]
            m.next = "HEAD"

    def _read(self, m: Module) -> None:
        """The payload as a stream, a byte every third clock; memory is slow."""
        pointer, read, settled = self.pointer, Signal(), Signal()
        m.d.comb += [
            self.memory.read.eq(self.request),
            self.bytes.payload.eq(self.memory.read_data),
            self.bytes.valid.eq(settled & ~self.empty),
        ]
        m.d.sync += [read.eq(1), settled.eq(read), self.empty.eq(pointer == self.head.length)]
        with m.If(self.bytes.valid & self.bytes.ready):
            m.d.sync += [pointer.eq(pointer + 1), read.eq(0), settled.eq(0)]
        with m.If(self.restart):
            m.d.sync += [pointer.eq(0), read.eq(0), settled.eq(0)]
