"""The same bits as a plain numba loop over edges: what one would write first.

Index arrays, 64-bit integers, no layout; block by block as ``hwsim.fast.network``. Profile
"prototype", cross-entropy, one learning rate, patterns without hazards, L = 2.
"""

from __future__ import annotations

import numba
import numpy as np

from benchmarks.task import Task
from hwsim.activation import Activation


@numba.njit(error_model="numpy")
def multiply(x: int, y: int, frac_bits: int, low: int, high: int) -> int:
    """Multiply as ``FixedPoint.multiply``."""
    product = x * y
    floored = min(max(product >> frac_bits, low), high)
    return min(floored + ((product >> (frac_bits - 1)) & 1), high)


@numba.njit
def forward(weight, bias, left, source, d_in, h, frac_bits, low, high):  # noqa: ANN001, ANN201
    """h of every right neuron."""
    for right in range(len(bias)):
        total = bias[right]
        for edge in range(right * d_in, (right + 1) * d_in):
            total += multiply(weight[edge], source[left[edge]], frac_bits, low, high)
        h[right] = min(max(total, low), high)


@numba.njit
def update(weight, bias, left, source, d_in, delta, shift, frac_bits, low, high):  # noqa: ANN001, ANN201
    """New weights and biases."""
    for right in range(len(bias)):
        negated = min(-delta[right], high)
        step = (negated >> shift) + ((negated >> (shift - 1)) & 1)
        bias[right] = min(max(bias[right] + step, low), high)
        for edge in range(right * d_in, (right + 1) * d_in):
            change = multiply(step, source[left[edge]], frac_bits, low, high)
            weight[edge] = min(max(weight[edge] + change, low), high)


@numba.njit
def backward(weight, left, d_in, delta, slope, result, frac_bits, low, high):  # noqa: ANN001, ANN201
    """Delta of every left neuron."""
    result[:] = 0
    for right in range(len(delta)):
        for edge in range(right * d_in, (right + 1) * d_in):
            share = multiply(delta[right], slope[left[edge]], frac_bits, low, high)
            added = multiply(share, weight[edge], frac_bits, low, high)
            result[left[edge]] = min(max(result[left[edge]] + added, low), high)


@numba.njit
def train(  # noqa: ANN201
    pixels, labels, w1, b1, l1, w2, b2, l2, a_of, slope_of, frac_bits, low, high, shift,  # noqa: ANN001
):  # fmt: skip
    """Train on all inputs, then drain; the arrays of weights and biases change."""
    n, n_hidden, n_out, d1, d2 = (
        len(labels),
        len(b1),
        len(b2),
        len(w1) // len(b1),
        len(w2) // len(b2),
    )
    images = np.zeros((5, pixels.shape[1]), dtype=np.int64)
    hidden, slopes = np.zeros((5, n_hidden), np.int64), np.zeros((5, n_hidden), np.int64)
    outputs, deltas = np.zeros((5, n_out), np.int64), np.zeros((2, n_hidden), np.int64)
    h1, h2 = np.zeros(n_hidden, np.int64), np.zeros(n_out, np.int64)
    for block in range(n + 4):
        # All reads of a block come before its writes: h of both junctions first.
        if 1 <= block <= n:
            forward(w1, b1, l1, images[(block - 1) % 5], d1, h1, frac_bits, low, high)
        if 2 <= block <= n + 1:
            forward(w2, b2, l2, hidden[(block - 2) % 5], d2, h2, frac_bits, low, high)
        if block >= 4:
            k = block - 4
            update(w1, b1, l1, images[k % 5], d1, deltas[k % 2], shift, frac_bits, low, high)
        if 3 <= block <= n + 2:
            k = block - 3
            backward(w2, l2, d2, outputs[k % 5], slopes[k % 5], deltas[k % 2],
                     frac_bits, low, high)  # fmt: skip
            update(w2, b2, l2, hidden[k % 5], d2, outputs[k % 5], shift, frac_bits, low, high)
        if block < n:
            up = frac_bits - 8
            for i in range(pixels.shape[1]):
                pixel = np.int64(pixels[block, i])
                images[block % 5, i] = pixel << up if up >= 0 else pixel >> -up
        if 1 <= block <= n:
            for i in range(n_hidden):
                hidden[(block - 1) % 5, i] = a_of[h1[i] - low]
                slopes[(block - 1) % 5, i] = slope_of[h1[i] - low]
        if 2 <= block <= n + 1:
            k = block - 2
            for i in range(n_out):
                target = 1 << frac_bits if i == labels[k] else 0
                outputs[k % 5, i] = min(max(a_of[h2[i] - low] - target, low), high)


class PlainLoop:
    """The loop with its arrays, which ``run`` changes."""

    def __init__(self, task: Task) -> None:
        number = task.design.fixed_point
        parts = [part.interleaver.left.ravel() for part in task.schedule.junctions]
        w, b = task.state.weights, task.state.biases
        self.arrays = [array.copy() for trio in zip(w, b, parts, strict=True) for array in trio]
        everything = np.arange(number.minimum, number.maximum + 1)
        a_of, slope_of = Activation("sigmoid", number)(everything)
        limits = (number.frac_bits, number.minimum, number.maximum)
        self.rest = (a_of, slope_of, *limits, task.design.eta_shift_at(0))

    def run(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        """Train on these inputs."""
        train(pixels, labels, *self.arrays, *self.rest)

    @property
    def weights(self) -> list[np.ndarray]:
        return [self.arrays[0], self.arrays[3]]
