"""Frames: the host's and the hardware's agree, and nothing else is taken for one."""

from __future__ import annotations

import random

import pytest
from amaranth.sim import Simulator

from fpga.link.frame_receiver import FrameReceiver
from fpga.link.frame_sender import FrameSender
from fpga.link.frames import CRC, OVERHEAD_BYTES, Command, Frame, Status, checksum

PAYLOAD_BYTES = 64
QUIET_CLOCKS = 60
BYTE_CLOCKS = 8
"""Fewer than a UART needs: the receiver must not."""

GOOD = Frame(0x1234, Command.NOTE, bytes(range(20)))
EMPTY = Frame(0xFFFF, Command.HELLO)
FULL = Frame(7, Command.STORE, random.Random(1).randbytes(PAYLOAD_BYTES))


def test_the_checksum_is_that_of_the_hardware():
    for content in (b"", b"123456789", random.Random(2).randbytes(100)):
        assert checksum(content) == CRC.compute(content)
    assert len(EMPTY.encode()) == OVERHEAD_BYTES


def received(parts: list[bytes | int]) -> tuple[list[Frame], int]:
    """Requests made of bytes and pauses (in clocks), and how often something was damaged."""
    dut = FrameReceiver(payload_bytes=PAYLOAD_BYTES, quiet_clocks=QUIET_CLOCKS)
    found: list[Frame] = []
    damaged = 0

    async def send(ctx) -> None:
        ctx.set(dut.quiet, 1)
        for part in parts:
            if isinstance(part, int):
                await ctx.tick().repeat(part)
                continue
            for byte in part:
                await ctx.tick().repeat(BYTE_CLOCKS - 1)
                ctx.set(dut.data, byte)
                ctx.set(dut.valid, 1)
                await ctx.tick()
                ctx.set(dut.valid, 0)
        await ctx.tick().repeat(10 * BYTE_CLOCKS * PAYLOAD_BYTES // 20)

    async def take(ctx) -> None:
        while True:
            await ctx.tick()
            if not ctx.get(dut.request):
                continue
            ctx.set(dut.restart, 1)
            await ctx.tick()
            ctx.set(dut.restart, 0)
            await ctx.tick().repeat(2)
            payload = b""
            ctx.set(dut.bytes.ready, 1)
            while not ctx.get(dut.empty):
                if ctx.get(dut.bytes.valid):
                    payload += bytes([ctx.get(dut.bytes.payload)])
                    await ctx.tick()
                await ctx.tick()
            ctx.set(dut.bytes.ready, 0)
            found.append(Frame(ctx.get(dut.head.sequence), ctx.get(dut.head.kind), payload))
            ctx.set(dut.done, 1)
            await ctx.tick()
            ctx.set(dut.done, 0)
            await ctx.tick()

    async def count(ctx) -> None:
        nonlocal damaged
        async for _, _, value in ctx.tick().sample(dut.damaged):
            damaged += value

    simulator = Simulator(dut)
    simulator.add_clock(1e-8)
    simulator.add_testbench(send)
    simulator.add_testbench(take, background=True)
    simulator.add_testbench(count, background=True)
    simulator.run()
    return found, damaged


SILENCE = 2 * QUIET_CLOCKS


def test_frames_of_every_size():
    frames = [GOOD, EMPTY, FULL, Frame(3, 9, b"x"), GOOD]
    parts = [part for frame in frames for part in (frame.encode(), 3 * PAYLOAD_BYTES)]
    assert received(parts) == (frames, 0)


def spoilt(kind: str, at: int) -> bytes:
    """A good frame with one byte wrong, lost or doubled, or noise before that byte."""
    content = GOOD.encode()
    return {
        "flip": content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :],
        "drop": content[:at] + content[at + 1 :],
        "double": content[: at + 1] + content[at:],
        "burst": content[:at] + random.Random(at).randbytes(9) + content[at:],
        "cut": content[:at],
    }[kind]


@pytest.mark.parametrize("kind", ["flip", "drop", "double", "burst", "cut"])
def test_what_is_spoilt_is_dropped_and_what_follows_is_not(kind):
    """At every byte. What doubles the last byte leaves a good frame, and noise behind it."""
    length, parts, is_whole = len(GOOD.encode()), [], 0
    for at in range(1 if kind == "cut" else 0, length):
        parts += [spoilt(kind, at), SILENCE, EMPTY.encode(), SILENCE]
        is_whole += kind == "double" and at == length - 1
    found, damaged = received(parts)
    assert found.count(EMPTY) == len(parts) // 4
    assert [frame for frame in found if frame != EMPTY] == [GOOD] * is_whole
    assert damaged == len(parts) // 4


def test_a_length_beyond_the_buffer_is_no_frame():
    long = Frame(1, Command.STORE, bytes(PAYLOAD_BYTES + 1))
    assert received([long.encode(), SILENCE, EMPTY.encode()]) == ([EMPTY], 1)


def test_a_frame_in_pieces_is_one_if_the_pauses_are_short():
    content = GOOD.encode()
    pieces = [content[:3], QUIET_CLOCKS - 20, content[3:9], QUIET_CLOCKS - 20, content[9:]]
    assert received([*pieces, SILENCE]) == ([GOOD], 0)
    pieces[3] = SILENCE
    assert received([*pieces, SILENCE])[0] == []


@pytest.mark.parametrize("frame", [GOOD, EMPTY, FULL], ids=["good", "empty", "full"])
def test_responses_are_sent_as_the_host_reads_them_and_again(frame):
    dut, found = FrameSender(payload_bytes=PAYLOAD_BYTES), []

    async def fill(ctx) -> None:
        ctx.set(dut.put, 1)
        for at, byte in enumerate(frame.payload):
            ctx.set(dut.put_at, at)
            ctx.set(dut.put_data, byte)
            await ctx.tick()
        ctx.set(dut.put, 0)
        head = {"length": len(frame.payload), "sequence": frame.sequence, "kind": Status.BUSY}
        ctx.set(dut.head, head)
        for _ in range(2):
            ctx.set(dut.send, 1)
            await ctx.tick()
            ctx.set(dut.send, 0)
            await ctx.tick().until(dut.done)
            await ctx.tick()

    async def take(ctx) -> None:
        rng = random.Random(3)
        while True:
            ctx.set(dut.bytes.ready, rng.randrange(4) == 0)
            _, _, valid, ready, byte = await ctx.tick().sample(
                dut.bytes.valid, dut.bytes.ready, dut.bytes.payload
            )
            if valid and ready:
                found.append(byte)

    simulator = Simulator(dut)
    simulator.add_clock(1e-8)
    simulator.add_testbench(fill)
    simulator.add_testbench(take, background=True)
    simulator.run()
    assert bytes(found) == 2 * Frame(frame.sequence, Status.BUSY, frame.payload).encode()
