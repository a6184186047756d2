"""Banked memories with real port limits (arXiv:1806.01087 section III-B).

Element k of a memory lives in bank k % banks, word k // banks. A clash - two accesses of one clock
that want the same port of the same bank - raises, it is never hidden.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np

from hwsim.fixed_point import Raw
from hwsim.interleaver import Index

NEVER = -1
"""The clock of a port that has not been used."""


class Clash(Exception):
    """Two accesses of one clock wanted the same port of the same bank."""


@dataclass(slots=True)
class Clock:
    """The clock that all memories of a model share."""

    now: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Access:
    """Elements of one memory that are read or written in one clock, checked once for clashes."""

    elements: Index
    clashing_bank: int | None


@dataclass(slots=True)
class Written:
    """What a memory wrote last."""

    clock: int = -1
    elements: Index = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    values: Raw = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


class BankedMemory:
    """Copies of a banked memory; a write in one clock is read from the next clock on.

    Args:
        name: for messages.
        clock: the model's clock.
        size: elements per copy.
        banks: banks per copy.
        copies: independent copies, each with its own ports.
        ports: "single" (one read or write), or "dual" (one read and one write per clock and bank).
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        size: int,
        banks: int,
        copies: int = 1,
        ports: str = "dual",
    ) -> None:
        self.name = name
        self.clock = clock
        self.size = size
        self.banks = banks
        self.copies = copies
        self.ports = ports
        self.values = np.zeros((copies, size), dtype=np.int64)
        self._of_copy = list(self.values)  # rows of ``values``, which indexing would make anew
        self.written = Written()
        self._read_at = [NEVER] * copies
        self._written_at = self._read_at if ports == "single" else [NEVER] * copies

    def access(self, elements: Index) -> Access:
        """An access to ``elements``, to be used in any number of clocks."""
        bank = np.sort(elements % self.banks)
        double = np.flatnonzero(bank[1:] == bank[:-1])
        return Access(elements, int(bank[double[0]]) if len(double) else None)

    def read(self, access: Access, copy: int = 0) -> Raw:
        """The values of the accessed elements, as writes of earlier clocks left them."""
        now = self.clock.now
        if self._read_at[copy] == now or access.clashing_bank is not None:
            self._clash("read", access, copy)
        self._read_at[copy] = now
        return self._of_copy[copy][access.elements]

    def write(self, access: Access, values: Raw, copy: int = 0) -> None:
        """Write ``values``; reads of later clocks see them."""
        now = self.clock.now
        if self._written_at[copy] == now or access.clashing_bank is not None:
            self._clash("write", access, copy)
        self._written_at[copy] = now
        self._of_copy[copy][access.elements] = values
        written = self.written
        written.clock, written.elements, written.values = now, access.elements, values

    def _clash(self, direction: str, access: Access, copy: int) -> NoReturn:
        """A port serves one access vector per clock, and each of its banks one element."""
        clash = access.clashing_bank
        bank = "every bank" if clash is None else f"bank {clash}"
        raise Clash(
            f"{self.name} copy {copy}, {bank}: second {direction} in clock {self.clock.now}"
        )
