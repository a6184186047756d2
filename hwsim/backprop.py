"""Backpropagation of one junction: what each edge adds to its left neuron's delta.

Profile "prototype" (arXiv:1806.01087 section III-D): delta*a' of the edge's left neuron, times w,
each rounded and saturated, and a saturating sum: two multipliers per lane.
Profile "default": w*delta rounded once, summed at full width; the junction to the left multiplies
each sum by a' once, when it reads the delta (``slope``): one multiplier per lane and one per right
neuron touched.
"""

from __future__ import annotations

from hwsim.fixed_point import FixedPoint, Raw, Tally


class Backprop:
    """Contribution of an edge and its accumulation.

    Args:
        number: the format of weights, deltas and derivatives.
        per_edge: multiply by a' at every edge (profile "prototype").
    """

    def __init__(self, number: FixedPoint, *, per_edge: bool) -> None:
        self.number = number
        self.per_edge = per_edge
        self.product_tally = Tally()
        self.sum_tally = Tally()

    def contribution(self, weight: Raw, delta: Raw, derivative: Raw | None) -> Raw:
        """What each active lane adds, (lanes,); ``derivative`` only where it is per edge."""
        if not self.per_edge:
            return self.number.multiply_wide(weight, delta)
        slope = self.number.multiply(delta, derivative, self.product_tally)
        return self.number.multiply(slope, weight, self.product_tally)

    def accumulate(self, partial: Raw, contribution: Raw) -> Raw:
        """The new partial sum, (lanes,)."""
        if not self.per_edge:
            return partial + contribution
        return self.number.add(partial, contribution, self.sum_tally)


def sum_width(number: FixedPoint, d_out: int, *, per_edge: bool) -> int:
    """Bits of a word of the left delta memory: full-width sums need more than a number."""
    if per_edge:
        return number.width
    return 2 * number.width - number.frac_bits + (d_out - 1).bit_length()
