"""Model and hardware side by side: every memory's write port and every output, on every clock.

What two machines write into their memories on every clock, starting from equal contents, makes
their memories equal on every clock. The simulator is a function that reads a signal by name, so
that cocotb and Amaranth's own simulator serve alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np

from hwsim.backprop import sum_width
from hwsim.fixed_point import Raw
from hwsim.memory import BankedMemory
from hwsim.pipeline import Pipeline
from hwsim.sequencer import Tick
from rtl_gen.interleaver import index_shape
from rtl_gen.verification.stimulus import Offer

Sample = tuple[int, int]
"""Value of a signal as an unsigned integer, and which of its bits the simulator does not know."""

Read = Callable[[str], Sample]


@dataclass(frozen=True)
class WritePort:
    """A write port of the hardware and the model's memory behind it.

    Args:
        memory: of the model.
        phase: "LOAD", "FF", "BP" or "UP": the work that writes here.
        junction: that does it, from 1 (0: the input stream).
        enable, word, data: names of the hardware's signals.
        banks: as the port counts them.
        word_bits, data_bits: of one bank.
        age: blocks since the input was loaded that is worked on.
    """

    memory: BankedMemory
    phase: str
    junction: int
    enable: str
    word: str
    data: str
    banks: int
    word_bits: int
    data_bits: int
    age: int
    one_enable: bool = False

    def expected(self, clock: int) -> tuple[Raw, Raw, Raw]:
        """Enable, word and data of every bank as the model wrote them in this clock."""
        enable, word, data = (np.zeros(self.banks, dtype=np.int64) for _ in range(3))
        written = self.memory.written
        if written.clock == clock:
            bank = written.elements % self.banks
            enable[bank], word[bank] = 1, written.elements // self.banks
            data[bank] = written.values
        return enable, word, data


@dataclass(frozen=True, kw_only=True)
class Divergence:
    """Where hardware and model first differ.

    ``clock`` counts from the first clock compared, ``position`` within the block; None where
    meaningless. ``lane`` is the processing lane whose value it is; ``got`` is None if unknown (X).
    """

    input: int | None = None
    junction: int | None = None
    phase: str
    clock: int
    position: int | None = None
    lane: int | None = None
    bank: int | None = None
    word: int | None = None
    signal: str
    expected: int
    got: int | None

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


class Diverged(Exception):
    """Raised at the first difference."""

    def __init__(self, divergence: Divergence) -> None:
        self.divergence = divergence
        super().__init__(str(divergence))


class Lockstep:
    """Steps the model and compares it with what ``read`` says of the hardware.

    Args:
        model: the model, in the state that the hardware is in.
        read: samples a signal of the hardware's pipeline by its name.
    """

    def __init__(self, model: Pipeline, read: Read) -> None:
        self.model = model
        self.read = read
        self.ports = list(write_ports(model))
        self.clocks = 0
        self._advances = True

    def clock(self, offer: Offer) -> Tick:
        """One clock; the hardware has been given the same stimulus.

        Raises:
            Diverged: at the first difference.
        """
        model = self.model
        ages = list(model.sequencer.ages)
        self._compare_outputs()
        tick = model.clock(offer.input, drain=offer.drain, take=offer.take)
        self._scalar("pixels.ready", tick.beat is not None, when=offer.input is not None)
        self._advances = not model.schedule.is_skewed or tick.position is not None
        self._scalar("advance", self._advances)
        for port in self.ports:
            expected = port.expected(model.now.now)
            self._compare_port(port, expected, tick, ages)
        self.clocks += 1
        return tick

    def _compare_outputs(self) -> None:
        output = self.model.output
        self._scalar("predictions.valid", output is not None)
        if output is not None:
            bits = max(1, (self.model.design.network.layers[-1] - 1).bit_length())
            expected = output.prediction | output.correct << bits
            self._scalar("predictions.payload", expected)
        self._scalar("drained", self.model.sequencer.drained)

    def _scalar(self, name: str, expected: int, when: bool = True) -> None:
        got, unknown = self.read(name)
        if not when or (got == expected and not unknown):
            return
        divergence = Divergence(
            phase="STREAM",
            clock=self.clocks,
            position=self.model.sequencer.position,
            signal=name,
            expected=int(expected),
            got=None if unknown else got,
        )
        raise Diverged(divergence)

    def _compare_port(self, port: WritePort, expected: tuple, tick: Tick, ages: list) -> None:
        enable, word, data = expected
        everyone = np.ones_like(enable)
        got = self.read(port.enable)
        if port.phase != "LOAD" and not self._advances:
            got = (0, got[1])
        if port.one_enable:
            got = tuple(((1 << port.banks) - 1) * bit for bit in got)
        if got == (0, 0) and not enable.any():
            return
        place = (port, tick, ages, word)
        self._compare_vector(place, port.enable, enable, got, 1, everyone)
        for name, values, bits in (
            (port.word, word, port.word_bits),
            (port.data, data, port.data_bits),
        ):
            self._compare_vector(place, name, values, self.read(name), bits, enable)

    def _compare_vector(
        self, place: tuple, name: str, values: Raw, sample: Sample, bits: int, where: Raw
    ) -> None:
        """Compare those elements of a vector that ``where`` marks."""
        got, unknown = sample
        mask = pack(where * -1, bits)
        if unknown & mask == 0 and (got ^ pack(values, bits)) & mask == 0:
            return
        port = place[0]
        elements = unpack(got, bits, port.banks)
        if name == port.data and port.phase != "LOAD":
            elements = elements - ((elements >> (bits - 1)) << bits)
        is_unknown = unpack(unknown, bits, port.banks) != 0
        differs = ((values != elements) | is_unknown) & (where != 0)
        bank = int(np.flatnonzero(differs)[0])
        found = None if is_unknown[bank] else int(elements[bank])
        self._diverge(place, name, bank, int(values[bank]), found)

    def _diverge(self, place: tuple, name: str, bank: int, expected: int, got: int | None) -> None:
        port, tick, ages, word = place
        number = ages[port.age - 1].number if port.age else self.model.sequencer.incoming.number
        divergence = Divergence(
            input=number,
            junction=port.junction or None,
            phase=port.phase,
            clock=self.clocks,
            position=tick.position,
            lane=self._lane(port, bank, tick),
            bank=bank,
            word=int(word[bank]),
            signal=name,
            expected=expected,
            got=got,
        )
        raise Diverged(divergence)

    def _lane(self, port: WritePort, bank: int, tick: Tick) -> int | None:
        """The lane that served a bank; banks of the right side have none."""
        if port.phase == "UP" and port.memory.name.endswith("weight"):
            return bank
        if port.phase != "BP" or tick.position is None:
            return None
        part = self.model.schedule.junctions[port.junction - 1]
        pattern, position = part.interleaver, tick.position - part.latencies.backward
        in_range = 0 <= position < len(pattern.bank_lane)
        return int(pattern.bank_lane[position][bank]) if in_range else None


def pack(values: Raw, bits: int) -> int:
    """Little-endian concatenation of the low ``bits`` of each value."""
    digits = (values[:, None] >> np.arange(bits)) & 1
    return int.from_bytes(
        np.packbits(digits.astype(np.uint8), bitorder="little").tobytes(), "little"
    )


def unpack(value: int, bits: int, count: int) -> Raw:
    """The unsigned values that ``pack`` packs."""
    mask = (1 << bits) - 1
    return np.array([(value >> (bits * i)) & mask for i in range(count)], dtype=np.int64)


def write_ports(model: Pipeline) -> Iterator[WritePort]:
    """Every write port of the design."""
    design, schedule = model.design, model.schedule
    width = design.fixed_point.width
    for part, layer, junction in zip(
        schedule.junctions, model.layers, model.junctions, strict=True
    ):
        shape, i = part.shape, part.shape.index
        name, word_bits = f"layer_{i - 1}", index_shape(shape.left_depth).width
        before = schedule.junctions[i - 2].forward_age if i > 1 else 0
        result = {
            "phase": "FF" if i > 1 else "LOAD", "junction": i - 1, "banks": shape.left_banks,
            "word_bits": word_bits, "data_bits": width if i > 1 else design.input_bits,
            "enable": f"{name}.result_enable", "word": f"{name}.result_word", "age": before,
        }  # fmt: skip
        yield WritePort(memory=layer.activation, data=f"{name}.activation_data", **result)
        if layer.has_delta:
            yield WritePort(memory=layer.derivative, data=f"{name}.derivative_data", **result)
            per_edge = junction.backprop.per_edge
            yield WritePort(
                layer.delta, "BP", i, f"{name}.right.sum_enable", f"{name}.right.sum_word",
                f"{name}.right.sum", shape.z, index_shape(shape.depth).width,
                sum_width(design.fixed_point, shape.d_out, per_edge=per_edge),
                part.backward_age, one_enable=True,
            )  # fmt: skip
        if schedule.inference:
            continue
        for memory, kind, banks, depth in (
            (junction.weight, "weight", shape.z, shape.junction_cycle),
            (junction.bias, "bias", shape.right_banks, shape.right_depth),
        ):
            path = f"junction_{i}.parameters.{kind}_memory"
            yield WritePort(
                memory, "UP", i, f"{path}.write_enable", f"{path}.write_word",
                f"{path}.write_data", banks, index_shape(depth).width, width, part.backward_age,
            )  # fmt: skip
    if not schedule.inference:
        shape = schedule.junctions[-1].shape
        yield WritePort(
            model.cost.delta, "FF", shape.index, "cost.delta_enable", "cost.delta_word",
            "cost.delta_data", shape.right_banks, index_shape(shape.right_depth).width, width,
            schedule.junctions[-1].forward_age,
        )  # fmt: skip
