"""The mathematics of one training step in float64, with bounds on what rounding may change.

Written from ARCHITECTURE sections 1 and 2 alone; nothing of the model is imported. Every value is
a pair: what exact arithmetic gives, and how far the hardware may be away from it. The rules are
those of section 6: a product is rounded to the nearest LSB (half an LSB), sums are exact, and the
activation table adds its own step and rounding. They hold while nothing saturates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEEPEST_SLOPE = 1 / 4
"""Largest derivative of the sigmoid, at 0."""

STEEPEST_BEND = 1 / (6 * np.sqrt(3))
"""Largest derivative of the sigmoid's derivative."""


@dataclass
class Bounded:
    """Exact values, and the largest error of the hardware's."""

    value: np.ndarray
    error: np.ndarray

    def times(self, other: Bounded, half: float) -> Bounded:
        """Product, rounded once."""
        error = abs(self.value) * other.error + abs(other.value) * self.error
        return Bounded(self.value * other.value, error + self.error * other.error + half)

    def plus(self, other: Bounded) -> Bounded:
        """Exact sum."""
        return Bounded(self.value + other.value, self.error + other.error)


def exact(values: np.ndarray) -> Bounded:
    """Values that the hardware holds without error."""
    return Bounded(np.asarray(values, dtype=float), np.zeros(np.shape(values)))


@dataclass
class FloatNet:
    """A sparse network.

    Args:
        sizes: neurons per layer.
        lefts: per junction (clocks, z) left neurons, as a pattern file holds them.
        weights: per junction (n_edges,), in edge order: first by clock, then by lane.
        biases: per junction (n_right,).
        activations: "sigmoid" or "relu" (clipped at 1, as section 6 has it) per junction.
        quadratic: whether the cost is sum (a-y)^2 / 2 instead of the cross-entropy.
        lsb: what one step of the hardware's numbers is worth.
        table_step: distance of the arguments that its sigmoid table holds.
        per_edge: whether BP multiplies by a' at every edge (profile "prototype").
    """

    sizes: list[int]
    lefts: list[np.ndarray]
    weights: list[np.ndarray]
    biases: list[np.ndarray]
    activations: list[str]
    quadratic: bool
    lsb: float = 0.0
    table_step: float = 0.0
    per_edge: bool = False

    def edges(self, j: int) -> list[tuple[int, int, int]]:
        """(edge, left neuron, right neuron) of junction j, from 0: rights in natural order."""
        flat = [int(k) for row in self.lefts[j] for k in row]
        d_in = len(flat) // self.sizes[j + 1]
        return [(e, k, e // d_in) for e, k in enumerate(flat)]

    def forward(self, x: np.ndarray) -> tuple[list[Bounded], list[Bounded], list[Bounded]]:
        """Sums h (none for the input), a and a' of every layer."""
        h, a, slope = [exact(np.zeros(0))], [exact(x)], [exact(np.zeros(0))]
        for j, name in enumerate(self.activations):
            total = exact(np.array(self.biases[j]))
            for e, k, right in self.edges(j):
                left = Bounded(a[j].value[k], a[j].error[k])
                product = exact(self.weights[j][e]).times(left, self.lsb / 2)
                total.value[right] += product.value
                total.error[right] += product.error
            h.append(total)
            new_a, new_slope = self.activate(name, total)
            a.append(new_a)
            slope.append(new_slope)
        return h, a, slope

    def activate(self, name: str, h: Bounded) -> tuple[Bounded, Bounded]:
        """Section 6 keeps a and a' one LSB off their ends, which costs at most that LSB."""
        if name == "relu":
            inside = ((h.value > 0) & (h.value < 1)).astype(float)
            a = Bounded(np.clip(h.value, 0, 1), h.error + self.lsb)
            return a, Bounded(inside, np.full_like(h.value, self.lsb))
        s, x_error = 1 / (1 + np.exp(-h.value)), h.error + self.table_step
        a = Bounded(s, STEEPEST_SLOPE * x_error + self.lsb)
        return a, Bounded(s * (1 - s), STEEPEST_BEND * x_error + self.lsb)

    def cost(self, x: np.ndarray, label: int) -> float:
        """What training makes smaller."""
        a, y = self.forward(x)[1][-1].value, np.eye(self.sizes[-1])[label]
        if self.quadratic:
            return float(np.sum((a - y) ** 2) / 2)
        return float(-np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)))

    def deltas(self, x: np.ndarray, label: int) -> tuple[list[Bounded], list[Bounded]]:
        """Activations and deltas, dC/dh, of every layer (deltas: none for the input)."""
        _, a, slope = self.forward(x)
        half = self.lsb / 2
        last = a[-1].plus(exact(-np.eye(self.sizes[-1])[label]))
        delta = [exact(np.zeros(0))] * len(self.activations)
        delta.append(last.times(slope[-1], half) if self.quadratic else last)
        for j in range(len(self.activations) - 1, 0, -1):
            delta[j] = self.back(j, delta[j + 1], slope[j])
        return a, delta

    def back(self, j: int, right_delta: Bounded, slope: Bounded) -> Bounded:
        """Deltas to the left of junction j."""
        total, half = exact(np.zeros(self.sizes[j])), self.lsb / 2
        for e, k, right in self.edges(j):
            delta = Bounded(right_delta.value[right], right_delta.error[right])
            if self.per_edge:
                delta = delta.times(Bounded(slope.value[k], slope.error[k]), half)
            product = exact(self.weights[j][e]).times(delta, half)
            total.value[k] += product.value
            total.error[k] += product.error
        return total if self.per_edge else total.times(slope, half)

    def changes(
        self, x: np.ndarray, label: int, eta_shift: int
    ) -> tuple[list[Bounded], list[Bounded]]:
        """Changes of weights and biases of every junction: -eta*delta*a and -eta*delta."""
        a, delta = self.deltas(x, label)
        half, eta = self.lsb / 2, 2.0**-eta_shift
        weights, biases = [], []
        for j in range(len(self.activations)):
            d = delta[j + 1]
            step = Bounded(-eta * d.value, eta * d.error + (half if eta_shift else 0))
            left, right = np.array([(k, r) for _, k, r in self.edges(j)]).T
            source = Bounded(a[j].value[left], a[j].error[left])
            weights.append(Bounded(step.value[right], step.error[right]).times(source, half))
            biases.append(step)
        return weights, biases
