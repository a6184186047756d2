"""How many multipliers a junction's hardware has (arXiv:1806.01087 section III-D).

They are what a lane costs most on an FPGA. The count is that of the generated Verilog, before a
synthesis tool maps narrow ones to logic, or several to one DSP block.
"""

from __future__ import annotations

from hwsim.design import Design
from hwsim.schedule import JunctionSchedule


def multipliers(design: Design, junction: JunctionSchedule) -> dict[str, int]:
    """Multipliers per place of one junction, and their ``total``.

    Where a' is multiplied depends on the profile: "prototype" does it in every lane of BP,
    "default" in ``slope``, once per right neuron touched, for the junction to the right.
    """
    shape, trains = junction.shape, not junction.inference
    is_first, is_last = shape.index == 1, shape.index == junction.n_junctions
    per_edge = design.number.profile == "prototype"
    has_slope = trains and not is_last and not per_edge
    is_quadratic = trains and is_last and design.network.cost == "quadratic"
    count = {
        "feedforward": shape.z,
        "update": shape.z if trains else 0,
        "backprop": shape.z * (2 if per_edge else 1) if trains and not is_first else 0,
        "slope": shape.right_banks if has_slope else 0,
        "cost": shape.right_banks if is_quadratic else 0,
    }
    return count | {"total": sum(count.values())}
