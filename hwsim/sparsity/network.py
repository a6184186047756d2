"""A sparse network in floating point: ReLU, softmax and cross-entropy, trained with Adam.

Weights are dense arrays with zeros where there is no edge: at the densities that matter a matrix
product of the processor's library is faster than any that looks for the zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwsim.sparsity.patterns import Mask

Floats = NDArray[np.float32]

AT_ONCE = 4096
"""Inputs that are classified at a time."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to train.

    Attributes:
        epochs: times through the training inputs.
        batch: inputs per step.
        rate: of Adam, Kingma and Ba's.
        l2: lambda; the loss has lambda times the sum of squared weights added.
        seed: of initial weights and of the order of inputs.
    """

    epochs: int = 50
    batch: int = 256
    rate: float = 1e-3
    l2: float = 0.0
    seed: int = 1


@dataclass(frozen=True)
class Epoch:
    """After one epoch: mean loss and accuracy while training, accuracy in validation if asked."""

    loss: float
    train_accuracy: float
    validation_accuracy: float | None


class SparseNetwork:
    """One network.

    Args:
        masks: of each junction, (n_left, n_right).
        seed: of the initial weights: normal, variance 2 / in-degree (He), biases zero.
    """

    def __init__(self, masks: Sequence[Mask], seed: int = 1) -> None:
        rng = np.random.default_rng([seed, 1])
        self.masks = [mask.astype(np.float32) for mask in masks]
        self.is_full = [bool(mask.all()) for mask in masks]
        self.weights = [_initial(mask, rng) for mask in self.masks]
        self.biases = [np.zeros(mask.shape[1], np.float32) for mask in masks]

    @property
    def n_edges(self) -> int:
        return sum(int(mask.sum()) for mask in self.masks)

    def outputs(self, x: Floats) -> Floats:
        """(n, n_classes) before softmax."""
        return self._activations(x)[-1]

    def accuracy(self, x: Floats, y: NDArray) -> float:
        """Share of inputs whose largest output is that of their label."""
        right = 0
        for first in range(0, len(x), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            right += int(np.count_nonzero(self.outputs(x[some]).argmax(axis=1) == y[some]))
        return right / len(x)

    def train(
        self, x: Floats, y: NDArray, recipe: Recipe,
        validation: tuple[Floats, NDArray] | None = None,
        advance: Callable[[Epoch], None] = lambda epoch: None,
    ) -> list[Epoch]:  # fmt: skip
        """Train from the weights as they are; what was found after every epoch.

        Args:
            x: (n, n_left_1) inputs.
            y: (n,) labels.
            recipe: how.
            validation: inputs and labels, to look at after every epoch.
            advance: is told each epoch.
        """
        rng = np.random.default_rng([recipe.seed, 2])
        adam = Adam([*self.weights, *self.biases], recipe.rate)
        history = []
        for _ in range(recipe.epochs):
            order, loss, right = rng.permutation(len(x)), 0.0, 0
            for first in range(0, len(x), recipe.batch):
                some = order[first : first + recipe.batch]
                gradients, batch_loss, batch_right = self.gradients(x[some], y[some], recipe.l2)
                adam.step(gradients)
                loss, right = loss + batch_loss * len(some), right + batch_right
            seen = self.accuracy(*validation) if validation else None
            history.append(Epoch(loss / len(x), right / len(x), seen))
            advance(history[-1])
        return history

    def gradients(self, x: Floats, y: NDArray, l2: float = 0.0) -> tuple[list[Floats], float, int]:
        """Gradients of weights, then of biases; mean loss with the penalty; right answers."""
        activations = self._activations(x)
        logits = activations.pop()
        rows = np.arange(len(y))
        right = int(np.count_nonzero(logits.argmax(axis=1) == y))
        logits -= logits.max(axis=1, keepdims=True)
        total = np.exp(logits).sum(axis=1)
        loss = float(np.mean(np.log(total) - logits[rows, y]))
        delta = np.exp(logits, out=logits)
        delta /= total[:, None]
        delta[rows, y] -= 1
        delta /= np.float32(len(y))
        of_weights, of_biases = [], []
        for j in reversed(range(len(self.weights))):
            gradient = activations[j].T @ delta
            if not self.is_full[j]:
                gradient *= self.masks[j]
            if l2:
                gradient += np.float32(2 * l2) * self.weights[j]
                loss += l2 * float(np.vdot(self.weights[j], self.weights[j]))
            of_weights.insert(0, gradient)
            of_biases.insert(0, delta.sum(axis=0))
            if j:
                delta = delta @ self.weights[j].T
                delta *= activations[j] > 0
        return [*of_weights, *of_biases], loss, right

    def _activations(self, x: Floats) -> list[Floats]:
        """Those of every layer, the last one before softmax."""
        found = [x]
        for weight, bias in zip(self.weights, self.biases, strict=True):
            if len(found) > 1:
                np.maximum(found[-1], 0, out=found[-1])
            found.append(found[-1] @ weight + bias)
        return found


def _initial(mask: Floats, rng: np.random.Generator) -> Floats:
    in_degree = np.maximum(mask.sum(axis=0), 1)
    return rng.standard_normal(mask.shape, np.float32) * np.sqrt(2 / in_degree) * mask


class Adam:
    """Adam as published (Kingma, Ba, ICLR 2015), with its moments in place.

    Args:
        parameters: arrays that ``step`` changes.
        rate: alpha.
    """

    DECAY, DECAY_SQUARE, LEAST = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Sequence[Floats], rate: float) -> None:
        self.parameters = parameters
        self.rate = rate
        self.steps = 0
        self.means = [np.zeros_like(p) for p in parameters]
        self.squares = [np.zeros_like(p) for p in parameters]

    def step(self, gradients: Sequence[Floats]) -> None:
        """One step down the gradients, which are overwritten."""
        self.steps += 1
        unbias = np.sqrt(1 - self.DECAY_SQUARE**self.steps)
        rate = np.float32(self.rate * unbias / (1 - self.DECAY**self.steps))
        least = np.float32(self.LEAST * unbias)
        for p, mean, square, g in zip(
            self.parameters, self.means, self.squares, gradients, strict=True
        ):
            mean *= np.float32(self.DECAY)
            mean += np.float32(1 - self.DECAY) * g
            square *= np.float32(self.DECAY_SQUARE)
            np.multiply(g, g, out=g)
            g *= np.float32(1 - self.DECAY_SQUARE)
            square += g
            np.sqrt(square, out=g)
            g += least
            np.divide(mean, g, out=g)
            g *= rate
            p -= g
