"""What a design can change so that a problem goes away, in the words of a design file."""

from __future__ import annotations

from hwsim.design import JunctionShape
from hwsim.schedule import JunctionSchedule


def hazard_fix(junction: JunctionSchedule, shortest: int) -> str:
    """What takes the hazards of a junction away.

    Args:
        junction: which has some.
        shortest: fewest clocks between two reads of one word.
    """
    fixes, needed = ["forwarding = true"], junction.safe_distance
    if shortest >= 2:
        fixes.append(f"registers <= {shortest - 2}")
    if junction.shape.depth < needed:
        fixes.append(f"a depth of {needed} or more instead of {junction.shape.depth} (a smaller z)")
    else:
        fixes.append("a pattern of type 2 or 3 in place of this one")
    return f"{', '.join(fixes[:-1])}, or {fixes[-1]}"


def doubling_fix(shape: JunctionShape) -> str:
    """Out-degrees whose in-degree divides the left layer: they exclude doubled edges."""
    fits = [
        d_out
        for d_out in range(1, shape.n_right + 1)
        if shape.n_left * d_out % shape.n_right == 0
        and shape.n_left % (shape.n_left * d_out // shape.n_right) == 0
    ]
    near = sorted(sorted(fits, key=lambda d_out: abs(d_out - shape.d_out))[:3])
    rule = f"an in-degree that divides {shape.n_left}, not {shape.d_in}, excludes it"
    if not near:
        return f"{rule}, and none does here; fix: another seed or type"
    return f"{rule}; fix: out-degree {' or '.join(map(str, near))}, or another seed or type"
