"""The order of an epoch, one index at a time; the same permutation as ``hwsim.shuffle``."""

from __future__ import annotations

from amaranth.hdl import Array, Module, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hwsim.shuffle import ROUNDS
from rtl_gen.lanes import Lanes


class Shuffle(wiring.Component):
    """The index at a position.

    A pass takes a clock per round and two more; on average there are fewer than two passes.

    Args:
        bits: of a position and an index.

    Attributes:
        size, mask (In): n, and the next power of two minus 1; steady while in use.
        keys (In): one for each round, only the lowest bits of each.
        bypass (In): every index is its position.
        positions (In): positions below n.
        indices (Out): the index at each of them, in order.
    """

    def __init__(self, *, bits: int) -> None:
        self.bits = bits
        super().__init__(
            {
                "size": In(bits + 1),
                "mask": In(bits),
                "keys": In(Lanes(unsigned(bits), len(ROUNDS))),
                "bypass": In(1),
                "positions": In(stream.Signature(bits)),
                "indices": Out(stream.Signature(bits)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        x, count = self.indices.payload, Signal(range(len(ROUNDS)))
        summed, mixed = Signal(self.bits), Signal(self.bits)
        shifted = Array([x << up for up, _ in ROUNDS])[count]
        m.d.comb += [
            summed.eq((x + shifted + self.keys[count]) & self.mask),
            mixed.eq(summed ^ Array([summed >> down for _, down in ROUNDS])[count]),
        ]
        with m.FSM():
            with m.State("FREE"):
                m.d.comb += self.positions.ready.eq(1)
                m.d.sync += [x.eq(self.positions.payload), count.eq(0)]
                with m.If(self.positions.valid):
                    m.next = "ROUNDS"
                    with m.If(self.bypass):
                        m.next = "FOUND"
            with m.State("ROUNDS"):
                m.d.sync += [x.eq(mixed), count.eq(count + 1)]
                with m.If(count == len(ROUNDS) - 1):
                    m.d.sync += count.eq(0)
                    m.next = "JUDGE"
            with m.State("JUDGE"):
                m.next = "ROUNDS"
                with m.If(x < self.size):
                    m.next = "FOUND"
            with m.State("FOUND"):
                m.d.comb += self.indices.valid.eq(1)
                with m.If(self.indices.ready):
                    m.next = "FREE"
        return m
