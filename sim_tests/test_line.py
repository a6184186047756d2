"""The host's end of the line, against a port that says what it is told to say."""

from __future__ import annotations

import pytest
import serial

from fpga.host.line import Line, Losses, Patience
from fpga.link.frames import HEADER, Command, Frame, Status
from hwsim.errors import BadInput


class Port:
    """Answers each request with the next of ``script``, a function of its sequence number."""

    def __init__(self, script: list) -> None:
        self.script, self.requests = script, []
        self.pending, self.timeout = b"", None

    @property
    def in_waiting(self) -> int:
        return len(self.pending)

    def write(self, content: bytes) -> None:
        self.requests.append(content)
        _, sequence, _ = HEADER.unpack(content[: HEADER.size])
        self.pending += self.script.pop(0)(sequence) if self.script else b""

    def read(self, count: int) -> bytes:
        found, self.pending = self.pending[:count], self.pending[count:]
        return found

    def flush(self) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def line_to(monkeypatch):
    def make(*script) -> tuple[Line, Port]:
        port = Port(list(script))
        monkeypatch.setattr(serial, "serial_for_url", lambda url, **_: port)
        return Line("there", baud=1, patience=Patience(attempts=3)), port

    return make


def good(sequence: int) -> bytes:
    return Frame(sequence, Status.OK, b"good").encode()


def stale(sequence: int) -> bytes:
    return Frame((sequence - 1) % (1 << 16), Status.OK, b"stale").encode()


def damaged(sequence: int) -> bytes:
    return good(sequence)[:-1] + b"?"


def complaint(sequence: int) -> bytes:
    return Frame(77, Status.DAMAGED).encode()


def nothing(sequence: int) -> bytes:
    return b""


@pytest.mark.parametrize(("script", "losses"), [
    ([good], Losses()),
    ([lambda s: stale(s) + good(s)], Losses()),
    ([stale, good], Losses(repeated=1, silent=1)),
    ([complaint, good], Losses(repeated=1, complaints=1)),
    ([damaged, good], Losses(repeated=1, damaged=1)),
    ([lambda s: good(s)[:-3], good], Losses(repeated=1, damaged=1)),
    ([lambda s: b"\x03" + good(s), good], Losses(repeated=1, damaged=1)),
    ([nothing, nothing, good], Losses(repeated=2, silent=2)),
])  # fmt: skip
def test_the_answer_is_found_and_every_repetition_is_the_same(line_to, script, losses):
    line, port = line_to(*script)
    assert line.request(Command.STATUS) == b"good"
    assert line.losses == losses
    assert len(set(port.requests)) == 1 and len(port.requests) == 1 + losses.repeated


def test_every_request_has_the_next_number_and_a_session_one_of_its_own(line_to):
    line, port = line_to(*[good] * 9)
    for _ in range(3):
        line.hello()
        line.request(Command.STATUS)
        line.request(Command.NOTE, b"x")
    numbers = [HEADER.unpack(request[: HEADER.size])[1] for request in port.requests]
    for first in (0, 3, 6):
        assert numbers[first : first + 3] == [(numbers[first] + i) % (1 << 16) for i in range(3)]
    assert len({numbers[0], numbers[3], numbers[6]}) > 1


@pytest.mark.parametrize(("status", "text"), [
    (Status.OUT_OF_ORDER, "READ was answered OUT_OF_ORDER; fix: let one host at a time"),
    (Status.BUSY, "READ was answered BUSY"),
    (99, "READ was answered 99"),
])  # fmt: skip
def test_what_the_board_did_not_do_is_one_line(line_to, status, text):
    line, _ = line_to(lambda sequence: Frame(sequence, status).encode())
    with pytest.raises(BadInput, match=text):
        line.request(Command.READ)


def test_silence_is_one_line(line_to):
    line, port = line_to()
    with pytest.raises(BadInput, match="no answer in 3 attempts; fix: check cable, speed"):
        line.request(Command.STATUS)
    assert len(port.requests) == 3


def test_a_port_that_goes_away_is_one_line(line_to):
    line, port = line_to()

    def gone(content: bytes) -> None:
        raise serial.SerialException("device reports readiness to read but returned no data")

    port.write = gone
    with pytest.raises(BadInput, match="the port is gone: device reports"):
        line.request(Command.STATUS)
