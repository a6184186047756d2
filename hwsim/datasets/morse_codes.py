"""The classes of the Morse data sets, from the table in ``morse_codes.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

TABLE = "morse_codes.toml"


@cache
def codes() -> Mapping[str, str]:
    """Code of dots and dashes by symbol, in the order of the labels.

    >>> len(codes()), codes()["S"], codes()["0"]
    (64, '...', '-----')
    """
    sections = tomllib.loads((files(__package__) / TABLE).read_text("utf-8"))
    return MappingProxyType(
        {name: code for part in sections.values() for name, code in part.items()}
    )
