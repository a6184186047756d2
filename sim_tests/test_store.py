"""The data set on the FPGA: every beat of every input, in order, whoever keeps it waiting."""

from __future__ import annotations

import random
from collections import deque

import pytest
from amaranth.sim import Simulator
from link_sizes import sizes

from fpga.link import deep_memory
from fpga.link.store import Store

SHAPES = [(1, 1, 1), (1, 4, 7), (2, 1, 13), (5, 3, 6), (9, 2, 17)]
"""Beats, bytes per beat, stored inputs."""


class StoreBench:
    """Writes all inputs, then reads some and writes others, several times.

    Args:
        beats, beat_bytes, stored: of the store.
        rng: for what is written and read, and for pauses.
    """

    def __init__(self, beats: int, beat_bytes: int, stored: int, rng: random.Random) -> None:
        self.rng, self.beats, self.bits, self.stored = rng, beats, 8 * beat_bytes, stored
        self.dut = Store(sizes(beat_bytes=beat_bytes, beats=beats, stored_inputs=stored))
        self.inputs: list[list[tuple[int, int, int]]] = [[] for _ in range(stored)]
        self.expected: deque[tuple[int, int, int]] = deque()
        self.eager = rng.choice([0.2, 0.8, 1])
        self.is_done = False

    def run(self) -> None:
        simulator = Simulator(self.dut)
        simulator.add_clock(1e-6)
        simulator.add_testbench(self._drive)
        simulator.add_testbench(self._take)
        simulator.run()

    async def _drive(self, ctx) -> None:
        await self._write(ctx, 0, self.stored)
        for _ in range(4):
            for _ in range(self.rng.randint(1, 10)):
                await self._read(ctx, self.rng.randrange(self.stored))
            for _ in range(2000):
                if not self.expected:
                    break
                await ctx.tick()
            assert not self.expected, "beats are missing"
            first = self.rng.randrange(self.stored)
            await self._write(ctx, first, self.rng.randint(1, self.stored - first))
        await ctx.tick().repeat(20)  # nothing else comes
        self.is_done = True

    async def _write(self, ctx, first: int, count: int) -> None:
        """Between beats the other wires say anything."""
        dut, rng = self.dut, self.rng
        ctx.set(dut.begin, 1)
        ctx.set(dut.begin_at, first)
        await ctx.tick()
        ctx.set(dut.begin, 0)
        await ctx.tick().repeat(4)
        for number in range(first, first + count):
            label = rng.getrandbits(16)
            pixels = [rng.getrandbits(self.bits) for _ in range(self.beats)]
            lasts = [0] * (self.beats - 1) + [1]
            self.inputs[number] = [(p, label, last) for p, last in zip(pixels, lasts, strict=True)]
            for beat in self.inputs[number]:
                self._offer(ctx, 1, beat)
                await ctx.tick()
                noise = rng.getrandbits(self.bits), rng.getrandbits(16), rng.getrandbits(1)
                self._offer(ctx, 0, noise)
                await ctx.tick().repeat(rng.choice([1, 2, 5]))

    def _offer(self, ctx, valid: int, beat: tuple[int, int, int]) -> None:
        port = self.dut.writes
        ctx.set(port.valid, valid)
        for name, value in zip(("pixels", "label", "last"), beat, strict=True):
            ctx.set(port.payload[name], value)

    async def _read(self, ctx, number: int) -> None:
        places = self.dut.places
        while self.rng.random() > self.eager:
            await ctx.tick()
        self.expected.extend(self.inputs[number])
        ctx.set(places.valid, 1)
        ctx.set(places.payload.index, number)
        ctx.set(places.payload.word, number * self.beats)
        await ctx.tick().until(places.ready)
        ctx.set(places.valid, 0)
        ctx.set(places.payload.index, self.rng.randrange(self.stored))

    async def _take(self, ctx) -> None:
        port, offered = self.dut.beats, None
        while not self.is_done:
            takes = self.rng.random() < self.eager
            ctx.set(port.ready, takes)
            is_valid = ctx.get(port.valid)
            beat = tuple(ctx.get(port.payload[name]) for name in ("pixels", "label", "last"))
            assert offered is None or (is_valid and beat == offered), "an offer was changed"
            offered = beat if is_valid and not takes else None
            if is_valid and takes:
                assert self.expected and beat == self.expected.popleft()
            await ctx.tick()


@pytest.mark.parametrize("block_words", [4, deep_memory.BLOCK_WORDS])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", SHAPES)
def test_every_beat_of_what_is_asked_for(shape, seed, block_words, monkeypatch):
    monkeypatch.setattr(deep_memory, "BLOCK_WORDS", block_words)
    StoreBench(*shape, random.Random(seed)).run()


@pytest.mark.parametrize("shape", SHAPES)
def test_no_gap_between_inputs_that_are_asked_for_in_time(shape):
    """From the first beat on, one comes in every clock."""
    beats, beat_bytes, stored = shape
    dut, found = Store(sizes(beat_bytes=beat_bytes, beats=beats, stored_inputs=stored)), []

    async def ask(ctx):
        ctx.set(dut.places.valid, 1)
        ctx.set(dut.beats.ready, 1)
        for _ in range(8 * beats):
            found.append(ctx.get(dut.beats.valid))
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(ask)
    simulator.run()
    begun = found.index(1) if 1 in found else len(found)
    assert begun <= 6 and all(found[begun:])
