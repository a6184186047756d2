"""Weights and biases, and how they start, are saved and are read back.

A state file is an ``.npz`` with ``weight_1 ..`` (n_edges,) in edge order and ``bias_1 ..``
(n_right,), raw integers. What ``save`` adds (``inputs_seen``, ``epochs_seen``) lets training go on
bit for bit: a drained pipeline holds nothing else that a later input could see.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwsim.design import Design
from hwsim.errors import BadInput, Mistake, bad
from hwsim.files import write_npz
from hwsim.fixed_point import Raw


@dataclass
class State:
    """All that training changes.

    Attributes:
        weights: per junction (n_edges,), edge t*z + m first by clock, then by lane.
        biases: per junction (n_right,).
        inputs_seen: training inputs since the initial weights: what the eta schedule counts.
        epochs_seen: epochs since the initial weights: what the shuffling counts.
        fingerprint: of the design that trained it; empty if not known.
    """

    weights: list[Raw]
    biases: list[Raw]
    inputs_seen: int = 0
    epochs_seen: int = 0
    fingerprint: str = ""

    @classmethod
    def initial(cls, design: Design) -> State:
        """Where training starts: ``[training] initial``, or drawn Glorot normal.

        Weights and biases have standard deviation sqrt(2/(d_in+d_out)), clipped to the range.
        """
        if design.training.initial is not None:
            state = cls.load(design.directory / design.training.initial, design)
            return cls(state.weights, state.biases)
        weights, biases = [], []
        for shape in design.shapes:
            rng = np.random.default_rng([design.training.seed, shape.index])
            deviation = np.sqrt(2 / (shape.d_in + shape.d_out))
            to_raw = design.fixed_point.from_float
            weights.append(to_raw(rng.normal(0, deviation, shape.n_edges)))
            biases.append(to_raw(rng.normal(0, deviation, shape.n_right)))
        return cls(weights, biases)

    @classmethod
    def load(cls, path: str | Path, design: Design) -> State:
        """The state in ``path``.

        Raises:
            BadInput: for each array that is missing, has another shape, or leaves the range.
        """
        path = Path(path)
        arrays = _read(path)
        mistakes: list[Mistake] = []
        weights, biases = [], []
        for shape in design.shapes:
            number = design.fixed_point
            limits = (number.minimum, number.maximum)
            for name, size, into in (
                (f"weight_{shape.index}", (shape.n_edges,), weights),
                (f"bias_{shape.index}", (shape.n_right,), biases),
            ):
                into.append(_array(arrays, name, size, limits, mistakes))
        counts = [_count(arrays, name, mistakes) for name in ("inputs_seen", "epochs_seen")]
        if mistakes:
            raise BadInput(path, mistakes)
        fingerprint = str(arrays.get("fingerprint", ""))
        return cls(weights, biases, *counts, fingerprint)

    def save(self, path: str | Path) -> None:
        """Write the state to ``path``, whole or not at all."""
        arrays: dict[str, object] = {}
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            arrays[f"weight_{i + 1}"], arrays[f"bias_{i + 1}"] = weight, bias
        arrays |= {"inputs_seen": self.inputs_seen, "epochs_seen": self.epochs_seen}
        if self.fingerprint:
            arrays["fingerprint"] = self.fingerprint
        write_npz(Path(path), {name: np.asarray(value) for name, value in arrays.items()})


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except OSError as error:
        what = error.strerror or "cannot be read"
        raise bad(path, "file", path.name, what, "give a state file") from None
    except Exception:
        fix = "write it with numpy.savez: weight_1, bias_1, ..."
        raise bad(path, "file", path.name, "is not an .npz file", fix) from None


def _array(
    arrays: dict[str, np.ndarray], name: str, size: tuple[int, ...], limits: tuple[int, int],
    mistakes: list[Mistake],
) -> Raw:  # fmt: skip
    if name not in arrays:
        mistakes.append(Mistake(name, "(missing)", "the array is missing", f"add {size} integers"))
        return np.zeros(size, dtype=np.int64)
    array = arrays[name]
    found = f"{array.dtype}{list(array.shape)}"
    if array.dtype.kind not in "iu" or array.shape != size:
        fix = f"{size} raw integers: the state belongs to another design"
        mistakes.append(Mistake(name, found, f"does not fit junction {name.split('_')[1]}", fix))
    elif array.size and (array.min() < limits[0] or array.max() > limits[1]):
        worst = int(array.min()) if array.min() < limits[0] else int(array.max())
        rule = f"leaves the range {limits[0]} to {limits[1]} of the design's numbers"
        mistakes.append(Mistake(name, worst, rule, "clip it, or use more bits"))
    return array.astype(np.int64, copy=True) if array.dtype.kind in "iu" else array


def _count(arrays: dict[str, np.ndarray], name: str, mistakes: list[Mistake]) -> int:
    value = arrays.get(name, np.int64(0))
    if value.shape != () or value.dtype.kind not in "iu" or value < 0:
        mistakes.append(Mistake(name, str(value), "must be a count", "remove it, or give 0"))
        return 0
    return int(value)
