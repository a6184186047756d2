"""``hardware.registers``: where the data path has pipeline registers, stage by stage.

They cost clocks and buy clock frequency. Results depend on none of them where partial sums are
forwarded (docs/architecture.md, "Stages").
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from hwsim.section import Natural, Section


class Registers(Section):
    """``[hardware.registers]``: registers one behind the other, that is clocks, in each stage.

    Attributes:
        network: behind what leads from the memories to the lanes.
        multiplier: in every multiplier: the first keeps the raw product, the second the operands,
            the third what has been rounded, the fourth the raw product once more.
        product: between products and adders.
        tree: in the sums of feedforward: the last behind the whole sum, the others between the
            levels of a clock's adder tree.
        activation: around the table of the activation function: the first before it, the others
            behind it.
        step: in update, behind -eta*delta.
    """

    network: Natural = 0
    multiplier: Natural = 0
    product: Natural = 0
    tree: Natural = 0
    activation: Natural = 0
    step: Natural = 0


NUMBER, TABLE = "number", "table"
"""The two ways to write them, as errors name them."""


def _kind(value: Any) -> str:
    return NUMBER if isinstance(value, int) else TABLE


RegistersOrProduct = Annotated[
    Annotated[Natural, Tag(NUMBER)] | Annotated[Registers, Tag(TABLE)], Discriminator(_kind)
]
"""As a design file has them; a plain number is ``product`` alone."""
