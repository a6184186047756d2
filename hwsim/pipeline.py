"""The whole accelerator, clock by clock (arXiv:1806.01087 figure 4).

    pixels -> Layer 0 -> Junction 1 -> Layer 1 -> ... -> Junction L -> Cost -> prediction
                            Sequencer: position, and which input each stage works on

Throughput: one input per ``Schedule.block_cycle`` clocks. Latency: in scheme "prototype" the
prediction of an input leaves L + 1 blocks after its first pixels entered; in scheme "zero-bubble"
``Schedule.prediction_clock`` clocks after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from hwsim.cost import Cost
from hwsim.design import Design
from hwsim.fixed_point import Raw, Tally
from hwsim.junction import Junction
from hwsim.layer import Layer
from hwsim.memory import Access, BankedMemory, Clock
from hwsim.schedule import Schedule, make_schedule
from hwsim.sequencer import Descriptor, Sequencer, Tick
from hwsim.state import State


@dataclass(frozen=True, eq=False)
class Input:
    """One input as it is offered: its pixels (n_left_1,) and what travels with it."""

    pixels: Raw
    descriptor: Descriptor


@dataclass(frozen=True)
class Prediction:
    """One result on the output stream."""

    prediction: int
    correct: bool


class Pipeline:
    """The model: ``clock`` advances it by one clock, ``run`` feeds it inputs.

    Every memory can be read at any time: ``junctions[0].weight.values`` and so on.

    Args:
        design: the design.
        schedule: its schedule; made from the design if not given.
        state: weights and biases to start with; the design's initial ones if not given.
    """

    def __init__(
        self, design: Design, schedule: Schedule | None = None, state: State | None = None
    ) -> None:
        self.design = design
        self.schedule = schedule or make_schedule(design)
        self.now = Clock()
        self.sequencer = Sequencer(self.schedule)
        self.schedule.require_clash_free()
        parts = self.schedule.junctions
        self.layers = [
            Layer(design, part, self.now, before)
            for before, part in zip((None, *parts[:-1]), parts, strict=True)
        ]
        self.cost = Cost(design, self.schedule.junctions[-1], self.now)
        rights = [*self.layers[1:], self.cost]
        self.junctions = [
            Junction(design, self.schedule, i + 1, left, right, self.now)
            for i, (left, right) in enumerate(zip(self.layers, rights, strict=True))
        ]
        self.output: Prediction | None = None
        self.inputs_seen = 0
        self.epochs_seen = 0
        self.start_seconds = 0.0
        self._beats = self._split_beats()
        self.load(state or State.initial(design))

    def _split_beats(self) -> list[tuple[slice, Access]]:
        size, step = self.design.network.layers[0], self.design.pixels_per_beat
        spans = [(first, min(first + step, size)) for first in range(0, size, step)]
        return [(slice(*s), self.layers[0].access(np.arange(*s))) for s in spans]

    def clock(self, offer: Input | None = None, *, drain: bool = False, take: bool = True) -> Tick:
        """One clock.

        Args:
            offer: the input whose next beat is on the input stream, None if none is.
            drain: let inputs that are under way come out while none is offered.
            take: whether the prediction on the output stream, if any, is taken in this clock.

        Returns:
            What happened; ``beat`` says whether the offered beat was accepted.
        """
        self.now.now += 1
        if take:
            self.output = None
        ages = self.sequencer.ages  # of this clock: the end of a block makes new ones
        descriptor = offer.descriptor if offer else None
        tick = self.sequencer.clock(descriptor, drain=drain, free=self.output is None)
        if tick.beat is not None:
            part, access = self._beats[tick.beat]
            layer = self.layers[0]
            layer.activation.write(access, offer.pixels[part], layer.write_copy)
        if tick.position is None and self.schedule.is_skewed:
            return tick
        works = [self.sequencer.work(junction.part, tick, ages) for junction in self.junctions]
        for junction, work in zip(self.junctions, works, strict=True):
            junction.clock(work.position, work.forward, work.backward)
        for junction, work in zip(self.junctions, works, strict=True):
            if work.ends_cycle:
                self._rotate(junction)
        age, position = divmod(self.schedule.prediction_clock, self.schedule.block_cycle)
        is_due = tick.position == position if self.schedule.is_skewed else tick.ends_block
        if is_due and ages[age - 1].valid:
            guess = self.cost.prediction
            self.output = Prediction(guess, guess == ages[age - 1].label)
        return tick

    @staticmethod
    def _rotate(junction: Junction) -> None:
        """Let copies change roles: what it reads, and what it reads backwards from the right."""
        junction.left.rotate()
        if isinstance(junction.right, Layer):
            junction.right.rotate_back()
        else:
            junction.right.rotate()

    def run(
        self,
        pixels: Raw,
        labels: Raw,
        *,
        train: bool = True,
        progress: Callable[[int], None] | None = None,
        on_block: Callable[[], None] | None = None,
    ) -> Raw:
        """Feed inputs back to back, then drain.

        Args:
            pixels: (inputs, n_left_1) unsigned 8-bit.
            labels: (inputs,) right answers, as indices of output neurons.
            train: whether weights and biases learn.
            progress: called with the number of predictions so far, at each prediction.
            on_block: called at the end of every block.

        Returns:
            (inputs,) predictions made on the way.
        """
        predictions: list[int] = []
        source = self._inputs(pixels, labels, train)
        offer = next(source, None)
        while offer is not None or not self.sequencer.drained:
            tick = self.clock(offer, drain=True)
            if tick.beat == len(self._beats) - 1:
                offer = next(source, None)
            if tick.ends_block and on_block is not None:
                on_block()
            if self.output is not None:
                predictions.append(self.output.prediction)
                if progress is not None:
                    progress(len(predictions))
        return np.array(predictions, dtype=np.int64)

    def _inputs(self, pixels: Raw, labels: Raw, train: bool) -> Iterator[Input]:
        for i, (image, label) in enumerate(zip(pixels, labels, strict=True)):
            yield Input(image.astype(np.int64), self.describe(int(label), train, i))

    def describe(self, label: int, train: bool, number: int = -1) -> Descriptor:
        """What travels with the next input; counts it for the eta schedule if it trains."""
        shift = self.design.eta_shift_at(self.inputs_seen)
        self.inputs_seen += train
        return Descriptor(True, train, label, shift, number)

    def load(self, state: State) -> None:
        """Set weights, biases and counts; only while nothing is under way."""
        for junction, weight, bias in zip(self.junctions, state.weights, state.biases, strict=True):
            junction.weight.values[0], junction.bias.values[0] = weight, bias
        self.inputs_seen, self.epochs_seen = state.inputs_seen, state.epochs_seen

    def state(self) -> State:
        """Weights, biases and counts as they are now; to be resumed, only when drained."""
        return State(
            [j.weight.values[0].copy() for j in self.junctions],
            [j.bias.values[0].copy() for j in self.junctions],
            self.inputs_seen,
            self.epochs_seen,
            self.design.fingerprint,
        )

    @property
    def blocks(self) -> int:
        """Junction cycles since the model was made."""
        return self.sequencer.blocks

    def contents(self) -> dict[str, Raw]:
        """Every memory by name, (copies, elements)."""
        return {name: memory.values for name, memory in self.memories.items()}

    @property
    def memories(self) -> dict[str, BankedMemory]:
        """Every memory by name."""
        found = [self.layers[0].activation, self.cost.delta]
        for layer in self.layers[1:]:
            found += [layer.activation]
            found += [layer.derivative, layer.delta] if layer.has_delta else []
        for junction in self.junctions:
            found += [junction.weight, junction.bias]
        return {memory.name: memory for memory in found}

    @property
    def tallies(self) -> dict[str, Tally]:
        """Saturation counts by operation."""
        counts = {}
        for i, junction in enumerate(self.junctions):
            name = f"junction {i + 1}"
            counts[f"{name} feedforward product"] = junction.feedforward.product_tally
            counts[f"{name} feedforward sum"] = junction.feedforward.sum_tally
            counts[f"{name} update product"] = junction.update.product_tally
            counts[f"{name} weight"] = junction.update.weight_tally
            counts[f"{name} bias"] = junction.update.bias_tally
            if not junction.is_first and junction.backprop.per_edge:
                counts[f"{name} backprop product"] = junction.backprop.product_tally
                counts[f"{name} delta sum"] = junction.backprop.sum_tally
            if i + 1 < len(self.junctions) and not junction.backprop.per_edge:
                counts[f"{name} right delta"] = junction.slope_tally
        return counts | {"output delta": self.cost.tally}
