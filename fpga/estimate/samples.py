"""Designs of every kind that costs are fitted to; small, since yosys has to synthesise them all."""

from __future__ import annotations

from typing import Any

from hwsim.design_file import make_design
from hwsim.schedule import Schedule, make_schedule

_ALL_STAGES = {"network": 1, "multiplier": 3, "tree": 2, "activation": 2}
_SKEWED = {"scheme": "zero-bubble"}
_BY_EDGE = {"profile": "prototype"}

SAMPLES: dict[str, dict[str, Any]] = {
    "one-junction": {"layers": [12, 6], "out_degrees": [3], "z": [4]},
    "powers-of-two": {"layers": [64, 16, 8], "out_degrees": [2, 4], "z": [16, 8]},
    "depth-7": {"layers": [35, 35], "out_degrees": [3], "z": [5], "pattern": {"type": 1}},
    "depth-1": {"layers": [10, 5, 4], "out_degrees": [2, 4], "z": [10, 5]},
    "four-junctions": {
        "layers": [18, 12, 10, 6, 3], "out_degrees": [4, 5, 3, 2], "z": [6, 4, 5, 3],
        "pattern": {"type": 3, "dither": True},
    },
    "by-edge-10": {
        "layers": [12, 8, 6], "out_degrees": [2, 3], "z": [4, 8],
        "number": {"int_bits": 2, "frac_bits": 7, **_BY_EDGE},
    },
    "by-edge-dither": {
        "layers": [32, 16, 8], "out_degrees": [4, 4], "z": [8, 4], "number": _BY_EDGE,
        "pattern": {"type": 1, "dither": True}, "hardware": {"registers": 2},
    },
    "skewed": {
        "layers": [32, 16, 8], "out_degrees": [4, 4], "z": [8, 4],
        "hardware": {**_SKEWED, "registers": 1},
    },
    "skewed-relu-14": {
        "layers": [32, 16, 8], "out_degrees": [8, 8], "z": [8, 4], "number": {"frac_bits": 10},
        "network": {"activations": ["relu", "sigmoid"]}, "pattern": {"type": 3},
        "hardware": {**_SKEWED, "registers": _ALL_STAGES},
    },
    "no-power-of-two": {
        "layers": [75, 35, 15], "out_degrees": [7, 3], "z": [25, 5], "number": {"frac_bits": 9},
        "pattern": {"type": 1, "dither": True, "seed": 3}, "hardware": {"registers": 1},
    },
    "skewed-dither-quadratic": {
        "layers": [64, 32, 16], "out_degrees": [8, 8], "z": [16, 8],
        "network": {"cost": "quadratic"}, "pattern": {"type": 2, "dither": True},
        "hardware": {**_SKEWED, "registers": _ALL_STAGES},
    },
    "relu-11": {
        "layers": [24, 12, 8, 4], "out_degrees": [4, 4, 4], "z": [8, 4, 4],
        "number": {"int_bits": 4, "frac_bits": 6}, "pattern": {"type": 3},
        "network": {"activations": ["relu", "relu", "sigmoid"]},
    },
    "prototype": {
        "layers": [128, 32, 16], "out_degrees": [4, 8], "z": [32, 16],
        "number": {"int_bits": 2, "frac_bits": 7, **_BY_EDGE}, "pattern": {"type": 3, "phi": 0},
    },
    "wide": {"layers": [128, 64, 10], "out_degrees": [10, 5], "z": [32, 8]},
    "one-junction-quadratic": {
        "layers": [16, 24], "out_degrees": [6], "z": [8], "network": {"cost": "quadratic"},
        "hardware": {"registers": _ALL_STAGES},
    },
    "skewed-16": {
        "layers": [48, 24, 12], "out_degrees": [6, 6], "z": [12, 6], "number": {"frac_bits": 12},
        "pattern": {"type": 3},
        "hardware": {**_SKEWED, "registers": {"multiplier": 2, "product": 1}},
    },
    "large-first": {
        "layers": [256, 16, 8], "out_degrees": [2, 8], "z": [32, 8], "pattern": {"type": 3},
        "hardware": {"registers": 1},
    },
    "skewed-by-edge": {
        "layers": [40, 20, 10], "out_degrees": [5, 5], "z": [10, 5], "number": _BY_EDGE,
        "network": {"activations": ["relu", "sigmoid"]}, "hardware": {**_SKEWED, "registers": 2},
    },
    "three-junctions": {
        "layers": [64, 32, 32, 16], "out_degrees": [8, 8, 8], "z": [16, 8, 8], "number": _BY_EDGE,
        "pattern": {"type": 3}, "hardware": {"registers": {"tree": 1, "network": 1}},
    },
    "block-ram": {
        "layers": [512, 32], "out_degrees": [4], "z": [8],
        "hardware": {**_SKEWED, "registers": {"multiplier": 1}},
    },
    "inference": {
        "layers": [64, 16, 8], "out_degrees": [2, 4], "z": [16, 8], "inference": True,
    },
    "inference-quadratic": {
        "layers": [35, 35, 10], "out_degrees": [3, 4], "z": [5, 7], "pattern": {"type": 1},
        "network": {"cost": "quadratic"}, "number": {"frac_bits": 9}, "inference": True,
    },
    "four-slots": {"layers": [32, 40], "out_degrees": [5], "z": [16]},
    "narrow": {
        "layers": [12, 6], "out_degrees": [2], "z": [3], "number": {"int_bits": 1, "frac_bits": 5},
    },
    "narrow-two": {
        "layers": [8, 6, 4], "out_degrees": [3, 2], "z": [4, 2], "pattern": {"type": 1},
        "number": {"int_bits": 3, "frac_bits": 4},
    },
    "narrow-skewed": {
        "layers": [16, 8], "out_degrees": [4], "z": [4], "number": {"int_bits": 2, "frac_bits": 6},
        "hardware": {**_SKEWED, "registers": {"tree": 2, "network": 1}},
    },
}  # fmt: skip


def sample(name: str) -> Schedule:
    """One of ``SAMPLES``."""
    return schedule_of(**SAMPLES[name])


def schedule_of(
    layers: list[int], out_degrees: list[int], z: list[int], *, inference: bool = False,
    network: dict[str, Any] | None = None, hardware: dict[str, Any] | None = None, **sections: Any,
) -> Schedule:  # fmt: skip
    """The schedule of a design from some of its keys."""
    design = make_design(
        {
            "format": 1,
            "network": {"layers": layers, "out_degrees": out_degrees, **(network or {})},
            "hardware": {"z": z, **(hardware or {})},
            **sections,
        }
    )
    return make_schedule(design, inference=inference)
