"""Requests and their answers over a serial port: whatever gets lost, each is executed once.

A request is sent again until its own answer comes, always with the same sequence number; the board
executes a sequence number once and repeats its answer.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import serial

from fpga.link.frames import CRC_BYTES, HEADER, Command, Frame, Status, checksum
from hwsim.errors import BadInput, bad

SEQUENCES = 1 << 16


@dataclass(frozen=True)
class Patience:
    """How long to wait.

    Attributes:
        answer: seconds from the end of a request to the first byte of its answer.
        gap: seconds between two bytes of an answer.
        attempts: how often to send a request.
    """

    answer: float = 0.5
    gap: float = 0.05
    attempts: int = 20


@dataclass
class Losses:
    """What has gone wrong so far, and has been mended."""

    repeated: int = 0
    complaints: int = 0
    damaged: int = 0
    silent: int = 0


class Line:
    """One board.

    Args:
        url: what pyserial opens: a device, or ``socket://host:port``.
        baud: of a device.
        patience: how long to wait, and how often to try.

    Raises:
        BadInput: if the port cannot be opened.
    """

    def __init__(self, url: str, *, baud: int, patience: Patience | None = None) -> None:
        self.url = url
        self.patience = patience or Patience()
        self.losses = Losses()
        self._sequence = 0
        try:
            self._port = serial.serial_for_url(url, baudrate=baud, timeout=self.patience.gap)
        except (OSError, ValueError) as error:
            what = f"cannot be opened: {getattr(error, 'strerror', None) or error}"
            raise self._bad(what, "name the board's port; is it plugged in?") from None

    def close(self) -> None:
        self._port.close()

    def hello(self) -> bytes:
        """Begin a session; whoever spoke to the board before is answered no more."""
        # A random start: what is still on its way to or from another host is not taken for ours.
        self._sequence = secrets.randbelow(SEQUENCES)
        return self.request(Command.HELLO)

    def request(self, command: Command, payload: bytes = b"") -> bytes:
        """The payload of the answer.

        Raises:
            BadInput: if no answer comes, or the board answers that it did not do it.
        """
        if command != Command.HELLO:
            self._sequence = (self._sequence + 1) % SEQUENCES
        content = Frame(self._sequence, command, payload).encode()
        for attempt in range(self.patience.attempts):
            self.losses.repeated += attempt > 0
            self._write(content)
            answer = self._answer()
            if answer is not None:
                self._require_ok(command, answer)
                return answer.payload
        fix = "check cable, speed (--baud) and reset of the board"
        raise self._bad(f"no answer in {self.patience.attempts} attempts", fix)

    def _require_ok(self, command: Command, answer: Frame) -> None:
        if answer.kind == Status.OK:
            return
        names = {status.value: status.name for status in Status}
        status = names.get(answer.kind, str(answer.kind))
        fix = "say hello once more"
        if answer.kind == Status.OUT_OF_ORDER:
            fix = "let one host at a time speak to the board"
        raise self._bad(f"{command.name} was answered {status}", fix)

    def _answer(self) -> Frame | None:
        """The answer to the request just sent; None if it is to be sent again."""
        timeout = self.patience.answer
        while True:
            head = self._read(HEADER.size, first=timeout)
            if len(head) < HEADER.size:
                self.losses.silent += 1
                return None
            length, sequence, kind = HEADER.unpack(head)
            rest = self._read(length + CRC_BYTES, first=self.patience.gap)
            payload, check = rest[:length], rest[length:]
            if len(check) < CRC_BYTES or checksum(head + payload) != int.from_bytes(
                check, "little"
            ):
                self.losses.damaged += 1
                self._settle()
                return None
            if kind == Status.DAMAGED:
                self.losses.complaints += 1
                return None
            if sequence == self._sequence:
                return Frame(sequence, kind, payload)

    def _settle(self) -> None:
        """Let what is left of an answer pass."""
        while self._read(1, first=self.patience.gap):
            pass

    def _read(self, count: int, *, first: float) -> bytes:
        """``count`` bytes, or fewer if a pause comes before the last one."""
        found, timeout = b"", first
        try:
            while len(found) < count:
                self._port.timeout = timeout
                some = self._port.read(max(1, min(self._port.in_waiting, count - len(found))))
                if not some:
                    break
                found, timeout = found + some, self.patience.gap
        except OSError as error:
            raise self._gone(error) from None
        return found

    def _write(self, content: bytes) -> None:
        try:
            self._port.write(content)
            self._port.flush()
        except OSError as error:
            raise self._gone(error) from None

    def _gone(self, error: OSError) -> BadInput:
        return self._bad(f"the port is gone: {error.strerror or error}", "plug it in, go on")

    def _bad(self, what: str, fix: str) -> BadInput:
        return bad("board", "--port", self.url, what, fix)
