"""The whole link: from the wires of a UART to the accelerator's streams and registers, and back.

    rx -> Receiver -> FrameReceiver -> Executor -> Beats --+-> Store -> Runner --+-> accelerator
    tx <- Transmitter <- FrameSender <--'  |  '-> Bus      '---------------------'       |
                                           '<---------------- Results <------------------'

Half of it works at a time: a host sends a request only after the response to the one before.
"""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from fpga.link.beats import CONTROL, Beats, beat_layout
from fpga.link.bus import Bus
from fpga.link.executor import COUNTERS, Executor
from fpga.link.frame_receiver import FrameReceiver
from fpga.link.frame_sender import FrameSender
from fpga.link.results import Results
from fpga.link.runner import Runner
from fpga.link.sizes import Sizes
from fpga.link.store import Store
from fpga.link.uart import Receiver, Transmitter
from rtl_gen.axi_lite import axi_lite_ports


class Link(wiring.Component):
    """Everything between the wires and the accelerator.

    Args:
        sizes: of design and link.
        step: see ``uart.phase_step``.
        quiet_clocks: see ``FrameReceiver``.
        address_bits: of the accelerator's registers.
        prediction_bits: of a prediction, "correct" included.

    Attributes:
        rx (In), tx (Out): the wires.
        s_axi_*: to the accelerator's registers.
        beats (Out): to its input stream; control (Out): belongs to every beat.
        predictions (In): of its output stream.
        busy (Out): a request is under way, or a run.
        training (Out): that run trains.
    """

    def __init__(
        self, sizes: Sizes, *, step: int, quiet_clocks: int, address_bits: int, prediction_bits: int
    ) -> None:
        self.sizes = sizes
        self.receiver, self.transmitter = Receiver(step=step), Transmitter(step=step)
        self.requests = FrameReceiver(payload_bytes=sizes.payload_bytes, quiet_clocks=quiet_clocks)
        self.responses = FrameSender(payload_bytes=sizes.payload_bytes)
        self.executor = Executor(sizes, address_bits=address_bits, prediction_bits=prediction_bits)
        self.bus = Bus(address_bits=address_bits)
        self.inputs, self.store, self.runner = Beats(sizes), Store(sizes), Runner(sizes)
        self.results = Results(sizes, prediction_bits=prediction_bits)
        ports = {name: member.flip() for name, member in axi_lite_ports(address_bits).items()}
        super().__init__(
            ports
            | {
                "rx": In(1, init=1),
                "tx": Out(1, init=1),
                "beats": Out(stream.Signature(beat_layout(sizes))),
                "control": Out(CONTROL),
                "predictions": In(stream.Signature(prediction_bits)),
                "busy": Out(1),
                "training": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for name in ("receiver", "transmitter", "requests", "responses", "executor", "bus",
                     "inputs", "store", "runner", "results"):  # fmt: skip
            m.submodules[name] = getattr(self, name)
        self._frames(m)
        self._registers(m)
        self._feed(m)
        self._count(m)
        return m

    def _frames(self, m: Module) -> None:
        """Bytes, frames, and the executor between them."""
        received, requests, executor = self.receiver, self.requests, self.executor
        m.d.comb += [received.rx.eq(self.rx), self.tx.eq(self.transmitter.tx)]
        for name in ("data", "valid", "quiet"):
            m.d.comb += getattr(requests, name).eq(getattr(received, name))
        for name in ("head", "request", "damaged", "empty"):
            m.d.comb += getattr(executor, name).eq(getattr(requests, name))
        m.d.comb += [requests.done.eq(executor.done), requests.restart.eq(executor.restart)]
        connect(m, requests.bytes, executor.bytes)
        responses = self.responses
        m.d.comb += [
            responses.head.eq(executor.answer),
            responses.send.eq(executor.send),
            executor.sent.eq(responses.done),
            responses.put.eq(executor.put),
            responses.put_at.eq(executor.put_at),
            responses.put_data.eq(executor.put_data),
        ]
        connect(m, responses.bytes, self.transmitter.bytes)

    def _registers(self, m: Module) -> None:
        bus, executor = self.bus, self.executor
        for name in ("address", "write_data", "write", "read"):
            m.d.comb += getattr(bus, name).eq(getattr(executor, name))
        for name in ("finished", "refused", "read_data"):
            m.d.comb += getattr(executor, name).eq(getattr(bus, name))
        for name, member in bus.signature.members.items():
            if name.startswith("s_axi_"):
                inner, outer = getattr(bus, name), getattr(self, name)
                m.d.comb += inner.eq(outer) if member.flow == In else outer.eq(inner)

    def _feed(self, m: Module) -> None:
        """Beats from requests go to store or accelerator, those of a run to the accelerator."""
        executor, store, runner = self.executor, self.store, self.runner
        beats, fed, out = self.inputs.beats, runner.fed, self.beats
        connect(m, executor.inputs, self.inputs.bytes)
        connect(m, runner.places, store.places)
        connect(m, store.beats, runner.beats)
        m.d.comb += [
            executor.between.eq(self.inputs.between),
            store.begin.eq(executor.begin),
            store.begin_at.eq(executor.begin_at),
            store.writes.payload.eq(beats.payload),
            store.writes.valid.eq(beats.valid & executor.is_storing),
            runner.plan.eq(executor.plan),
            runner.start.eq(executor.start),
            executor.running.eq(runner.running),
            out.payload.eq(Mux(runner.running, fed.payload, beats.payload)),
            out.valid.eq(Mux(runner.running, fed.valid, beats.valid & ~executor.is_storing)),
            fed.ready.eq(runner.running & out.ready),
            beats.ready.eq(
                Mux(executor.is_storing, store.writes.ready, out.ready & ~runner.running)
            ),
            self.control.eq(Mux(runner.running, executor.plan.control, executor.control)),
            self.busy.eq(executor.busy | runner.running),
            self.training.eq(runner.running & executor.plan.control.train),
        ]

    def _count(self, m: Module) -> None:
        executor, results, out = self.executor, self.results, self.beats
        connect(m, flipped(self.predictions), results.predictions)
        connect(m, results.kept, executor.kept)
        fed = Signal.like(executor.fed)
        with m.If(out.valid & out.ready & out.payload.last):
            m.d.sync += fed.eq(fed + 1)
        m.d.comb += results.keep.eq(executor.keep)
        sources = (fed, results.taken, results.correct, self.runner.left)
        for name, source in zip(COUNTERS, sources, strict=True):
            m.d.comb += getattr(executor, name).eq(source)
