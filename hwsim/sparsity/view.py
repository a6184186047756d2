"""What a floating-point network sees of some data: numbers from 0 to 1, or principal components."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwsim.data import DIGITS, Arrays, check_data, fingerprint, read_data
from hwsim.errors import bad
from hwsim.sparsity.network import Floats

SPLIT_SEED = 0
"""Of the inputs that are kept back for validation: the same ones for every network."""


@dataclass(frozen=True)
class Seen:
    """Inputs (n, n_left) and labels (n,); without validation or test inputs, those have no rows."""

    xtr: Floats
    ytr: NDArray
    xva: Floats
    yva: NDArray
    xte: Floats
    yte: NDArray


@dataclass(frozen=True)
class View:
    """How to see the data.

    Attributes:
        source: of the data, as ``hwsim.data.read_data`` takes it, an absolute path.
        data: fingerprint of what it held at first.
        inputs: to train on, before any limit.
        features: per input, before anything is done with it.
        classes: labels there are.
        has_test: whether there is a test set.
        n_left: neurons of the first layer; zeros fill what the features leave.
        limit: training inputs, from the first on; None for all.
        components: principal components of the training inputs instead of features; None for
            features.
        validation: share of the training inputs that is kept back, as many of each class.
    """

    source: str
    data: str
    inputs: int
    features: int
    classes: int
    has_test: bool
    n_left: int
    limit: int | None = None
    components: int | None = None
    validation: float = 0.0

    @classmethod
    def of(
        cls, source: str, n_left: int | None = None, limit: int | None = None,
        validation: float = 0.0,
    ) -> View:  # fmt: skip
        """See ``source`` as it is.

        Raises:
            BadInput: if it cannot be read, holds mistakes, has more features than ``n_left``, or
                too few inputs to keep some of them back.
        """
        arrays = read_data(source)
        check_data(arrays, source, **({} if n_left is None else {"n_left": n_left}))
        features = math.prod(arrays["xtr"].shape[1:])
        labels = [arrays[y] for y in ("ytr", "yte") if len(arrays.get(y, ()))]
        kept, held = _split(arrays["ytr"][:limit], validation)
        if validation and not (len(kept) and len(held)):
            rule = f"{len(kept)} inputs to train on, {len(held)} to validate with"
            fix = f"at least {math.ceil(1 / validation)} inputs of a class"
            raise bad(source, "xtr", len(kept) + len(held), rule, fix)
        return cls(
            source=source if source == DIGITS else str(Path(source).absolute()),
            data=fingerprint(arrays),
            inputs=len(arrays["xtr"]),
            features=features,
            classes=max(int(y.max()) for y in labels) + 1,
            has_test=len(arrays.get("xte", ())) > 0,
            n_left=n_left or features,
            limit=limit,
            validation=validation,
        )

    @property
    def used(self) -> int:
        """Training inputs, those for validation among them."""
        return min(self.inputs, self.limit or self.inputs)

    @property
    def held(self) -> int:
        """About how many of them are kept back for validation."""
        return round(self.validation * self.used)

    def reduced(self, components: int) -> View:
        """The same data, by their principal components."""
        return replace(self, n_left=components, components=components)

    def load(self) -> Seen:
        """Read the data, or what was read last."""
        return _load(self)


@lru_cache(maxsize=2)
def _load(view: View) -> Seen:
    arrays = _read(view.source, view.data)
    xtr, ytr = arrays["xtr"][: view.limit], arrays["ytr"][: view.limit]
    xte, yte = arrays.get("xte", xtr[:0]), arrays.get("yte", ytr[:0])  # perhaps none
    fit, test = _floats(xtr), _floats(xte)
    if view.components is not None:
        fit, test = _components(fit, test, view.components)
    fit, test = (np.pad(x, ((0, 0), (0, view.n_left - x.shape[1]))) for x in (fit, test))
    kept, held = _split(ytr, view.validation)
    return Seen(fit[kept], ytr[kept], fit[held], ytr[held], test, yte)


@lru_cache(maxsize=1)
def _read(source: str, data: str) -> Arrays:
    arrays = read_data(source)
    if fingerprint(arrays) != data:
        rule = "is not what it was at first, or elsewhere"
        raise bad(source, "--data", source, rule, "start again; give all machines the same file")
    return arrays


def _floats(images: NDArray) -> Floats:
    flat = images.reshape(len(images), math.prod(images.shape[1:]))
    return flat / np.float32(255) if flat.dtype == np.uint8 else flat.astype(np.float32)


def _components(fit: Floats, test: Floats, count: int) -> tuple[Floats, Floats]:
    # Imported here because scikit-learn takes a second to load.
    from sklearn.decomposition import PCA

    found = PCA(count, svd_solver="covariance_eigh").fit(fit)
    both = (found.transform(x) if len(x) else x[:, :count] for x in (fit, test))
    fit, test = (x.astype(np.float32) for x in both)
    return fit, test


def _split(labels: NDArray, share: float) -> tuple[NDArray, NDArray]:
    """Which inputs to train on, and which to validate with."""
    everything = np.arange(len(labels))
    if share == 0:
        return everything, everything[:0]
    rng = np.random.default_rng(SPLIT_SEED)
    order = rng.permutation(len(labels))
    is_held = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        of_class = order[labels[order] == label]
        is_held[of_class[: round(share * len(of_class))]] = True
    return everything[~is_held], everything[is_held]
