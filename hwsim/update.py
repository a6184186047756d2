"""Update of one junction: b -= eta*delta, w -= eta*delta*a (arXiv:1806.01087 section III-D).

u = -delta / 2^k, rounded by adding the last bit shifted out; without that bit every update is
pulled towards -1 LSB and the network does not learn.
"""

from __future__ import annotations

from hwsim.fixed_point import FixedPoint, Raw, Tally


class Update:
    """The step u, and the new weights and biases.

    Args:
        number: the format of everything here.
    """

    def __init__(self, number: FixedPoint) -> None:
        self.number = number
        self.product_tally = Tally()
        self.weight_tally = Tally()
        self.bias_tally = Tally()

    def step(self, delta: Raw, eta_shift: int) -> Raw:
        """u of each right neuron touched, (touched,)."""
        return self.number.shift_right(self.number.negate(delta), eta_shift)

    def bias(self, bias: Raw, step: Raw) -> Raw:
        """New biases, (finished,)."""
        return self.number.add(bias, step, self.bias_tally)

    def weight(self, weight: Raw, step: Raw, activation: Raw) -> Raw:
        """New weights, (lanes,)."""
        change = self.number.multiply(step, activation, self.product_tally)
        return self.number.add(weight, change, self.weight_tally)
