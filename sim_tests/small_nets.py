"""Small designs to compute with, data for them, and how to compare what came of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from small_designs import SHAPES

from hwsim.data import Data
from hwsim.design import Design
from hwsim.design_file import make_design
from hwsim.fixed_point import Raw
from hwsim.state import State

FOLDED = ([21, 14, 7], [4, 3], [21, 2])
"""Junction 1 finishes more neurons per clock than junction 2 has lanes."""

NETS = {name: shape for name, shape in SHAPES.items() if len(shape[0]) > 2} | {
    "one junction": SHAPES["one junction"],
    "folded banks": FOLDED,
}
"""layers, out_degrees, z: every shape of ``small_designs`` that is worth training, and more."""

SECTION_OF = {
    "activations": "network",
    "cost": "network",
    "registers": "hardware",
    "forwarding": "hardware",
    "int_bits": "number",
    "frac_bits": "number",
    "profile": "number",
    "eta_shift": "training",
}


def small_net(name: str, /, *, pattern: Any = None, directory: object = ".", **keys: Any) -> Design:
    """Make a design of ``NETS``; ``keys`` are those of ``SECTION_OF``."""
    layers, out_degrees, z = NETS[name]
    raw: dict[str, Any] = {
        "format": 1,
        "network": {"layers": layers, "out_degrees": out_degrees},
        "hardware": {"z": z},
        "number": {},
        "training": {"seed": 3},
        "pattern": pattern or {},
    }
    for key, value in keys.items():
        raw[SECTION_OF[key]][key] = value
    return make_design(raw, directory=str(directory))


def random_data(design: Design, inputs: int, tests: int = 0, seed: int = 1) -> Data:
    """Noise with labels: what is learnt does not matter here, only that it is the same."""
    rng = np.random.default_rng(seed)
    first, last = design.network.layers[0], design.network.layers[-1]

    def split(n: int) -> tuple[np.ndarray, np.ndarray]:
        return rng.integers(256, size=(n, first), dtype=np.uint8), rng.integers(last, size=n)

    return Data(*split(inputs), *split(tests))


def scaled_state(design: Design, factor: float, seed: int = 5) -> State:
    """Normal weights and biases of that standard deviation, clipped to the number range."""
    rng = np.random.default_rng(seed)

    def draw(size: int) -> Raw:
        return design.fixed_point.from_float(rng.normal(0, factor, size))

    shapes = design.shapes
    return State([draw(s.n_edges) for s in shapes], [draw(s.n_right) for s in shapes])


def assert_same_state(left: State, right: State) -> None:
    """Every weight, bias, delta and count is the same."""
    for name in ("weights", "biases"):
        for a, b in zip(getattr(left, name), getattr(right, name), strict=True):
            np.testing.assert_array_equal(a, b, err_msg=name)
    assert left.inputs_seen == right.inputs_seen
    assert left.epochs_seen == right.epochs_seen
