"""Responses to bytes; the payload stays, so that a response can be sent once more."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from fpga.link.deep_memory import DeepMemory
from fpga.link.frame_receiver import HEAD
from fpga.link.frames import CRC, CRC_BYTES, HEADER
from rtl_gen.delay import delay, delay_data


class FrameSender(wiring.Component):
    """One response at a time.

    Args:
        payload_bytes: the largest payload, a power of two.

    Attributes:
        head (In): of the response, steady until ``done``.
        send (In): begin, for one clock.
        done (Out): the transmitter has taken the last byte; for one clock.
        put (In): write ``put_data`` (In) into the payload at ``put_at`` (In).
        bytes (Out): to the transmitter.
    """

    def __init__(self, *, payload_bytes: int) -> None:
        self.payload_bytes = payload_bytes
        super().__init__(
            {
                "head": In(HEAD),
                "send": In(1),
                "done": Out(1),
                "put": In(1),
                "put_at": In(range(payload_bytes)),
                "put_data": In(8),
                "bytes": Out(stream.Signature(8)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = DeepMemory(width=8, depth=self.payload_bytes)
        m.submodules.crc = crc = CRC.create()
        rest, count = Signal(HEAD.size), Signal(16)
        taken = Signal()
        put = delay(m, self.put, 1, "put")  # in time: the head is sent before the payload is read
        m.d.comb += [
            memory.word.eq(Mux(put, delay_data(m, self.put_at, 1, "put_at"), count)),
            memory.write.eq(put),
            memory.write_data.eq(delay_data(m, self.put_data, 1, "put_data")),
            taken.eq(self.bytes.valid & self.bytes.ready),
            self.bytes.payload.eq(rest),  # a register: memory is slow, and so is the CRC
            crc.data.eq(rest),
            crc.start.eq(self.send),
        ]
        with m.FSM() as fsm:
            m.d.comb += memory.read.eq(~fsm.ongoing("IDLE"))
            with m.State("IDLE"):
                m.d.sync += [rest.eq(self.head.as_value()), count.eq(0)]
                with m.If(self.send):
                    m.next = "HEAD"
            with m.State("HEAD"):
                m.d.comb += [self.bytes.valid.eq(1), crc.valid.eq(taken)]
                with m.If(taken):
                    m.d.sync += [rest.eq(rest >> 8), count.eq(count + 1)]
                    with m.If(count == HEADER.size - 1):
                        m.d.sync += count.eq(0)
                        m.next = "NEXT"
            with m.State("NEXT"):  # the memory reads
                m.next = "READ"
                with m.If(count == self.head.length):
                    m.d.sync += count.eq(0)
                    m.next = "CRC"
            with m.State("READ"):
                m.next = "KEEP"
            with m.State("KEEP"):
                m.d.sync += rest.eq(memory.read_data)
                m.next = "PAYLOAD"
            with m.State("PAYLOAD"):
                m.d.comb += [self.bytes.valid.eq(1), crc.valid.eq(taken)]
                with m.If(taken):
                    m.d.sync += count.eq(count + 1)
                    m.next = "NEXT"
            with m.State("CRC"):
                m.d.sync += rest.eq(crc.crc)
                m.next = "TAIL"
            with m.State("TAIL"):
                m.d.comb += self.bytes.valid.eq(1)
                with m.If(taken):
                    m.d.sync += [rest.eq(rest >> 8), count.eq(count + 1)]
                    with m.If(count == CRC_BYTES - 1):
                        m.d.comb += self.done.eq(1)
                        m.next = "IDLE"
        return m
