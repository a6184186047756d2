"""The fast engine: ``Pipeline`` without its clocks, the same bits (see ``hwsim.pipeline``).

It computes junction after junction and block after block, in kernels that numba compiles; clocks
follow from the schedule. Whatever ``Pipeline.run`` leaves in a memory, ``FastPipeline.run`` does.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from hwsim.design import Design
from hwsim.fast import tallies
from hwsim.fast.compiled import forget_what_changed, one_process_at_a_time
from hwsim.fast.layout import Layout
from hwsim.fast.memory_map import MemoryMap, checked_pixels, touches_of
from hwsim.fast.network import run_blocks
from hwsim.fixed_point import Raw, Tally
from hwsim.schedule import Schedule, make_schedule
from hwsim.state import State

forget_what_changed()

PATIENCE = 0.05
"""Seconds between looks at the keyboard and the progress bar."""


class FastPipeline:
    """The model, fast: ``run`` feeds it inputs.

    Args:
        design: the design.
        schedule: its schedule; made from the design if not given.
        state: weights and biases to start with; the design's initial ones if not given.

    Attributes:
        start_seconds: what compiling took, or loading what was compiled before.
    """

    def __init__(
        self, design: Design, schedule: Schedule | None = None, state: State | None = None
    ) -> None:
        self.design = design
        self.schedule = schedule or make_schedule(design)
        self.schedule.require_clash_free()
        self.map = MemoryMap(design, self.schedule)
        self.inputs_seen = 0
        self.epochs_seen = 0
        self.blocks = 0
        self.forward_inputs = 0
        self.trained_inputs = 0
        self._counts = np.zeros((design.n_junctions, len(tallies.KINDS)), dtype=np.int64)
        first = self.schedule.junctions[0]
        self._pixels = np.zeros((first.copies["activation"], first.shape.n_left), dtype=np.int64)
        self.load(state or State.initial(design))
        self.start_seconds = self._start()

    def _start(self) -> float:
        """Compile, or load what was compiled before; the seconds it took."""
        begun = time.perf_counter()
        nothing = np.zeros(0, dtype=np.int64)
        with one_process_at_a_time():
            self._run_blocks(np.zeros(0, dtype=np.uint8), nothing, nothing, True, 0, 0, nothing)
        return time.perf_counter() - begun

    def _run_blocks(
        self, pixels: Raw, positions: Raw, shifts: Raw, train: bool,
        first: int, last: int, predictions: Raw,
    ) -> None:  # fmt: skip
        whole = self.map
        run_blocks(
            whole.junctions, whole.numbers, whole.memory, whole.tables, whole.scratch,
            pixels, positions, shifts, train, self.blocks, first, last, predictions, self._counts,
        )  # fmt: skip

    def run(
        self,
        pixels: Raw,
        labels: Raw,
        *,
        train: bool = True,
        progress: Callable[[int], None] | None = None,
    ) -> Raw:
        """Feed inputs back to back, then drain.

        Args:
            pixels: (inputs, n_left_1) unsigned 8-bit.
            labels: (inputs,) right answers, as indices of output neurons.
            train: whether weights and biases learn.
            progress: called now and then with the number of predictions so far.

        Returns:
            (inputs,) predictions made on the way.

        Raises:
            ValueError: if shapes or labels do not fit the design; nothing has changed then. After
                an exception from ``progress`` inputs are under way: make a new engine.
        """
        layers = self.design.network.layers
        pixels = checked_pixels(pixels, layers[0])
        labels = np.asarray(labels, dtype=np.int64)
        if labels.shape != (len(pixels),):
            raise ValueError(f"labels must have shape ({len(pixels)},), not {labels.shape}")
        if len(labels) and not (labels.min() >= 0 and labels.max() < layers[-1]):
            raise ValueError(f"labels must be 0 to {layers[-1] - 1}")
        n_inputs, n_junctions = len(pixels), self.design.n_junctions
        order = self.map.layouts[-1].right_order
        positions = np.argsort(order)[labels]
        shifts = self._shifts(n_inputs, train)
        predictions = np.zeros(n_inputs, dtype=np.int64)
        blocks = self.schedule.blocks(n_inputs) if n_inputs else 0
        done, step = 0, 16
        while done < blocks:
            begun = time.perf_counter()
            until = min(done + step, blocks)
            self._run_blocks(pixels.reshape(-1), positions, shifts, train, done, until, predictions)
            seconds = time.perf_counter() - begun
            step = max(1, min(2 * step, round((until - done) * PATIENCE / max(seconds, 1e-9))))
            done = until
            if progress is not None:
                progress(max(0, min(done - n_junctions, n_inputs)))
        self._keep_pixels(pixels)
        self.blocks += blocks
        self.forward_inputs += n_inputs
        self.trained_inputs += n_inputs * train
        return order[predictions]

    def _shifts(self, n_inputs: int, train: bool) -> Raw:
        """(n_inputs,) eta shift of each; counts the inputs if they train."""
        seen = self.inputs_seen + train * np.arange(n_inputs)
        self.inputs_seen += train * n_inputs
        schedule = self.design.training.eta_shift
        if isinstance(schedule, int):
            return np.full(n_inputs, schedule)
        starts, shifts = np.array(schedule).T
        return np.ascontiguousarray(shifts[np.searchsorted(starts, seen, side="right") - 1])

    def load(self, state: State) -> None:
        """Set weights, biases and counts.

        Raises:
            ValueError: if an array does not fit the design; nothing has changed then.
        """
        number, memory = self.design.fixed_point, self.map.memory
        for shape, *arrays in zip(self.design.shapes, state.weights, state.biases, strict=True):
            for array, size in zip(arrays, (shape.n_edges, shape.n_right), strict=True):
                if np.shape(array) != (size,):
                    raise ValueError(f"junction {shape.index}: must have {size} values")
                if array.min() < number.minimum or array.max() > number.maximum:
                    raise ValueError(f"junction {shape.index}: a value leaves the number range")
        for j, (weight, bias) in enumerate(zip(state.weights, state.biases, strict=True)):
            self.map.set_weights(j, weight)
            at = self.map.junctions[j]["bias"]
            memory.bias[at : at + len(bias)] = bias[self.map.layouts[j].right_order]
        self.inputs_seen, self.epochs_seen = state.inputs_seen, state.epochs_seen

    def state(self) -> State:
        """Weights, biases and counts as they are now."""
        weights = [self.map.weights(j) for j in range(self.design.n_junctions)]
        biases = []
        for record, layout in zip(self.map.junctions, self.map.layouts, strict=True):
            at = record["bias"]
            in_order = self.map.memory.bias[at : at + record["n_right"]].astype(np.int64)
            biases.append(in_order[np.argsort(layout.right_order)])
        return State(weights, biases, self.inputs_seen, self.epochs_seen, self.design.fingerprint)

    def contents(self) -> dict[str, Raw]:
        """Every memory by name, (copies, elements)."""
        found = {"layer 0 activation": self._pixels, "output delta": self._output_deltas()}
        for record, layout in zip(self.map.junctions, self.map.layouts, strict=True):
            if not record["is_first"]:
                found |= self._layer(record, layout)
        state = self.state()
        for i, (weight, bias) in enumerate(zip(state.weights, state.biases, strict=True), 1):
            found |= {f"junction {i} weight": weight[None], f"junction {i} bias": bias[None]}
        return found

    def _layer(self, record: np.void, layout: Layout) -> dict[str, Raw]:
        memory, shift = self.map.memory, int(self.map.numbers["fraction_shift"][0])
        name = f"layer {record['index'] - 1}"
        size, deltas = record["left_size"], record["delta_size"]

        def take(array: np.ndarray, at: int, copies: int, size: int, place: Raw) -> Raw:
            return array[at : at + copies * size].reshape(copies, size)[:, place].astype(np.int64)

        left = {
            kind: take(array, record[at], record[copies], size, layout.place) >> shift
            for kind, array, at, copies in (
                ("activation", memory.activation, "activation", "copies"),
                ("derivative", memory.slope, "slope", "slope_copies"),
            )
        }
        delta = take(memory.delta, record["delta"], 2, deltas, layout.delta_place)
        return {f"{name} {kind}": values for kind, values in (left | {"delta": delta}).items()}

    def _output_deltas(self) -> Raw:
        order = self.map.layouts[-1].right_order
        last = self.map.junctions[-1]
        stride, copies = last["output_stride"], last["output_copies"]
        deltas = self.map.memory.output_delta[: copies * stride].reshape(copies, -1)
        return deltas[:, np.argsort(order)].astype(np.int64)

    def _keep_pixels(self, pixels: Raw) -> None:
        """What the pixels of a run leave in layer 0."""
        copies = len(self._pixels)
        for n in range(max(0, len(pixels) - copies), len(pixels)):
            self._pixels[(self.blocks + n) % copies] = pixels[n]

    @property
    def tallies(self) -> dict[str, Tally]:
        """Saturation counts by operation, as ``Pipeline`` names them."""
        counts = {}
        n_junctions, per_edge = self.design.n_junctions, self.design.number.profile == "prototype"
        forward, trained = self.forward_inputs, self.trained_inputs
        for shape, hit in zip(self.design.shapes, self._counts, strict=True):
            i, edges, right = shape.index, shape.n_edges, shape.n_right
            name = f"junction {i}"
            counts[f"{name} feedforward product"] = Tally(0, forward * edges)
            counts[f"{name} feedforward sum"] = Tally(
                int(hit[tallies.FORWARD_SUM]), forward * right
            )
            counts[f"{name} update product"] = Tally(0, trained * edges)
            counts[f"{name} weight"] = Tally(int(hit[tallies.WEIGHT]), trained * edges)
            counts[f"{name} bias"] = Tally(int(hit[tallies.BIAS]), trained * right)
            if i > 1 and per_edge:
                product = Tally(int(hit[tallies.BACK_PRODUCT]), 2 * trained * edges)
                counts[f"{name} backprop product"] = product
                counts[f"{name} delta sum"] = Tally(int(hit[tallies.BACK_SUM]), trained * edges)
            if i < n_junctions and not per_edge:
                touched = int(touches_of(self.schedule.junctions[i - 1]).sum())
                product = Tally(int(hit[tallies.RIGHT_DELTA]), trained * touched)
                counts[f"{name} right delta"] = product
        quadratic = self.design.network.cost == "quadratic"
        outputs = forward * self.design.network.layers[-1] * (2 if quadratic else 1)
        output = Tally(int(self._counts[:, tallies.OUTPUT].sum()), outputs)
        return counts | {"output delta": output}
