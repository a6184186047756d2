"""What a build found: as JSON, and as text."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from fpga.resources import NAMES
from fpga.synthesis import Synthesis, Use
from fpga.timing import Path


@dataclass(frozen=True)
class Report:
    """A build.

    Attributes:
        board, device: what for.
        core_only: the accelerator without its link.
        inference: the accelerator without backpropagation and update.
        clock_mhz: the clock that the bitstream makes.
        fmax_mhz: the fastest clock it could have; None where nothing was placed.
        utilisation: by resource; after placement, or else after synthesis.
        synthesis: what synthesis found.
        critical_path: why the clock is not faster.
        clocks_per_input: in steady state.
        inputs_per_second_core: at ``clock_mhz``, or at ``fmax_mhz`` if that is less.
        inputs_per_second_io: over the wire.
        baud: of the wire.
        stored_inputs: inputs that the board can keep, so that the wire does not count.
        seconds: synthesis, placing and routing; what was reused counts as when it was made.
        files: names in the folder of the build.
    """

    board: str
    device: str
    core_only: bool
    inference: bool
    clock_mhz: float
    fmax_mhz: float | None
    utilisation: dict[str, Use]
    synthesis: Synthesis
    critical_path: Path | None
    clocks_per_input: int
    inputs_per_second_core: float
    inputs_per_second_io: float
    baud: int
    stored_inputs: int | None
    seconds: float
    files: list[str]

    @property
    def meets_clock(self) -> bool:
        return self.fmax_mhz is None or self.fmax_mhz >= self.clock_mhz

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; ``meets_clock`` and percentages are added."""
        result = asdict(self) | {"meets_clock": self.meets_clock if self.fmax_mhz else None}
        result["utilisation"] = _uses(self.utilisation)
        result["synthesis"]["utilisation"] = _uses(self.synthesis.utilisation)
        return result

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2) + "\n"

    def lines(self) -> list[str]:
        """The report for people."""
        return [*self._clock(), *self._rates(), *self._multipliers(), *self._path()]

    def rows(self) -> list[tuple[object, ...]]:
        """Resource, used, available, percent."""
        uses = self.utilisation.items()
        return [(NAMES[name], u.used, u.available, f"{u.percent:.1f} %") for name, u in uses]

    def _clock(self) -> list[str]:
        if self.fmax_mhz is None:
            return [f"clock: {self.clock_mhz:g} MHz asked for; Fmax comes from Vivado"]
        verdict = "met" if self.meets_clock else "MISSED"
        return [f"clock: {self.clock_mhz:g} MHz, {verdict}; Fmax {self.fmax_mhz:g} MHz"]

    def _rates(self) -> list[str]:
        return [
            f"inputs/s: {self.inputs_per_second_core:,.0f} by the core "
            f"({self.clocks_per_input} clocks per input), {self.inputs_per_second_io:,.1f} over "
            f"the wire ({self.baud} baud)"
        ]

    def _multipliers(self) -> list[str]:
        found = self.synthesis
        text = f"multipliers: {found.multipliers_in_blocks} in DSP blocks"
        if found.operand_registers is not None:
            text += (
                f" ({found.operand_registers} with operand registers, "
                f"{found.product_registers} with product registers)"
            )
        memories = f"memories in flip-flops: {found.memories_in_flip_flops}"
        return [f"{text}, {found.multipliers_in_logic} in logic; {memories}"]

    def _path(self) -> list[str]:
        path = self.critical_path
        if path is None:
            return []
        head = f"critical path: {path.ns:g} ns ({path.logic_ns:g} logic, {path.routing_ns:g} wires)"
        return [head] + [
            f"  {part.block:32} {part.logic_ns + part.routing_ns:6.2f} ns, {part.cells} cells"
            for part in path.blocks
        ]


def _uses(utilisation: dict[str, Use]) -> dict[str, dict[str, float]]:
    return {name: asdict(use) | {"percent": use.percent} for name, use in utilisation.items()}
