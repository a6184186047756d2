"""Frames: what travels over the wires. Hardware, host and tests read this one table.

    length (2)  sequence (2)  kind (1)  payload (length)  CRC-32 (4)      little-endian throughout

A request's kind is a ``Command``, a response's a ``Status``; a response carries the sequence number
of its request. The CRC is that of Ethernet and zip files, over everything before it.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

from amaranth.lib.crc.catalog import CRC32_ISO_HDLC

CRC = CRC32_ISO_HDLC(data_width=8)
"""Makes the hardware's checker, and says what ``checksum`` must return."""

HEADER = struct.Struct("<HHB")
CRC_BYTES = 4
OVERHEAD_BYTES = HEADER.size + CRC_BYTES

FORMAT = 1
"""Of frames and payloads; a host speaks to hardware of its own format only."""


class Command(IntEnum):
    """What a request asks for."""

    HELLO = 1
    """Begin a session: the next request's sequence number is this one's plus 1. Answers STATUS."""
    STATUS = 2
    """Answers who the board is and how far it has come, see ``info``."""
    NOTE = 3
    """Keep these bytes and return them with every STATUS."""
    WRITE = 4
    """A register's byte address and 32-bit words, which are all written there, in order."""
    READ = 5
    """A register's byte address and a count; answers so many words, read there one by one."""
    STREAM = 6
    """A control word (``control``) and inputs to feed; answers the predictions made by now."""
    STORE = 7
    """Where to begin, and inputs to keep there."""
    RUN = 8
    """Feed stored inputs, see ``run_payload``; answers at once."""


class Status(IntEnum):
    """How a request ended."""

    OK = 0
    DAMAGED = 1
    """Something came that was no frame; nothing was done. Not the answer to any request."""
    OUT_OF_ORDER = 2
    """The sequence number is neither the last one nor the one after it; nothing was done."""
    UNKNOWN = 3
    """There is no such command; nothing was done."""
    BUSY = 4
    """A run is still feeding; nothing was done."""
    REFUSED = 5
    """The accelerator answered at least one access with SLVERR."""


@dataclass(frozen=True)
class Frame:
    """One frame without its CRC; ``kind`` is a ``Command`` or a ``Status``."""

    sequence: int
    kind: int
    payload: bytes = b""

    def encode(self) -> bytes:
        """As it goes over the wire."""
        head = HEADER.pack(len(self.payload), self.sequence, self.kind)
        return head + self.payload + checksum(head + self.payload).to_bytes(CRC_BYTES, "little")


def checksum(content: bytes) -> int:
    """``CRC.compute(content)``, a thousand times faster."""
    return zlib.crc32(content)
