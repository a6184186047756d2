"""A line that flips, drops and doubles bytes and adds bursts of noise, between host and board."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit


class NoisyLine:
    """A TCP proxy in front of a board.

    Args:
        url: of the board.
        seed: of the noise; each direction draws its own.
        one_in: an error every so many bytes, on average.

    Attributes:
        url: of the noisy end.
        errors: how many there were, by kind.
    """

    KINDS = ("flip", "drop", "double", "burst")

    def __init__(self, url: str, *, seed: int, one_in: int) -> None:
        self._board = urlsplit(url).hostname, urlsplit(url).port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"socket://127.0.0.1:{self._listener.getsockname()[1]}"
        self.errors = dict.fromkeys(self.KINDS, 0)
        self._one_in = one_in
        self._randoms = [random.Random(seed), random.Random(seed + 1)]
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        """Hang up on both sides."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._ends:
            end.close()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> NoisyLine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        try:
            host, _ = self._listener.accept()
        except OSError:
            return
        board = socket.create_connection(self._board)
        self._ends = [host, board]
        for end in self._ends:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ways = zip((host, board), (board, host), self._randoms, strict=True)
        copies = [threading.Thread(target=self._copy, args=way) for way in ways]
        self._threads += copies
        for thread in copies:
            thread.start()

    def _copy(self, source: socket.socket, target: socket.socket, rng: random.Random) -> None:
        with suppress(OSError):
            while content := source.recv(4096):
                target.sendall(b"".join(self._spoil(byte, rng) for byte in content))
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _spoil(self, byte: int, rng: random.Random) -> bytes:
        if rng.randrange(self._one_in):
            return bytes([byte])
        kind = rng.choice(self.KINDS)
        self.errors[kind] += 1
        return {
            "flip": bytes([byte ^ (1 << rng.randrange(8))]),
            "drop": b"",
            "double": bytes([byte, byte]),
            "burst": bytes([byte]) + rng.randbytes(rng.randrange(2, 20)),
        }[kind]
