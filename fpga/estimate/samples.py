"""Small designs of every kind, that costs are fitted to."""

from __future__ import annotations

from typing import Any

from hwsim.design import Design
from hwsim.design_file import make_design

_ALL = {"network": 1, "multiplier": 3, "tree": 2, "activation": 2}
