"""Training with stale weights, input by input, without any clock, copy or pipeline.

What the hardware computes, said once more from the definition alone: FF of an input misses the
updates of the last ``lag`` inputs, BP and UP miss none. It shares the arithmetic of single numbers
with the model (``FixedPoint``, ``Activation``), and nothing of its schedule or memories.
"""

from __future__ import annotations

import numpy as np

from hwsim.activation import Activation
from hwsim.design import Design
from hwsim.fixed_point import Raw
from hwsim.interleaver import draw_all
from hwsim.state import State


class StaleNet:
    """A network and the weights it had after every input.

    Args:
        design: the design.
        state: weights and biases to start with.
        lags: per junction, how many of the most recent updates FF misses.
    """

    def __init__(self, design: Design, state: State, lags: list[int]) -> None:
        self.design, self.lags = design, lags
        self.number = design.fixed_point
        self.lefts = [pattern.left.ravel() for pattern in draw_all(design)]
        self.rights = [np.arange(shape.n_edges) // shape.d_in for shape in design.shapes]
        self.curves = [Activation(name, self.number) for name in design.activations]
        self.weights = [list(pair) for pair in zip(state.weights, state.biases, strict=True)]
        self.history = [[(w.copy(), b.copy())] for w, b in self.weights]

    def learn(self, pixels: Raw, label: int, eta_shift: int) -> int:
        """One input; the prediction made on the way."""
        values, slopes = self._forward(pixels)
        outputs = values[-1]
        target = np.where(np.arange(len(outputs)) == label, self.number.one, 0)
        delta = self.number.saturate(outputs - target)
        if self.design.network.cost == "quadratic":
            delta = self.number.multiply(delta, slopes[-1])
        for j in range(len(self.lefts) - 1, -1, -1):
            left_delta = self._backward(j, delta, slopes[j]) if j else None
            self._update(j, delta, values[j], eta_shift)
            delta = left_delta
        return self._winner(outputs)

    def _winner(self, outputs: Raw) -> int:
        """Of the largest, those that finish in the latest clock, and of these the first."""
        shape = self.design.shapes[-1]
        best = np.flatnonzero(outputs == outputs.max())
        clock = ((best + 1) * shape.d_in - 1) // shape.z
        return int(best[clock == clock.max()][0])

    def _forward(self, pixels: Raw) -> tuple[list[Raw], list[Raw | None]]:
        values, slopes = [self.number.from_pixel(pixels.astype(np.int64))], [None]
        for j, curve in enumerate(self.curves):
            now = len(self.history[j]) - 1
            weight, bias = self.history[j][max(0, now - self.lags[j])]
            total = bias.copy()
            np.add.at(total, self.rights[j], self.number.multiply(weight, values[j][self.lefts[j]]))
            value, slope = curve(self.number.saturate(total))
            values.append(value)
            slopes.append(slope)
        return values, slopes

    def _backward(self, j: int, delta: Raw, slope: Raw) -> Raw:
        """Deltas of the left neurons, edge after edge in the order of time."""
        weight, left, per_edge = self.weights[j][0], self.lefts[j], delta[self.rights[j]]
        total = np.zeros(len(slope), dtype=np.int64)
        if self.design.number.profile == "default":
            np.add.at(total, left, self.number.multiply_wide(weight, per_edge))
            return self.number.multiply(total, slope)
        shares = self.number.multiply(self.number.multiply(per_edge, slope[left]), weight)
        for neuron, share in zip(left, shares, strict=True):
            total[neuron] = self.number.add(total[neuron : neuron + 1], np.array([share]))[0]
        return total

    def _update(self, j: int, delta: Raw, value: Raw, eta_shift: int) -> None:
        step = self.number.shift_right(self.number.negate(delta), eta_shift)
        weight, bias = self.weights[j]
        change = self.number.multiply(step[self.rights[j]], value[self.lefts[j]])
        self.weights[j] = [self.number.add(weight, change), self.number.add(bias, step)]
        self.history[j].append(tuple(self.weights[j]))
