"""The cocotb side of a simulated board: bytes of a TCP connection on the wires, and back.

Wakes where a wire changes, not in every clock; while nothing happens, time stands still.
"""

from __future__ import annotations

import os
import select
import socket
import sys
from itertools import groupby

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer

from fpga.simulation.job import CLOCK_NS, Job

JOB_VARIABLE = "CLASHFREE_JOB"
STEPS_PER_NS = 1000
CHUNK_BITS = 50
"""Of simulated time between two looks at the connection."""

IDLE_SECONDS = 0.2


class Board:
    """The wires, a listening socket, and at most one connection: the newest."""

    def __init__(self, dut: cocotb.handle.HierarchyObject, job: Job) -> None:
        self.dut = dut
        self.bit = round(job.clocks_per_bit * CLOCK_NS * STEPS_PER_NS)
        self.patience = job.quiet_clocks * CLOCK_NS * STEPS_PER_NS + 10 * self.bit
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connection: socket.socket | None = None
        self.last = 0
        job.port.with_suffix(".new").write_text(str(self.listener.getsockname()[1]))
        job.port.with_suffix(".new").rename(job.port)

    async def serve(self) -> None:
        """Until stdin ends: whoever started us is gone, or does not want us any more."""
        while True:
            watched = [self.listener, sys.stdin]
            watched += [self.connection] if self.connection else []
            ready, _, _ = select.select(watched, [], [], 0 if self.is_active() else IDLE_SECONDS)
            if sys.stdin in ready and not os.read(sys.stdin.fileno(), 1):
                return
            if self.listener in ready:
                self.hang_up()
                self.connection, _ = self.listener.accept()
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            elif self.connection in ready:
                await self.send(self.receive())
            elif self.is_active():
                await Timer(CHUNK_BITS * self.bit, unit="step")

    def is_active(self) -> bool:
        """Whether there is something to simulate."""
        busy = str(self.dut.busy.value) == "1"
        return busy or cocotb.utils.get_sim_time("step") - self.last < self.patience

    def receive(self) -> bytes:
        try:
            content = self.connection.recv(4096)
        except OSError:
            content = b""
        if not content:
            self.hang_up()
        return content

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    async def send(self, content: bytes) -> None:
        """Bits on rx; a wait for each stretch of equal ones."""
        for byte in content:
            levels = [0, *((byte >> i) & 1 for i in range(8)), 1]
            for level, stretch in groupby(levels):
                self.dut.rx.value = level
                await Timer(len(list(stretch)) * self.bit, unit="step")
        self.touch()

    async def listen(self) -> None:
        """Bits on tx, sampled in their middle."""
        while True:
            await FallingEdge(self.dut.tx)
            self.touch()
            await Timer(self.bit * 3 // 2, unit="step")
            byte = 0
            for i in range(8):
                byte |= int(self.dut.tx.value) << i
                await Timer(self.bit, unit="step")
            self.touch()
            if self.connection is not None:
                try:
                    self.connection.sendall(bytes([byte]))
                except OSError:
                    self.hang_up()

    def touch(self) -> None:
        self.last = cocotb.utils.get_sim_time("step")


@cocotb.test()
async def serve(dut: cocotb.handle.HierarchyObject) -> None:
    """A board that anybody may speak to."""
    board = Board(dut, Job.load(os.environ[JOB_VARIABLE]))
    dut.rx.value = 1
    dut.rst.value = 0
    Clock(dut.clk, CLOCK_NS, unit="ns").start()
    await FallingEdge(dut.clk)
    dut.rst.value = 1
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    await Timer(1, unit="ns")  # so that bits do not change with the clock
    cocotb.start_soon(board.listen())
    await board.serve()
