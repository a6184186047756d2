"""What a host leaves on the board, so that another one can go on after it."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from fpga.link.sizes import NOTE_BYTES

LAYOUT = struct.Struct("<5I8s4x")
assert LAYOUT.size == NOTE_BYTES

LOADED, STORED, UNDER_WAY = 1, 2, 4


@dataclass(frozen=True)
class Note:
    """How far the training has come; all zero after reset.

    Attributes:
        flags: LOADED: the parameters are those of this training; STORED: the data set is on the
            board; UNDER_WAY: an epoch has begun and is not drained yet.
        epochs_seen, inputs_seen: before this epoch.
        fed, correct: the board's counters before this epoch.
        plan: 8 bytes that stand for data, order and way of feeding.
    """

    flags: int = 0
    epochs_seen: int = 0
    inputs_seen: int = 0
    fed: int = 0
    correct: int = 0
    plan: bytes = bytes(8)

    def encode(self) -> bytes:
        return LAYOUT.pack(
            self.flags, self.epochs_seen, self.inputs_seen, self.fed, self.correct, self.plan
        )

    @classmethod
    def decode(cls, content: bytes) -> Note:
        return cls(*LAYOUT.unpack(content))
