"""Runs a design's hardware in Amaranth's own simulator, in lockstep with the model.

Slow (hundreds of clocks per second) but without a build: the bench for many small designs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from amaranth.hdl import Value
from amaranth.sim import Simulator

from hwsim import pipeline as model
from hwsim.pipeline import Input
from hwsim.state import State
from rtl_gen.interleaver import PRIMING_CLOCKS
from rtl_gen.pipeline import Pipeline, host_clocks, host_read_clocks
from rtl_gen.verification.lockstep import Lockstep, Read, Sample
from rtl_gen.verification.stimulus import Offer, Stimulus


class AmaranthBench:
    """Model and hardware of one design.

    Args:
        pipeline: the hardware.
        state: weights and biases to start with.
        gaps: seed for random pauses of the input and of the consumer; None for none.
    """

    def __init__(self, pipeline: Pipeline, state: State, gaps: int | None = None) -> None:
        self.pipeline = pipeline
        self.state = state
        self.gaps = gaps
        self.model = model.Pipeline(pipeline.design, pipeline.schedule, state)
        self.predictions: list[int] = []

    def run(self, *runs: Iterable[Input]) -> State:
        """Feed the inputs, drain, and read weights and biases back through the host port.

        Several runs follow each other, each with its drain and its reading back.

        Raises:
            Diverged: at the first difference from the model.
        """
        simulator = Simulator(self.pipeline)
        simulator.add_clock(1e-8)
        self.final = None

        async def bench(ctx: Any) -> None:
            await ctx.tick().repeat(PRIMING_CLOCKS)
            await self._write_state(ctx)
            for inputs in runs:
                await self._feed(ctx, inputs)
                self.final = await self._read_state(ctx)

        simulator.add_testbench(bench)
        simulator.run()
        return self.final

    async def _feed(self, ctx: Any, inputs: Iterable[Input]) -> None:
        lockstep = Lockstep(self.model, self._reader(ctx))
        stimulus = Stimulus(inputs, self.pipeline.schedule.beats, self.gaps)
        while not stimulus.done(self.model):
            offer = stimulus.offer()
            self._drive(ctx, offer)
            if offer.take and self.model.output is not None:
                self.predictions.append(self.model.output.prediction)
            stimulus.after(lockstep.clock(offer))
            await ctx.tick()
        self.model.settle()
        ctx.set(self.pipeline.pixels.valid, 0)

    def _drive(self, ctx: Any, offer: Offer) -> None:
        ports = self.pipeline
        ctx.set(ports.drain, offer.drain)
        ctx.set(ports.predictions.ready, offer.take)
        ctx.set(ports.pixels.valid, offer.input is not None)
        if offer.input is not None:
            step, descriptor = ports.design.pixels_per_beat, offer.input.descriptor
            first = offer.beat * step
            for i, pixel in enumerate(offer.input.pixels[first : first + step]):
                ctx.set(ports.pixels.payload.pixels[i], int(pixel))
            ctx.set(ports.pixels.payload.label, descriptor.label)
            ctx.set(ports.pixels.payload.train, descriptor.train)
            ctx.set(ports.pixels.payload.eta_shift, descriptor.eta_shift)

    def _reader(self, ctx: Any) -> Read:
        signals = {}

        def read(name: str) -> Sample:
            if name not in signals:
                signals[name] = Value.cast(self._signal(name))
            value = ctx.get(signals[name])
            return value & ((1 << len(signals[name])) - 1), 0

        return read

    def _signal(self, name: str) -> Any:
        found = self.pipeline
        for part in name.split("."):
            kind, _, index = part.rpartition("_")
            if kind == "layer" and index.isdigit():
                found = found.layers[int(index)]
            elif kind == "junction" and index.isdigit():
                found = found.junctions[int(index) - 1]
            else:
                found = getattr(found, part)
        return found

    def _elements(self) -> Iterator[tuple[int, int, int, int, int]]:
        """Junction from 0, is_bias, element, word and bank of every parameter."""
        for part in self.pipeline.schedule.junctions:
            shape = part.shape
            for is_bias, size, banks in (
                (0, shape.n_edges, shape.z),
                (1, shape.n_right, shape.right_banks),
            ):
                for element in range(size):
                    yield shape.index - 1, is_bias, element, element // banks, element % banks

    async def _write_state(self, ctx: Any) -> None:
        host = self.pipeline.host
        ctx.set(host.select, 1)
        ctx.set(host.write, 1)
        for junction, is_bias, element, word, bank in self._elements():
            values = self.state.biases if is_bias else self.state.weights
            self._select(ctx, junction, is_bias, word, bank)
            mask = (1 << self.pipeline.design.fixed_point.width) - 1
            ctx.set(host.data, int(values[junction][element]) & mask)
            await ctx.tick()
        ctx.set(host.select, 0)
        ctx.set(host.write, 0)
        await ctx.tick().repeat(host_clocks(self.pipeline.schedule))

    async def _read_state(self, ctx: Any) -> State:
        host, number = self.pipeline.host, self.pipeline.design.fixed_point
        state = State([w * 0 for w in self.state.weights], [b * 0 for b in self.state.biases])
        for junction, is_bias, element, word, bank in self._elements():
            self._select(ctx, junction, is_bias, word, bank)
            ctx.set(host.select, 1)
            await ctx.tick()
            # For one clock, as a bus does; then something else is named.
            ctx.set(host.select, 0)
            self._select(ctx, 0, 1 - is_bias, 0, 0)
            await ctx.tick().repeat(host_read_clocks(self.pipeline.schedule) - 1)
            raw = ctx.get(host.value)
            value = raw - ((raw >> (number.width - 1)) << number.width)
            (state.biases if is_bias else state.weights)[junction][element] = value
        return state

    def _select(self, ctx: Any, junction: int, is_bias: int, word: int, bank: int) -> None:
        host = self.pipeline.host
        ctx.set(self.pipeline.host_junction, junction)
        for port, value in ((host.is_bias, is_bias), (host.word, word), (host.bank, bank)):
            ctx.set(port, value)
