"""The register map of the accelerator: one table that hardware, manifest and benches read."""

from __future__ import annotations

from dataclasses import dataclass

from hwsim.design import Design


@dataclass(frozen=True)
class Register:
    """A 32-bit register at a byte address."""

    name: str
    address: int
    access: str
    meaning: str

    @property
    def word(self) -> int:
        return self.address // 4


IDENTITY_VALUE = 0x434C5348
"""ASCII "CLSH"."""

IDENTITY = Register("IDENTITY", 0x00, "read", "0x434C5348")
CONTROL = Register(
    "CONTROL", 0x04, "read, write",
    "bit 0 DRAIN: inputs under way come out while none is offered; "
    "bit 1 ETA_OVERRIDE: inputs take eta_shift from ETA, not from tuser",
)  # fmt: skip
STATUS = Register(
    "STATUS", 0x08, "read", "bit 0 IDLE: parameters may be accessed; bit 1 DRAINED: pipeline empty"
)  # fmt: skip
ETA = Register("ETA", 0x0C, "read, write", "k of eta = 2^-k, used with ETA_OVERRIDE")
ERRORS = Register(
    "ERRORS", 0x10, "read, write 1 to clear",
    "bit 0 FRAME: tlast was not on the last beat of an input; "
    "bit 1 REFUSED: a parameter was accessed while not idle, or one that is not there",
)  # fmt: skip
PARAMETER_SELECT = Register(
    "PARAMETER_SELECT", 0x14, "read, write",
    "bits 7:0 junction, from 1; bit 8 bias instead of weight; writing it resets word and bank to 0",
)  # fmt: skip
PARAMETER_WORD = Register("PARAMETER_WORD", 0x18, "read, write", "element // banks")
PARAMETER_BANK = Register("PARAMETER_BANK", 0x1C, "read, write", "element % banks")
PARAMETER_DATA = Register(
    "PARAMETER_DATA", 0x20, "read, write",
    "the weight or bias, sign-extended; goes on to the next element",
)  # fmt: skip
SATURATION_BASE = 0x40


def saturation(junction: int) -> Register:
    """Sticky flags of a junction, from 1."""
    return Register(
        f"SATURATION_{junction}", SATURATION_BASE + 4 * (junction - 1), "read, write 1 to clear",
        f"junction {junction}: bit 0 FF, bit 1 BP, bit 2 UP left the number range",
    )  # fmt: skip


def registers(design: Design) -> tuple[Register, ...]:
    """All registers, by address."""
    fixed = (
        IDENTITY, CONTROL, STATUS, ETA, ERRORS,
        PARAMETER_SELECT, PARAMETER_WORD, PARAMETER_BANK, PARAMETER_DATA,
    )  # fmt: skip
    return fixed + tuple(saturation(i + 1) for i in range(design.n_junctions))


def address_bits(design: Design) -> int:
    """Width of a byte address that reaches every register."""
    return (registers(design)[-1].address + 3).bit_length()
