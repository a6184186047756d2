"""One junction for one block: FF of one input, BP and UP of an older one, on the same weights.

All the lanes of all the clocks of the block; ``hwsim.junction`` does the same clock by clock.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast import neurons, tallies
from hwsim.fast.activation import write_cost, write_layer
from hwsim.fast.backprop import clipped_sum, plain_sum
from hwsim.fast.collect import collect_chained, collect_lanes
from hwsim.fast.compiled import if_as_wide, inlined
from hwsim.fast.layout import BUNDLED
from hwsim.fast.phases_by_bundle import work_by_bundle
from hwsim.fast.phases_by_left import work_by_left
from hwsim.fast.phases_by_right import work_by_right
from hwsim.fast.update import rate_of


@inlined
def read_deltas(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    block: int, tally: np.ndarray,
) -> None:  # fmt: skip
    """Delta of every right neuron, and of every segment."""
    (delta,) = of_neurons(part, scratch)
    if part.is_last:
        neurons.read_output_deltas(part, memory.output_delta, block, delta)
    else:
        read = if_as_wide(
            memory.delta, memory.weight, neurons.read_layer_deltas, neurons.read_layer_sums
        )
        tally[tallies.RIGHT_DELTA] += read(part, number, memory, tables, block, delta)
    neurons.spread(part, delta, tables.right, scratch.delta)


@inlined
def of_neurons(part: Any, scratch: Any) -> tuple[np.ndarray]:
    """Where the delta of each right neuron is."""
    if part.segments_per_neuron > 1:
        return (scratch.right_delta,)
    return (scratch.delta,)


@inlined
def finish_backward(
    plus: Any, part: Any, number: Any, memory: Any, tables: Any, scratch: Any, delta: int
) -> int:
    """The delta of every left neuron, where BP has not added it up yet; how many were clipped."""
    if part.is_chained:
        return collect_chained(
            scratch.contribution, tables.run, part.run, tables.before, part.before,
            tables.begin, part.begin, part.n_left, number.sum_low, number.sum_high,
            scratch.partial, tables.place, part.place, memory.delta, delta,
        )  # fmt: skip
    if part.is_by_left:
        return 0
    return collect_lanes(
        plus, scratch.contribution, tables.run, part.run, tables.order, part.order,
        part.junction_cycle, part.depth, part.z, part.delta_stride, number.low, number.high,
        scratch.by_clock, memory.delta, delta,
    )  # fmt: skip


@inlined
def work(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    block: int, forwards: bool, trains: bool, shift: int, tally: np.ndarray,
) -> None:  # fmt: skip
    """One block of one junction, but for the activations of its right neurons.

    Args:
        part: the junction's ``JUNCTION`` record.
        number: the ``NUMBER`` record.
        memory: what the hardware has, all junctions together.
        tables: the pattern.
        scratch: overwritten; ``h`` is the result.
        block: number of the block since the model was made.
        forwards: whether there is an input to take forwards.
        trains: whether there is one to learn from; ``shift`` is its learning rate.
        shift: see there.
        tally: saturation counts of this junction.
    """
    forward = part.activation + (block - 1) % part.copies * part.left_size
    backward = part.activation + (block + 1) % part.copies * part.left_size
    slope = part.slope + (block - 1 - part.lag) % max(1, part.slope_copies) * part.left_size
    delta = part.delta + block % 2 * part.delta_size
    rate = rate_of(number, memory.weight, shift)
    if trains:
        read_deltas(part, number, memory, tables, scratch, block, tally)
    if part.kind == BUNDLED:
        work_by_bundle(
            part, number, memory, tables, scratch, rate,
            forward, backward, trains, tally,
        )  # fmt: skip
    elif part.is_by_left:
        work_by_left(
            part, number, memory, tables, scratch, rate,
            forward, backward, slope, delta, forwards, trains, tally,
        )  # fmt: skip
    else:
        work_by_right(
            part, number, memory, tables, scratch, rate,
            forward, backward, slope, forwards, trains, tally,
        )  # fmt: skip
    if part.kind != BUNDLED:
        (of_right,) = of_neurons(part, scratch)
        tally[tallies.BIAS] += neurons.work_biases(
            part, number, memory.bias, of_right, rate, forwards, trains, scratch.h
        )
    if trains and not part.is_first:
        plus = if_as_wide(memory.delta, memory.weight, clipped_sum, plain_sum)
        tally[tallies.BACK_SUM] += finish_backward(
            plus, part, number, memory, tables, scratch, delta
        )


@inlined
def activate(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    block: int, label: int, tally: np.ndarray,
) -> None:  # fmt: skip
    """Activations of the right neurons, written where they are read next.

    Args:
        part: as for ``work``, which made ``h``.
        number: see there.
        memory: see there.
        tables: see there.
        scratch: see there.
        block: see there.
        label: the right answer of the input that was taken forwards.
        tally: see there.
    """
    if part.is_last:
        sums, differences = write_cost(part, number, memory, tables, scratch, block, label)
        tally[tallies.FORWARD_SUM] += sums
        tally[tallies.OUTPUT] += differences
    else:
        tally[tallies.FORWARD_SUM] += write_layer(part, number, memory, tables, scratch, block)
