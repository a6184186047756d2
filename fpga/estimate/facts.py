"""What bills of one junction read from its design and schedule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwsim.backprop import sum_width
from hwsim.design import Design, JunctionShape
from hwsim.fixed_point import FixedPoint
from hwsim.natural_order import NaturalOrder
from hwsim.registers import Registers
from hwsim.schedule import JunctionSchedule, Schedule


def index_bits(count: int) -> int:
    """Bits of an index below ``count``, as the hardware has it: one at least."""
    return max(1, (count - 1).bit_length())


@dataclass(frozen=True)
class Facts:
    """One junction: what its hardware is generated from, and some of what follows."""

    schedule: Schedule
    part: JunctionSchedule

    @property
    def design(self) -> Design:
        return self.schedule.design

    @property
    def shape(self) -> JunctionShape:
        return self.part.shape

    @property
    def number(self) -> FixedPoint:
        return self.design.fixed_point

    @property
    def width(self) -> int:
        return self.number.width

    @property
    def frac_bits(self) -> int:
        return self.number.frac_bits

    @property
    def int_bits(self) -> int:
        return self.number.int_bits

    @property
    def registers(self) -> Registers:
        return self.design.registers

    @property
    def function(self) -> str:
        return self.design.activations[self.shape.index - 1]

    @property
    def per_edge(self) -> bool:
        return self.design.number.profile == "prototype"

    @property
    def trains(self) -> bool:
        return not self.part.inference

    @property
    def is_first(self) -> bool:
        return self.shape.index == 1

    @property
    def is_last(self) -> bool:
        return self.shape.index == self.design.n_junctions

    @property
    def has_delta(self) -> bool:
        return self.trains and not self.is_first

    @property
    def has_slope(self) -> bool:
        return self.trains and not self.is_last and not self.per_edge

    @property
    def multiplier_latency(self) -> int:
        return self.registers.multiplier + self.registers.product

    @property
    def value_bits(self) -> int:
        """Of a left activation as stored, without bits that are not used or always 0."""
        if self.is_first:
            return min(self.design.input_bits, self.frac_bits)
        return self._result_bits(self.design.activations[self.shape.index - 2])

    @property
    def operand_bits(self) -> int:
        """Of a left activation as a number, without upper bits that are always 0."""
        if self.is_first:
            return 1 + max(self.design.input_bits, self.frac_bits)
        return min(self.width, self.value_bits + 1)

    @property
    def slope_bits(self) -> int:
        """Of a left derivative as stored."""
        return self.frac_bits

    @property
    def quadratic(self) -> bool:
        return self.design.network.cost == "quadratic"

    @property
    def is_fixed(self) -> bool:
        """Whether lanes and banks are wired for good."""
        bank = self.part.interleaver.bank
        return bool((bank == bank[0]).all())

    @cached_property
    def different_words(self) -> int:
        """Banks whose words differ in some clock; equal ones share their counter."""
        return len(np.unique(self.part.interleaver.bank_word, axis=1).T)

    @property
    def result_bits(self) -> int:
        return self._result_bits(self.function)

    @property
    def result_slope_bits(self) -> int:
        """Of a derivative on its way to the right: that of a sigmoid is below 1/4."""
        return self.frac_bits - (0 if self.function == "relu" else 2)

    @property
    def has_result_slope(self) -> bool:
        return self.trains and (not self.is_last or self.quadratic)

    def _result_bits(self, function: str) -> int:
        return self.width if function == "relu" else self.frac_bits

    @property
    def phase_bits(self) -> int:
        return index_bits(self.shape.d_in) if self.shape.z % self.shape.d_in else 0

    @cached_property
    def lane_offsets(self) -> list[tuple[int, ...]]:
        """Of every lane, how far its right neuron can lie beyond the first one touched."""
        order = NaturalOrder(self.shape)
        return [order.offsets(lane) for lane in range(self.shape.z)]

    @property
    def double_lanes(self) -> int:
        """Lanes whose edges belong to one of two neurons."""
        return sum(len(offsets) > 1 for offsets in self.lane_offsets)

    @property
    def terms(self) -> list[int]:
        """Products that can go into the sum of each slot."""
        return [
            sum(slot in offsets for offsets in self.lane_offsets)
            for slot in range(self.shape.right_banks)
        ]

    @property
    def sum_bits(self) -> int:
        """Of a left delta as stored."""
        return sum_width(self.number, self.shape.d_out, per_edge=self.per_edge)

    @property
    def right_sum_bits(self) -> int:
        """Of a right delta as it is read."""
        if self.is_last:
            return self.width
        right = self.design.shapes[self.shape.index]
        return sum_width(self.number, right.d_out, per_edge=self.per_edge)

    @property
    def right_place(self) -> tuple[int, int]:
        """Bits of bank and word of the first right neuron touched, in the memory to the right."""
        shape = self.shape
        banks, depth = shape.right_banks, shape.right_depth
        if not self.is_last:
            banks = self.design.shapes[shape.index].left_banks
            depth = -(-shape.n_right // banks)
        return index_bits(banks), index_bits(depth)
