"""When one junction works on which input, in blocks; and what it has to keep for that long."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Of one junction.

    Attributes:
        forward_age: blocks since an input was loaded, when its FF begins.
        offset: clocks by which the junction is behind the block.
        lag: blocks from FF to BP and UP of the same input.
        slack: clocks that results are held back.
        carry: clocks that weights and left values, once read, wait for the deltas.
        slope_copies: of the left derivatives.
        output_copies: of the output deltas.
    """

    forward_age: int
    offset: int
    lag: int
    slack: int
    carry: int
    slope_copies: int
    output_copies: int

    def copies(self, index: int, n_junctions: int, *, inference: bool) -> dict[str, int]:
        """Copies of the left memories of junction ``index``, from 1, and of the output deltas."""
        if inference:
            return {"activation": 2, "derivative": 0, "delta": 0, "output_delta": 0}
        return {
            "activation": self.lag + 2,
            "derivative": self.slope_copies if index > 1 else 0,
            "delta": 2 if index > 1 else 0,
            "output_delta": self.output_copies if index == n_junctions else 0,
        }


def prototype_pace(index: int, n_junctions: int) -> Pace:
    """Of junction ``index``, from 1, in scheme "prototype" (arXiv:1806.01087 section III-C)."""
    lag = 2 * (n_junctions - index) + 1
    return Pace(index, 0, lag, slack=0, carry=0, slope_copies=lag + 2, output_copies=2)
