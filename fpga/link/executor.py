"""Does what requests ask for, each once: control of the link."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from fpga.link.beats import CONTROL
from fpga.link.frame_receiver import HEAD
from fpga.link.frames import Command, Status
from fpga.link.info import CONSTANTS, constants
from fpga.link.results import COUNT_BITS
from fpga.link.runner import plan_layout
from fpga.link.sizes import NOTE_BYTES, WORD_BYTES, Sizes
from rtl_gen.axi_lite import DATA_BITS
from rtl_gen.interleaver import index_shape

COUNTERS = ("fed", "taken", "correct", "left")


class Executor(wiring.Component):
    """One request at a time; a repetition is answered from memory.

    Args:
        sizes: of design and link.
        address_bits: of the accelerator's registers.
        prediction_bits: of a prediction, "correct" included.

    Attributes:
        head, request, damaged, bytes, empty, done, restart: of ``FrameReceiver``, the other side.
        answer, send, sent, put, put_at, put_data: of ``FrameSender``, the other side.
        address, write_data (Out), write, read (Out): a register access, until
            ``finished`` (In); ``refused`` and ``read_data`` (In) belong to that clock.
        inputs (Out): bytes of inputs; between (In): see ``Beats``.
        is_storing (Out): they go to the store, not to the accelerator.
        control (Out): how they are fed.
        begin, begin_at (Out): see ``Store``.
        plan, start (Out), running (In): see ``Runner``.
        keep (Out): the host will fetch predictions; kept (In): those.
        fed, taken, correct, left (In): counters.
        busy (Out): a request is being executed or answered.
    """

    def __init__(self, sizes: Sizes, *, address_bits: int, prediction_bits: int) -> None:
        self.sizes = sizes
        counters = {name: In(COUNT_BITS) for name in COUNTERS}
        super().__init__(
            {
                "head": In(HEAD),
                "request": In(1),
                "damaged": In(1),
                "bytes": In(stream.Signature(8)),
                "empty": In(1),
                "done": Out(1),
                "restart": Out(1),
                "answer": Out(HEAD),
                "send": Out(1),
                "sent": In(1),
                "put": Out(1),
                "put_at": Out(range(sizes.payload_bytes)),
                "put_data": Out(8),
                "address": Out(address_bits),
                "write_data": Out(DATA_BITS),
                "write": Out(1),
                "read": Out(1),
                "finished": In(1),
                "refused": In(1),
                "read_data": In(DATA_BITS),
                "inputs": Out(stream.Signature(8)),
                "between": In(1),
                "is_storing": Out(1),
                "control": Out(CONTROL),
                "begin": Out(1),
                "begin_at": Out(index_shape(sizes.stored_inputs)),
                "plan": Out(plan_layout(sizes)),
                "start": Out(1),
                "running": In(1),
                "keep": Out(1),
                "kept": In(stream.Signature(prediction_bits)),
                "busy": Out(1),
            }
            | counters
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.info = self.info = Memory(
            shape=8, depth=CONSTANTS.size + NOTE_BYTES, init=constants(self.sizes)
        )
        self.info_read, self.info_write = self.info.read_port(), self.info.write_port()
        self.length, self.status = Signal(range(self.sizes.payload_bytes + 1)), Signal(Status)
        self.last, self.is_foreign = Signal(16), Signal()
        self.word, self.byte, self.index = Signal(32), Signal(2), Signal(16)
        self.is_damaged, self.is_complaint = Signal(), Signal()
        self._answers(m)
        self._pulses(m)
        with m.FSM() as fsm:
            m.d.comb += self.busy.eq(~fsm.ongoing("IDLE"))
            self._requests(m)
            self._words(m)
            self._registers(m)
            self._inputs(m)
            self._infos(m)
        return m

    def _answers(self, m: Module) -> None:
        """Length and status are kept for repetitions, the sequence number is the request's."""
        m.d.comb += self.put_at.eq(self.length)
        with m.If(self.put):
            m.d.sync += self.length.eq(self.length + 1)
        m.d.sync += self.answer.eq(Cat(self.length | Const(0, 16), self.head.sequence, self.status))
        with m.If(self.is_foreign):
            m.d.sync += [self.answer.length.eq(0), self.answer.kind.eq(Status.OUT_OF_ORDER)]
        with m.If(self.is_complaint):
            m.d.sync += [self.answer.length.eq(0), self.answer.kind.eq(Status.DAMAGED)]

    def _pulses(self, m: Module) -> None:
        """What lasts a clock, or until the other side has seen it."""
        with m.If(self.damaged):
            m.d.sync += self.is_damaged.eq(1)
        m.d.sync += [self.start.eq(0), self.begin.eq(0)]
        with m.If(self.finished):
            m.d.sync += [self.write.eq(0), self.read.eq(0)]
            with m.If(self.refused):
                m.d.sync += self.status.eq(Status.REFUSED)

    def _put(self, m: Module, byte: object) -> None:
        m.d.comb += [self.put.eq(1), self.put_data.eq(byte)]

    def _requests(self, m: Module) -> None:
        """From a request to its command, and from its end to the answer."""
        with m.State("IDLE"):
            m.d.comb += self.restart.eq(1)
            m.d.sync += [self.index.eq(0), self.byte.eq(0), self.is_foreign.eq(0)]
            m.d.sync += self.is_complaint.eq(~self.request)
            with m.If(self.request):
                m.next = "JUDGE"
            with m.Elif(self.is_damaged):
                m.next = "ANSWER"
        with m.State("JUDGE"):
            is_next = self.head.sequence == (self.last + 1)[:16]
            with m.If((self.head.kind == Command.HELLO) | is_next):
                m.d.sync += [
                    self.last.eq(self.head.sequence),
                    self.length.eq(0),
                    self.status.eq(Status.OK),
                ]
                m.next = "BEGIN"
            with m.Else():
                m.d.sync += self.is_foreign.eq(self.head.sequence != self.last)
                m.next = "ANSWER"
        with m.State("BEGIN"):
            m.d.sync += self.is_storing.eq(self.head.kind == Command.STORE)
            with m.Switch(self.head.kind):
                with m.Case(Command.HELLO, Command.STATUS):
                    m.next = "INFO"
                with m.Case(Command.NOTE):
                    m.next = "NOTE"
                with m.Case(Command.WRITE, Command.READ):
                    m.next = "WORD"
                with m.Case(Command.STREAM, Command.STORE, Command.RUN):
                    m.next = "WORD"
                    with m.If(self.running):
                        m.d.sync += self.status.eq(Status.BUSY)
                        m.next = "ANSWER"
                with m.Default():
                    m.d.sync += self.status.eq(Status.UNKNOWN)
                    m.next = "ANSWER"
        with m.State("ANSWER"):  # a clock for ``answer`` to follow
            m.next = "SEND"
        with m.State("SEND"):
            m.d.comb += self.send.eq(1)
            m.next = "SENDING"
        with m.State("SENDING"), m.If(self.sent):
            m.d.comb += self.done.eq(~self.is_complaint)
            m.d.sync += self.is_damaged.eq(0)
            m.next = "PAUSE"
        with m.State("PAUSE"):  # until the request is gone
            m.next = "IDLE"

    def _words(self, m: Module) -> None:
        """Requests begin with words; ``index`` counts them."""
        with m.State("WORD"):
            m.d.comb += self.bytes.ready.eq(1)
            with m.If(self.bytes.valid):
                m.d.sync += self.word.eq(Cat(self.word[8:], self.bytes.payload))
                m.d.sync += self.byte.eq(self.byte + 1)
                with m.If(self.byte == WORD_BYTES - 1):
                    m.next = "TAKE"
            with m.Elif(self.empty):
                m.next = "ANSWER"
        plan = self.plan.shape()
        with m.State("TAKE"):
            m.d.sync += self.index.eq(self.index + 1)
            m.next = "WORD"
            with m.Switch(self.head.kind):
                with m.Case(Command.WRITE):
                    with m.If(self.index == 0):
                        m.d.sync += self.address.eq(self.word)
                    with m.Else():
                        m.d.sync += [self.write_data.eq(self.word), self.write.eq(1)]
                        m.next = "WRITE"
                with m.Case(Command.READ):
                    with m.If(self.index == 0):
                        m.d.sync += self.address.eq(self.word)
                    with m.Elif(self.word != 0):
                        m.d.sync += self.read.eq(1)
                        m.next = "READ"
                with m.Case(Command.STREAM):
                    m.d.sync += [self.control.eq(self.word), self.keep.eq(1)]
                    m.next = "INPUTS"
                with m.Case(Command.STORE):
                    m.d.sync += [self.begin_at.eq(self.word), self.begin.eq(1)]
                    m.next = "INPUTS"
                with m.Case(Command.RUN):
                    self._plan(m, plan)

    def _plan(self, m: Module, plan: object) -> None:
        fields = [self.plan[name] for name in plan.members if name != "keys"]
        fields += list(self.plan.keys)
        for index, field in enumerate(fields):
            with m.If(self.index == index):
                m.d.sync += field.eq(self.word)
        with m.If(self.index == len(fields) - 1):
            m.d.sync += [self.start.eq(1), self.keep.eq(0)]

    def _registers(self, m: Module) -> None:
        with m.State("WRITE"), m.If(self.finished):
            m.next = "WORD"
        count = Signal(16)
        with m.State("READ"):
            m.d.sync += self.byte.eq(0)
            with m.If(self.index == 2):
                m.d.sync += [count.eq(self.word), self.index.eq(3)]
            with m.If(self.finished):
                m.d.sync += self.word.eq(self.read_data)
                m.next = "PUT"
        with m.State("PUT"):
            self._put(m, self.word)
            m.d.sync += [self.word.eq(self.word >> 8), self.byte.eq(self.byte + 1)]
            with m.If(self.byte == WORD_BYTES - 1):
                m.d.sync += count.eq(count - 1)
                m.next = "ANSWER"
                with m.If(count != 1):
                    m.d.sync += self.read.eq(1)
                    m.next = "READ"

    def _inputs(self, m: Module) -> None:
        """Inputs of STREAM and STORE, and the predictions that STREAM returns."""
        kept, high = self.kept.payload, Signal()
        with m.State("INPUTS"):
            m.d.comb += [
                self.inputs.payload.eq(self.bytes.payload),
                self.inputs.valid.eq(self.bytes.valid),
                self.bytes.ready.eq(self.inputs.ready),
            ]
            with m.If(self.empty & self.between):
                m.d.sync += high.eq(0)
                m.next = "PREDICTIONS"
                with m.If(self.is_storing):
                    m.next = "ANSWER"
        with m.State("PREDICTIONS"):
            with m.If(self.kept.valid & ~self.length[-1]):
                self._put(m, Mux(high, kept >> 8, kept))
                m.d.sync += high.eq(~high)
                m.d.comb += self.kept.ready.eq(high)
            with m.Else():
                m.next = "ANSWER"

    def _infos(self, m: Module) -> None:
        """The note is written behind the constants; then all is read, and counters follow."""
        at = Signal(range(self.info.depth + 1))
        end = self.info.depth
        m.d.comb += [
            self.info_read.addr.eq(at),
            self.info_write.addr.eq(at),
            self.info_write.data.eq(self.bytes.payload),
        ]
        with m.State("NOTE"):
            m.d.comb += self.bytes.ready.eq(1)
            with m.If(self.index == 0):
                m.d.sync += [at.eq(CONSTANTS.size), self.index.eq(1)]
                m.d.comb += self.bytes.ready.eq(0)
            with m.Elif(self.bytes.valid & (at != end)):
                m.d.comb += self.info_write.en.eq(1)
                m.d.sync += at.eq(at + 1)
            with m.Elif(self.empty):
                m.d.sync += self.index.eq(0)
                m.next = "INFO"
        # All in one clock: a run goes on, and what is fed and what is left must add up.
        counters = Cat(getattr(self, name) for name in COUNTERS)
        snapshot = Signal(len(counters))
        with m.State("INFO"):
            m.d.sync += [at.eq(0), snapshot.eq(counters)]
            m.next = "INFO READ"
        with m.State("INFO READ"):
            m.d.sync += at.eq(at + 1)
            m.next = "INFO PUT"
        with m.State("INFO PUT"):
            self._put(m, self.info_read.data)
            m.next = "INFO READ"
            with m.If(at == end):
                m.next = "COUNTERS"
        with m.State("COUNTERS"):
            self._put(m, snapshot)
            m.d.sync += [snapshot.eq(snapshot >> 8), self.index.eq(self.index + 1)]
            with m.If(self.index == len(snapshot) // 8 - 1):
                m.next = "ANSWER"
