"""Textbook online SGD of the same sparse network in numpy, 32-bit floats: no hardware's bits."""

from __future__ import annotations

import numpy as np

from benchmarks.task import Task


def train(task: Task, pixels: np.ndarray, labels: np.ndarray) -> None:
    """One input after the other, forwards, backwards, update."""
    one = task.design.fixed_point.one
    parts = task.schedule.junctions
    lefts = [part.interleaver.left.reshape(part.shape.n_right, -1) for part in parts]
    weights = [
        (w / one).astype(np.float32).reshape(left.shape)
        for w, left in zip(task.state.weights, lefts, strict=True)
    ]
    biases = [(b / one).astype(np.float32) for b in task.state.biases]
    eta = np.float32(2.0 ** -task.design.eta_shift_at(0))
    for image, label in zip(pixels, labels, strict=True):
        activations = [image.astype(np.float32) / 256]
        for weight, bias, left in zip(weights, biases, lefts, strict=True):
            h = bias + (weight * activations[-1][left]).sum(axis=1)
            activations.append(1 / (1 + np.exp(-h)))
        delta = activations[-1].copy()
        delta[label] -= 1
        for j in range(len(parts) - 1, -1, -1):
            change = eta * delta
            a = activations[j]
            if j:
                share = (weights[j] * delta[:, None]).ravel()
                summed = np.bincount(lefts[j].ravel(), share, minlength=len(a))
                delta = summed.astype(np.float32) * a * (1 - a)
            weights[j] -= change[:, None] * a[lefts[j]]
            biases[j] -= change
