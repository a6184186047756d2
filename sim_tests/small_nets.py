"""Small designs to compute with, data for them, and how to compare what came of it."""

from __future__ import annotations

from itertools import pairwise
from math import gcd
from typing import Any

import numpy as np
from hypothesis import strategies as st
from small_designs import SHAPES

from hwsim.data import Data
from hwsim.design import Design
from hwsim.design_file import make_design
from hwsim.errors import BadInput
from hwsim.fixed_point import Raw
from hwsim.registers import Registers
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


PUBLISHED = {"registers": 2, "forwarding": False, "profile": "prototype", "pattern": {"type": 3}}
"""What the prototype of 2018 did, hazards and all: options of ``small_net``."""

DIRECT = ([64, 64, 32, 4], [16, 16, 4], [32, 32, 8])
"""Junction cycles of 32: whole vectors of clocks, which the fast engine reads without fetching."""


def registers(most: int = 3) -> st.SearchStrategy[int | dict[str, int]]:
    """Registers as a design file has them: one number, or some of the stages."""
    count = st.integers(0, most)
    stages = dict.fromkeys(Registers.model_fields, count)
    return count | st.fixed_dictionaries({}, optional=stages)


@st.composite
def drawn_nets(draw: st.DrawFn) -> Design:
    """Draw a design of any kind that is small enough to be clocked through hundreds of inputs."""
    layers, out_degrees, z = draw(st.sampled_from([*NETS.values(), DIRECT]) | _sizes())
    n_junctions = len(layers) - 1
    hidden = draw(st.lists(st.sampled_from(["sigmoid", "relu"]), min_size=n_junctions - 1,
                           max_size=n_junctions - 1))  # fmt: skip
    raw = {
        "format": 1,
        "network": {
            "layers": layers,
            "out_degrees": out_degrees,
            "activations": [*hidden, "sigmoid"],
            "cost": draw(st.sampled_from(["cross-entropy", "quadratic"])),
        },
        "hardware": {
            "z": z,
            "registers": draw(registers()),
            "forwarding": draw(st.booleans()),
        },
        "number": {
            "int_bits": draw(st.integers(1, 5)),
            "frac_bits": draw(st.integers(3, 18)),
            "profile": draw(st.sampled_from(["prototype", "default"])),
        },
        "pattern": {
            "type": draw(st.sampled_from([1, 2, 3])),
            "dither": draw(st.booleans()),
            "seed": draw(st.integers(0, 99)),
        },
        "training": {"seed": draw(st.integers(0, 99)), "eta_shift": draw(st.integers(0, 4))},
    }
    try:
        return make_design(raw)
    except BadInput:  # no seed vectors without a hazard exist for this one
        raw["hardware"]["forwarding"] = True
        return make_design(raw)


@st.composite
def _sizes(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    layers = draw(st.lists(st.sampled_from([4, 6, 10, 16, 24, 36, 48]), min_size=2, max_size=4))
    out_degrees, z = [], []
    for n_left, n_right in pairwise(layers):
        step = n_right // gcd(n_left, n_right)
        out_degrees.append(step * draw(st.integers(1, n_right // step)))
        cycle_limit = max(1, n_left * out_degrees[-1] // 64)
        fits = [k for k in range(1, n_left + 1) if n_left % k == 0 and k >= min(cycle_limit, 8)]
        z.append(draw(st.sampled_from(fits)))
    return layers, out_degrees, z
