"""Estimates of resources, held to what yosys finds for designs that no cost was fitted to."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

from fpga.boards import BOARDS
from fpga.estimate.estimate import estimate
from fpga.estimate.families import FAMILIES
from fpga.estimate.mapping import NAMES, Use
from fpga.estimate.samples import SAMPLES, design_of, sample
from hwsim.cli.app import run
from hwsim.design_file import load_design
from hwsim.schedule import make_schedule

DESIGNS = Path(__file__).parent.parent / "designs"

WITHIN = 0.15
FEW = 10
"""Up to here a count may be one off."""

ALL_STAGES = {"network": 1, "multiplier": 3, "tree": 2, "activation": 2}
NARROW = {"int_bits": 2, "frac_bits": 5}

SMALL = {
    "one lane": {"layers": [6, 4], "out_degrees": [2], "z": [1], "number": NARROW},
    "depth 5, d_in 3 not dividing z 2, type 1": {
        "layers": [10, 10], "out_degrees": [3], "z": [2], "pattern": {"type": 1},
        "hardware": {"registers": 1}, "number": NARROW,
    },
    "zero-bubble, relu, every stage, type 2": {
        "layers": [8, 8, 4], "out_degrees": [4, 4], "z": [2, 2],
        "network": {"activations": ["relu", "sigmoid"]}, "number": NARROW,
        "hardware": {"scheme": "zero-bubble", "registers": ALL_STAGES},
    },
    "prototype profile, type 3, dither": {
        "layers": [8, 8, 4], "out_degrees": [2, 2], "z": [4, 4], "number": {
            **NARROW, "profile": "prototype"}, "pattern": {"type": 3, "dither": True},
        "hardware": {"registers": 2},
    },
    "four junctions": {
        "layers": [4, 4, 4, 4, 2], "out_degrees": [2, 2, 2, 1], "z": [1, 1, 1, 1], "number": NARROW,
    },
    "quadratic, zero-bubble": {
        "layers": [12, 6], "out_degrees": [3], "z": [3], "network": {"cost": "quadratic"},
        "hardware": {"scheme": "zero-bubble", "registers": 1},
    },
}  # fmt: skip
