"""How many bits of memory a junction needs (the table of arXiv:1806.01087 section III-B)."""

from __future__ import annotations

from hwsim.design import Design, JunctionShape
from hwsim.pace import Pace


def delta_bits(design: Design, d_out: int) -> int:
    """Width of a word of a left delta memory.

    Profile "default" keeps partial sums at full width: products of two numbers, d_out of them.
    """
    number = design.fixed_point
    if design.number.profile == "prototype":
        return number.width
    return 2 * number.width - number.frac_bits + (d_out - 1).bit_length()


def memory_bits(
    design: Design, shape: JunctionShape, pace: Pace, *, inference: bool = False
) -> dict[str, int]:
    """Bits per kind of memory of one junction, all copies, and their ``total``.

    Words are counted as banks hold them: where the number of banks does not divide that of the
    neurons, the last word of some banks is never used. ``shift`` are the registers in which scheme
    "zero-bubble" holds activations and derivatives back on their way to the right, and carries what
    it has read until the deltas are there.
    """
    width = design.fixed_point.width
    copies = pace.copies(shape.index, design.n_junctions, inference=inference)
    left_words = shape.left_banks * shape.left_depth
    right_words = shape.right_banks * shape.right_depth
    activation_bits = design.input_bits if shape.index == 1 else width
    by_edge = copies["derivative"] > 0 and design.number.profile == "prototype"
    carried_bits = width + activation_bits + by_edge * width
    bits = {
        "weight": shape.n_edges * width,
        "bias": right_words * width,
        "activation": copies["activation"] * left_words * activation_bits,
        "derivative": copies["derivative"] * left_words * width,
        "delta": copies["delta"] * left_words * delta_bits(design, shape.d_out),
        "output_delta": copies["output_delta"] * right_words * width,
        "shift": pace.slack * shape.right_banks * 2 * width + pace.carry * shape.z * carried_bits,
    }
    return bits | {"total": sum(bits.values())}
