"""Sizes of a link, without a design."""

from __future__ import annotations

from types import SimpleNamespace


def sizes(*, beat_bytes: int, beats: int, stored_inputs: int) -> SimpleNamespace:
    """What the store of ``fpga.link`` asks of ``Sizes``."""
    return SimpleNamespace(beat_bytes=beat_bytes, beats=beats, stored_inputs=stored_inputs)
