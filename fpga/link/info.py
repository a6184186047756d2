"""What a board says of itself: constants, the host's note, and how far it has come."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from fpga.link.frames import FORMAT
from fpga.link.sizes import NOTE_BYTES, Sizes
from rtl_gen.register_map import IDENTITY_VALUE

CONSTANTS = struct.Struct("<IHHII16s")
"""Identity, format, bytes per input, largest payload, stored inputs, design hash."""

COUNTERS = struct.Struct("<4I")
"""Fed, taken, correct, left."""

INFO_BYTES = CONSTANTS.size + NOTE_BYTES + COUNTERS.size


def constants(sizes: Sizes) -> bytes:
    """The first part of the answer."""
    return CONSTANTS.pack(
        IDENTITY_VALUE, FORMAT, sizes.input_bytes, sizes.payload_bytes, sizes.stored_inputs,
        sizes.design_hash,
    )  # fmt: skip


@dataclass(frozen=True)
class Info:
    """The answer to HELLO, STATUS and NOTE.

    Attributes:
        constants: see ``constants``.
        note: what a host has left; zeros after reset.
        fed: inputs that the accelerator has taken in since reset.
        taken: predictions it has made.
        correct: those of them that were right.
        left: inputs that a run has still to feed.
    """

    constants: bytes
    note: bytes
    fed: int
    taken: int
    correct: int
    left: int

    @classmethod
    def decode(cls, payload: bytes) -> Info:
        """Read an answer.

        Raises:
            ValueError: if it has another length.
        """
        if len(payload) != INFO_BYTES:
            raise ValueError(f"an answer of {INFO_BYTES} bytes, not {len(payload)!r}")
        constants, rest = payload[: CONSTANTS.size], payload[CONSTANTS.size :]
        note, counters = rest[:NOTE_BYTES], rest[NOTE_BYTES:]
        return cls(constants, note, *COUNTERS.unpack(counters))
