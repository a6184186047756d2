"""Sizes of everything that the link carries and keeps; hardware and host derive them alike."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from hwsim.schedule import Schedule

LABEL_BYTES = 2
WORD_BYTES = 4
NOTE_BYTES = 32
LEAST_PAYLOAD = 1024


@dataclass(frozen=True, eq=False)
class Sizes:
    """Of one design on one board.

    Args:
        schedule: the design's schedule.
        stored_inputs: inputs that fit into the board's own memory, at least 1.
    """

    schedule: Schedule
    stored_inputs: int

    def __post_init__(self) -> None:
        if not (isinstance(self.stored_inputs, int) and self.stored_inputs > 0):
            raise ValueError(f"stored_inputs must be at least 1, not {self.stored_inputs!r}")

    @property
    def beat_bytes(self) -> int:
        """Pixels per beat of the input stream."""
        return self.schedule.design.pixels_per_beat

    @property
    def beats(self) -> int:
        return self.schedule.beats

    @property
    def input_bytes(self) -> int:
        """An input in a frame: its label, and its pixels, padded to whole beats."""
        return LABEL_BYTES + self.beats * self.beat_bytes

    @property
    def payload_bytes(self) -> int:
        """The largest payload, a power of two: at least one input with its control word."""
        return max(LEAST_PAYLOAD, 1 << (WORD_BYTES + self.input_bytes - 1).bit_length())

    @property
    def inputs_per_frame(self) -> int:
        return (self.payload_bytes - WORD_BYTES) // self.input_bytes

    @property
    def predictions(self) -> int:
        """Predictions that are kept for the host: of a frame, and of those under way before it."""
        return max(16, 1 << (self.inputs_per_frame + self.schedule.oldest_age + 4).bit_length())

    @cached_property
    def design_hash(self) -> bytes:
        """16 bytes that differ where the bits that training computes may differ."""
        design = self.schedule.design
        # Not [training]: initial weights and learning rate come from the host.
        facts = [design.sections() | {"training": None}, design.fingerprint]
        facts += [self.schedule.inference]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).digest()[:16]
