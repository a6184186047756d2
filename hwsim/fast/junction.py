"""One junction for one block: FF of one input, BP and UP of an older one, on the same weights.

All the lanes of all the clocks of the block, a few lanes at a time, so that what is fetched stays
in the processor's first cache. ``hwsim.junction`` does the same clock by clock.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsim.fast import neurons
from hwsim.fast.backprop import (
    contribute_per_edge,
    contribute_per_edge_short,
    contribute_short,
    contribute_wide,
)
from hwsim.fast.collect import (
    clipped_sum,
    collect_chained,
    collect_gathered,
    collect_looked_up,
    collect_rotated,
    plain_sum,
)
from hwsim.fast.compiled import inlined
from hwsim.fast.feedforward import add_products
from hwsim.fast.fetch import (
    DIRECT,
    GATHERED,
    LOOKED_UP,
    ROTATED,
    Operand,
    fetch_gathered,
    fetch_looked_up,
    fetch_rotated,
    read_banks,
    read_slots,
)
from hwsim.fast.update import update_weights
from hwsim.fast.vectors import LANES, fill


@inlined
def fetch(
    part: Any, tables: Any, left: np.ndarray, at: int, row: int, rows: int, slots: np.ndarray
) -> Operand:
    """What lanes ``row`` to ``row + rows`` of each group read in all clocks."""
    if part.fetch == DIRECT:
        source_at, word_at = part.source + row, part.word + row * LANES
        return Operand(
            left, at, part.stride, part.rows, tables.source, source_at, tables.word, word_at
        )
    if part.fetch == LOOKED_UP:
        fetch_looked_up(
            left, at, tables.source, part.source + row * part.runs,
            tables.word, part.word + row * part.stride, part.depth,
            rows, part.runs, part.run_length, part.stride, slots,
        )  # fmt: skip
    elif part.fetch == ROTATED:
        fetch_rotated(
            left, at, tables.source, part.source + row * part.runs, part.depth,
            rows, part.runs, part.stride, slots,
        )  # fmt: skip
    # GATHERED: it is there already, see ``gather``.
    return Operand(slots, 0, part.stride, part.rows, tables.source, 0, tables.word, 0)


@inlined
def begin_update(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    block: int, shift: int, tally: np.ndarray,
) -> None:  # fmt: skip
    """Delta and step of every right neuron, and of every segment."""
    if part.is_last:
        neurons.read_output_deltas(part, memory.output_delta, block, scratch.right_delta)
    elif is_per_edge(memory):
        neurons.read_layer_deltas(
            part, memory.delta, tables.right_delta_place, block, scratch.right_delta
        )
    else:
        tally[neurons.RIGHT_DELTA] += neurons.read_layer_sums(
            part, number, memory.delta, tables.right_delta_place, memory.slope, tables.right_place,
            tables.touches, block, scratch.right_delta,
        )  # fmt: skip
    neurons.make_steps(scratch.right_delta, part.n_right, shift, number.high, scratch.right_step)
    neurons.spread(
        part, scratch.right_delta, scratch.right_step, tables.right, scratch.delta, scratch.step
    )


@inlined
def finish_forward(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    block: int, label: int, tally: np.ndarray,
) -> None:  # fmt: skip
    """Activations of the right neurons, written where they are read next."""
    sums = scratch.sums
    if part.segments_per_neuron > 1:
        sums = scratch.joined
        neurons.join_segments(part, scratch.sums, tables.segment, sums)
    tally[neurons.FORWARD_SUM] += neurons.finish_sums(
        part, number, memory.bias, sums, scratch.address
    )
    if part.is_last:
        tally[neurons.OUTPUT] += neurons.write_cost(
            part, number, scratch.address, tables.curve, tables.slopes, label, block,
            scratch.a, memory.output_delta,
        )  # fmt: skip
    else:
        neurons.write_layer(
            part, scratch.address, tables.curve, tables.slopes, tables.right_place, block,
            memory.activation, memory.slope,
        )  # fmt: skip


@inlined
def is_per_edge(memory: Any) -> bool:
    """Whether a' is multiplied in per edge: then deltas are numbers, else wider sums.

    The answer lies in the types, so that kernels hold only what one profile needs.
    """
    return memory.delta.itemsize == memory.weight.itemsize


@inlined
def contribute(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    read: Any, slope: int, row: int, rows: int, tally: np.ndarray,
) -> None:  # fmt: skip
    """What some rows of slots add to the deltas of the left neurons."""
    at, to = part.weight + row * LANES, scratch.margin[0] + row * part.stride
    if is_per_edge(memory):
        left = fetch(part, tables, memory.slope, slope, row, rows, scratch.slope)
        if part.is_short:
            tally[neurons.BACK_PRODUCT] += contribute_per_edge_short(
                memory.weight, at, read, left, scratch.delta, rows, part.rows, part.stride,
                part.share_shift, part.weight_shift, number.low, number.high,
                scratch.contribution, to,
            )  # fmt: skip
        else:
            tally[neurons.BACK_PRODUCT] += contribute_per_edge(
                memory.weight, at, read, left, scratch.delta, rows, part.rows, part.stride,
                number.frac_bits, number.low, number.high, scratch.contribution, to,
            )  # fmt: skip
    elif scratch.contribution.itemsize == memory.weight.itemsize:
        contribute_short(
            memory.weight, at, scratch.delta, rows, part.rows, part.stride,
            part.share_shift, part.weight_shift, scratch.contribution, to,
        )  # fmt: skip
    else:
        contribute_wide(
            memory.weight, at, scratch.delta, rows, part.rows, part.stride,
            number.frac_bits, scratch.contribution, to,
        )  # fmt: skip


@inlined
def collect(
    plus: Any, part: Any, number: Any, memory: Any, tables: Any, scratch: Any, block: int
) -> int:
    """The delta of every left neuron; how many sums were clipped."""
    at, to = scratch.margin[0], part.delta + block % 2 * part.delta_size
    if part.collect == ROTATED:
        return collect_rotated(
            plus, scratch.contribution, at, tables.run, part.run, tables.phi, part.phi,
            part.d_out, part.depth, part.z, number.low, number.high,
            memory.delta, to, part.delta_stride,
        )  # fmt: skip
    if part.collect == LOOKED_UP:
        return collect_looked_up(
            plus, scratch.contribution, at, tables.run, part.run,
            tables.order, part.order, part.junction_cycle, part.depth, part.z,
            part.delta_stride, number.low, number.high, scratch.by_word, scratch.rows,
            scratch.by_clock, memory.delta, to,
        )  # fmt: skip
    if part.collect == GATHERED:
        return collect_gathered(
            plus, scratch.contribution, at, tables.run, part.run, part.d_out, part.delta_stride,
            part.n_left, number.low, number.high, scratch.in_order, memory.delta, to,
        )  # fmt: skip
    return collect_chained(
        scratch.contribution, at, tables.run, part.run, tables.before, part.before,
        tables.begin, part.begin, part.n_left, number.sum_low, number.sum_high,
        scratch.partial, memory.delta, to,
    )  # fmt: skip


@inlined
def gather(
    part: Any, tables: Any, memory: Any, scratch: Any,
    forward: int, backward: int, slope: int, row: int, rows: int,
) -> None:  # fmt: skip
    """What all phases read, where a pattern has to be gathered."""
    fetch_gathered(
        memory.activation, forward, backward, memory.slope, slope,
        is_per_edge(memory) and not part.is_first,
        tables.source, part.source + row * part.stride, rows * part.stride,
        scratch.forward, scratch.backward, scratch.slope,
    )  # fmt: skip


@inlined
def phases(
    read: Any, part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    block: int, forwards: bool, trains: bool, tally: np.ndarray,
) -> None:  # fmt: skip
    """FF, BP and UP of all edges, some rows of slots at a time."""
    forward = part.activation + (block - 1) % part.copies * part.left_size
    backward = part.activation + (block + 1) % part.copies * part.left_size
    slope = part.slope + (block + 1) % part.copies * part.left_size
    for row in range(0, part.rows, number.rows):
        rows = min(number.rows, part.rows - row)
        at = part.weight + row * LANES
        if part.fetch == GATHERED:
            gather(part, tables, memory, scratch, forward, backward, slope, row, rows)
        if forwards:
            left = fetch(part, tables, memory.activation, forward, row, rows, scratch.forward)
            add_products(memory.weight, at, read, left, rows, part.rows, part.stride, scratch.sums)
        if trains and not part.is_first:
            contribute(part, number, memory, tables, scratch, read, slope, row, rows, tally)
        if trains:
            left = fetch(part, tables, memory.activation, backward, row, rows, scratch.backward)
            tally[neurons.WEIGHT] += update_weights(
                memory.weight, at, read, left, scratch.step, rows, part.rows, part.stride,
                number.low, number.high,
            )  # fmt: skip


@inlined
def work(
    part: Any, number: Any, memory: Any, tables: Any, scratch: Any,
    block: int, forwards: bool, label: int, trains: bool, shift: int, tally: np.ndarray,
) -> None:  # fmt: skip
    """One block of one junction.

    Args:
        part: the junction's ``JUNCTION`` record.
        number: the ``NUMBER`` record.
        memory: what the hardware has, all junctions together.
        tables: the pattern.
        scratch: overwritten.
        block: number of the block since the model was made.
        forwards: whether there is an input to take forwards; ``label`` is its right answer.
        label: see there.
        trains: whether there is one to learn from; ``shift`` is its learning rate.
        shift: see there.
        tally: saturation counts of this junction.
    """
    if trains:
        begin_update(part, number, memory, tables, scratch, block, shift, tally)
    if forwards:
        fill(scratch.sums, 0, part.stride)
    if part.fetch == DIRECT:
        phases(read_banks, part, number, memory, tables, scratch, block, forwards, trains, tally)
    else:
        phases(read_slots, part, number, memory, tables, scratch, block, forwards, trains, tally)
    if forwards:
        finish_forward(part, number, memory, tables, scratch, block, label, tally)
    if trains:
        tally[neurons.BIAS] += neurons.update_biases(part, number, memory.bias, scratch.right_step)
        if not part.is_first:
            if is_per_edge(memory):
                tally[neurons.BACK_SUM] += collect(
                    clipped_sum, part, number, memory, tables, scratch, block
                )
            else:
                collect(plain_sum, part, number, memory, tables, scratch, block)
