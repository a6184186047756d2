"""A board as a Python object; the same calls for hardware and for its simulation."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from types import TracebackType

import numpy as np

from fpga.host.line import Line, Patience
from fpga.link.beats import CONTROL
from fpga.link.frames import FORMAT, Command
from fpga.link.info import CONSTANTS, Info
from fpga.link.sizes import WORD_BYTES, Sizes
from hwsim.data import Labels, Pixels
from hwsim.design import Design
from hwsim.errors import BadInput, bad
from hwsim.fixed_point import Raw
from hwsim.interleaver import Index
from hwsim.schedule import Schedule, make_schedule
from hwsim.shuffle import Shuffle
from hwsim.state import State
from rtl_gen import register_map as regs
from rtl_gen.pipeline import prediction_layout

DEFAULT_BAUD = 3_000_000
DRAINED = 2
POLL_SECONDS = 0.005


class Board:
    """Speaks to one board.

    Args:
        design: what the board must hold.
        url: see ``Line``.
        schedule: of the design; made from it if not given.
        baud: see ``Line``.
        patience: see ``Line``.
        request_bytes: longest payload to send or ask for, if it is to be shorter than the board
            takes: on a bad line short frames get through sooner.

    Raises:
        BadInput: if the port cannot be opened, or what answers there is not this design.
    """

    def __init__(
        self, design: Design, url: str, *, schedule: Schedule | None = None,
        baud: int = DEFAULT_BAUD, patience: Patience | None = None,
        request_bytes: int = 1 << 16,
    ) -> None:  # fmt: skip
        self.design = design
        self.schedule = schedule or make_schedule(design)
        self.line = Line(url, baud=baud, patience=patience)
        self.sizes = Sizes(self.schedule, 1)
        self.request_bytes = request_bytes
        try:
            self.hello()
        except BadInput:
            self.close()
            raise

    def __enter__(self) -> Board:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def close(self) -> None:
        self.line.close()

    def hello(self) -> Info:
        """Begin a session, and find out what the board is and does.

        Raises:
            BadInput: if it holds another design, or speaks another format.
        """
        info = Info.decode(self.line.hello())
        identity, version, input_bytes, payload, stored, design = CONSTANTS.unpack(info.constants)
        url = self.line.url
        if (identity, version) != (regs.IDENTITY_VALUE, FORMAT):
            rule = f"speaks format {version}, and this host speaks {FORMAT}"
            raise bad("board", "--port", url, rule, "use the clashfree that built it")
        self.sizes = sizes = Sizes(self.schedule, stored)
        if design != sizes.design_hash:
            rule = f"holds another design ({design.hex()}, not {sizes.design_hash.hex()})"
            raise bad("board", "--port", url, rule, "name the design file it was built from")
        assert (input_bytes, payload) == (sizes.input_bytes, sizes.payload_bytes)
        return info

    def info(self) -> Info:
        """How far the board has come."""
        return Info.decode(self.line.request(Command.STATUS))

    def leave(self, note: bytes) -> Info:
        """Keep a note on the board for whoever says hello next; see ``Note``."""
        return Info.decode(self.line.request(Command.NOTE, note))

    def _most(self, item_bytes: int) -> int:
        """How many items fit into a payload, with a word in front of them."""
        room = min(self.request_bytes, self.sizes.payload_bytes) - WORD_BYTES
        return max(1, room // item_bytes)

    def write(self, register: regs.Register, *values: int) -> None:
        """Write values to one register, one after the other."""
        most = self._most(WORD_BYTES)
        for first in range(0, len(values), most):
            words = [register.address, *(int(v) & 0xFFFFFFFF for v in values[first : first + most])]
            self.line.request(Command.WRITE, struct.pack(f"<{len(words)}I", *words))

    def read(self, register: regs.Register, count: int = 1) -> list[int]:
        """Read a register ``count`` times, as signed numbers."""
        most, found = self._most(WORD_BYTES), []
        while len(found) < count:
            words = min(most, count - len(found))
            answer = self.line.request(Command.READ, struct.pack("<II", register.address, words))
            found += struct.unpack(f"<{words}i", answer)
        return found

    def load(self, state: State) -> None:
        """Write all weights and biases; nothing may be under way."""
        for select, values in self._parameters(state):
            self.write(regs.PARAMETER_SELECT, select)
            self.write(regs.PARAMETER_DATA, *values)

    def state(self, inputs_seen: int = 0, epochs_seen: int = 0) -> State:
        """Read all weights and biases back; the counts are the host's."""
        shapes = self.design.shapes
        state = State(
            [np.zeros(shape.n_edges, dtype=np.int64) for shape in shapes],
            [np.zeros(shape.n_right, dtype=np.int64) for shape in shapes],
            inputs_seen,
            epochs_seen,
            self.design.fingerprint,
        )
        for select, values in self._parameters(state):
            self.write(regs.PARAMETER_SELECT, select)
            values[:] = self.read(regs.PARAMETER_DATA, len(values))
        return state

    @staticmethod
    def _parameters(state: State) -> Iterator[tuple[int, Raw]]:
        """Value of PARAMETER_SELECT, and what lies behind it."""
        for i, (weight, bias) in enumerate(zip(state.weights, state.biases, strict=True)):
            yield i + 1, weight
            yield (i + 1) | 1 << 8, bias

    def stream(
        self, pixels: Pixels, labels: Labels, *, train: bool, eta_shift: int = 0
    ) -> Iterator[Index]:
        """Feed inputs; per request, the predictions that have been made by then.

        The last ones come with ``drain``, or with the next inputs.
        """
        step = self._most(self.sizes.input_bytes)
        for first in range(0, len(pixels), step):
            part = slice(first, first + step)
            yield self._stream(train, eta_shift, self._encode(pixels[part], labels[part]))

    def drain(self) -> Index:
        """Let everything under way come out; the predictions of streamed inputs among it."""
        self.write(regs.CONTROL, 1)
        made = [self._stream(False, 0)]
        while not self.read(regs.STATUS)[0] & DRAINED:
            made.append(self._stream(False, 0))
        self.write(regs.CONTROL, 0)
        made.append(self._stream(False, 0))
        return np.concatenate(made)

    def _stream(self, train: bool, eta_shift: int, inputs: bytes = b"") -> Index:
        control = CONTROL.const({"train": train, "eta_shift": eta_shift}).as_bits()
        answer = self.line.request(Command.STREAM, control.to_bytes(WORD_BYTES, "little") + inputs)
        mask = (1 << (prediction_layout(self.design).size - 1)) - 1
        return np.frombuffer(answer, "<u2").astype(np.int64) & mask

    def infer(self, pixels: Pixels, labels: Labels | None = None) -> Index:
        """Predictions without training; drains before and after."""
        labels = np.zeros(len(pixels), dtype=np.int64) if labels is None else labels
        self.drain()  # predictions that another host did not live to fetch are not ours
        made = [*self.stream(pixels, labels, train=False), self.drain()]
        return np.concatenate(made)

    def train(self, pixels: Pixels, labels: Labels, *, inputs_seen: int = 0) -> Index:
        """Train on inputs in this order; their predictions; drains before and after.

        ``inputs_seen`` came before: the learning rate is the design's for those that come now.
        """
        made = []
        self.drain()
        for part, eta_shift in eta_parts(self.design, inputs_seen, len(pixels)):
            made += self.stream(pixels[part], labels[part], train=True, eta_shift=eta_shift)
        return np.concatenate([*made, self.drain()])

    def _encode(self, pixels: Pixels, labels: Labels) -> bytes:
        """Inputs as requests carry them."""
        content = np.zeros((len(pixels), self.sizes.input_bytes), dtype=np.uint8)
        content[:, :2] = labels.astype("<u2")[:, None].view(np.uint8)
        content[:, 2 : 2 + pixels.shape[1]] = pixels
        return content.tobytes()

    def store(self, pixels: Pixels, labels: Labels, *, first: int = 0) -> Iterator[int]:
        """Write inputs into the board's memory; yields how many each request wrote.

        Raises:
            BadInput: if they do not fit.
        """
        if first + len(pixels) > self.sizes.stored_inputs:
            rule = f"the board has room for {self.sizes.stored_inputs} inputs"
            fix = "feed them with --stream, or use --limit"
            raise bad("board", "inputs", first + len(pixels), rule, fix)
        step = self._most(self.sizes.input_bytes)
        for begin in range(0, len(pixels), step):
            part = slice(begin, begin + step)
            place = (first + begin).to_bytes(WORD_BYTES, "little")
            self.line.request(Command.STORE, place + self._encode(pixels[part], labels[part]))
            yield len(pixels[part])

    def run(
        self, *, first: int, size: int, begin: int, count: int, train: bool, eta_shift: int = 0,
        shuffle: Shuffle | None = None,
    ) -> None:  # fmt: skip
        """Begin to feed stored inputs: ``count`` positions of an order, from ``begin`` on.

        The order is one of the ``size`` inputs from ``first`` on: their own, or that of
        ``shuffle``. ``wait`` tells how it goes.
        """
        order = shuffle or Shuffle(size, ())
        control = {"train": train, "eta_shift": eta_shift, "shuffle": shuffle is not None}
        words = [first, size, order.mask, begin, count, CONTROL.const(control).as_bits()]
        words += order.keys or Shuffle.of(size, seed=0, epoch=0).keys
        self.line.request(Command.RUN, struct.pack(f"<{len(words)}I", *words))

    def wait(self) -> Iterator[Info]:
        """While a run goes on, how far the board is; ends with its last input fed."""
        info = self.info()
        while info.left:
            yield info
            time.sleep(POLL_SECONDS)
            info = self.info()
        yield info


def eta_parts(design: Design, inputs_seen: int, count: int) -> Iterator[tuple[slice, int]]:
    """Inputs 0 .. count-1 cut where the learning rate changes, and eta_shift of each part."""
    begin = 0
    for end in range(1, count + 1):
        shift = design.eta_shift_at(inputs_seen + begin)
        if end == count or design.eta_shift_at(inputs_seen + end) != shift:
            yield slice(begin, end), shift
            begin = end
