"""Inputs per second: what the accelerator could do, and what its wire lets through."""

from __future__ import annotations

from fpga.link.frames import OVERHEAD_BYTES
from fpga.link.sizes import WORD_BYTES, Sizes

BITS_PER_BYTE = 10
"""On a wire: a start bit, eight bits of data, a stop bit."""


def core_rate(clock_mhz: float, clocks_per_input: int) -> float:
    """Inputs per second if inputs are there in time, as from the board's own memory."""
    return clock_mhz * 1e6 / clocks_per_input


def wire_rate(sizes: Sizes, baud: int) -> float:
    """Inputs per second if each comes over the wire, in full frames one after the other."""
    content = WORD_BYTES + sizes.inputs_per_frame * sizes.input_bytes
    frame_bits = (OVERHEAD_BYTES + content) * BITS_PER_BYTE
    return sizes.inputs_per_frame * baud / frame_bits
