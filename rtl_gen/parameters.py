"""Weights and biases of one junction: two memories, read in every clock, and the host's way in.

Same memories as ``weight`` and ``bias`` of ``hwsim.junction``. Latency of a read: 1 clock.
"""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Module, Mux
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwsim.design import Design, JunctionShape
from hwsim.natural_order import NaturalOrder
from rtl_gen.delay import delay, delay_data
from rtl_gen.fixed_point import FixedPoint
from rtl_gen.interleaver import index_shape
from rtl_gen.lanes import Lanes, fill
from rtl_gen.memory import BankedMemory
from rtl_gen.natural_order import gather, scatter, words

GROUP_BITS = 3
GROUP = 1 << GROUP_BITS
"""Banks that the host's multiplexer chooses from before its register: block RAM takes its time."""

VALUE_CLOCKS = 2
"""From the host's access to its value: one in the memory, one between multiplexers."""


class HostSide(wiring.Signature):
    """Access to one weight or bias while the pipeline is idle, as seen by the host.

    ``value`` follows ``VALUE_CLOCKS`` clocks after ``select``, in which the junction is enabled.
    Element k of a memory of n banks has bank k % n and word k // n; weights have z banks, biases
    ``right_banks``.
    """

    def __init__(self, design: Design) -> None:
        shapes = design.shapes
        super().__init__(
            {
                "select": Out(1),
                "write": Out(1),
                "is_bias": Out(1),
                "word": Out(index_shape(max(max(s.junction_cycle, s.right_depth) for s in shapes))),
                "bank": Out(index_shape(max(s.z for s in shapes))),
                "data": Out(design.fixed_point.width),
                "value": In(design.fixed_point.width),
            }
        )


class Parameters(wiring.Component):
    """Weight and bias memories.

    Args:
        design: the design.
        shape: the junction.

    Attributes:
        position (In): word of the weights to read; base, word (In): first bias to read.
        weight (Out): (z,), bias (Out): (right_banks,), one clock later.
        update (In): write ``new_weight`` (In) to ``update_position`` (In), and the first
            ``update_count`` of ``new_bias`` from ``update_base``, ``update_word`` on (all In).
        host (In): see ``HostSide``.
    """

    def __init__(self, design: Design, shape: JunctionShape) -> None:
        number = FixedPoint.of(design.fixed_point)
        self.shape = shape
        self.number = number
        self.bases = NaturalOrder(shape).bases(shape.right_banks)
        lanes, slots = Lanes(number.shape, shape.z), Lanes(number.shape, shape.right_banks)
        position, base = index_shape(shape.junction_cycle), index_shape(shape.right_banks)
        word = index_shape(shape.right_depth)
        super().__init__(
            {
                "position": In(position),
                "base": In(base),
                "word": In(word),
                "weight": Out(lanes),
                "bias": Out(slots),
                "update": In(1),
                "update_position": In(position),
                "update_count": In(range(shape.right_banks + 1)),
                "update_base": In(base),
                "update_word": In(word),
                "new_weight": In(lanes),
                "new_bias": In(slots),
                "host": In(HostSide(design)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shape, host, kind = self.shape, self.host, self.number.shape
        m.submodules.weight_memory = self.weight_memory = weights = BankedMemory(
            shape=kind, size=shape.n_edges, banks=shape.z
        )
        m.submodules.bias_memory = self.bias_memory = biases = BankedMemory(
            shape=kind, size=shape.n_right, banks=shape.right_banks
        )
        self._read(m, weights, [self.position] * shape.z)
        self._read(m, biases, words(shape.right_banks, self.base, self.word))
        self._host_writes(m, weights, ~host.is_bias)
        self._host_writes(m, biases, host.is_bias)
        with m.If(self.update):
            self._update(m, weights, biases)

        base = delay(m, self.base, 1, "base")
        bias = gather(m, list(biases.read_data), biases.banks, biases.banks, base, self.bases)
        m.d.comb += [self.weight.eq(weights.read_data), fill(self.bias, bias)]
        self._host_reads(m, biases=list(biases.read_data), weights=list(weights.read_data))
        return m

    def _host_reads(self, m: Module, **banks: list) -> None:
        """Out of each group of banks one value, kept for a clock, and out of these the host's."""
        bank = delay(m, self.host.bank, 1, "host_bank")
        group = delay(m, bank[GROUP_BITS:], 1, "host_group")
        is_bias = delay(m, self.host.is_bias, VALUE_CLOCKS, "host_bias")
        values = {}
        for name, read in banks.items():
            groups = [
                delay_data(m, Array(read[first : first + GROUP])[bank[:GROUP_BITS]], 1,
                           f"host_{name}_{first}")
                for first in range(0, len(read), GROUP)
            ]  # fmt: skip
            values[name] = Array(groups)[group]
        m.d.comb += self.host.value.eq(Mux(is_bias, values["biases"], values["weights"]))

    def _read(self, m: Module, memory: BankedMemory, addresses: list) -> None:
        host = self.host
        chosen = [Mux(host.select, host.word, address) for address in addresses]
        m.d.comb += fill(memory.read_word, chosen)

    def _host_writes(self, m: Module, memory: BankedMemory, wanted: object) -> None:
        host, banks = self.host, range(memory.banks)
        writes = host.select & host.write & wanted
        m.d.comb += [
            memory.write_enable.eq(Cat(writes & (host.bank == bank) for bank in banks)),
            fill(memory.write_word, [host.word for _ in banks]),
            fill(memory.write_data, [host.data for _ in banks]),
        ]

    def _update(self, m: Module, weights: BankedMemory, biases: BankedMemory) -> None:
        base, word = self.update_base, self.update_word
        enables, values = scatter(
            list(self.new_bias), biases.banks, self.update_count, base, self.bases
        )
        m.d.comb += [
            weights.write_enable.eq(~0),
            fill(weights.write_word, [self.update_position] * weights.banks),
            weights.write_data.eq(self.new_weight),
            biases.write_enable.eq(Cat(enables)),
            fill(biases.write_word, words(biases.banks, base, word)),
            fill(biases.write_data, values),
        ]
