"""A module of yosys' netlist for ECP5, as registers are moved in it: who drives, and who reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Bit = int | str
"""A net, or the constant "0", "1" or "x"."""

Cell = dict[str, Any]

REGISTER = "TRELLIS_FF"


@dataclass(frozen=True)
class Control:
    """What registers that move into one block must have in common."""

    clock: Bit
    enable: Bit


class Netlist:
    """One module, flattened and mapped to ECP5.

    Args:
        netlist: as ``write_json`` writes it; changed in place.
        top: the name of its module.
    """

    def __init__(self, netlist: dict[str, Any], top: str) -> None:
        module = netlist["modules"][top]
        self.cells: dict[str, Cell] = module["cells"]
        self.driver: dict[Bit, str] = {}
        self.readers: Counter[Bit] = Counter()
        for port in module["ports"].values():
            if port["direction"] != "input":
                self.readers.update(port["bits"])
        for name, cell in self.cells.items():
            for port, bits in cell["connections"].items():
                if cell["port_directions"][port] == "input":
                    self.readers.update(bits)
                else:
                    self.driver.update(dict.fromkeys(bits, name))
        self.register_of = {
            cell["connections"]["DI"][0]: name
            for name, cell in self.cells.items()
            if cell["type"] == REGISTER
        }

    def of_type(self, kind: str) -> list[Cell]:
        return [cell for cell in self.cells.values() if cell["type"] == kind]

    def control(self, registers: Iterable[str | None]) -> Control | None:
        """Clock and enable of registers, if all have the same, start at zero and have no reset."""
        found = {self._control(name) for name in registers}
        return found.pop() if len(found) == 1 else None

    def _control(self, name: str | None) -> Control | None:
        cell = self.cells.get(name, {"type": None})
        if cell["type"] != REGISTER:
            return None
        parameters, wires = cell["parameters"], cell["connections"]
        enabled = parameters.get("CEMUX", "1").strip()  # "1 " is the string, not the number
        plain = (
            wires.get("LSR", ["0"]) == ["0"]
            and parameters.get("REGSET", "RESET") == "RESET"
            and parameters.get("CLKMUX", "CLK") == "CLK"
            and enabled in ("1", "CE")
        )
        if not plain:
            return None
        return Control(wires["CLK"][0], wires["CE"][0] if enabled == "CE" else "1")

    def behind(self, block: Cell, ports: Iterable[str]) -> dict[str, str | None]:
        """By those outputs of a block that are read: the register that alone reads it, or None."""
        nets = {port: block["connections"].get(port, ["x"])[0] for port in ports}
        return {
            port: self.register_of.get(net) if self.readers[net] == 1 else None
            for port, net in nets.items()
            if isinstance(net, int) and self.readers[net]
        }

    def take(self, block: Cell, registers: dict[str, str]) -> None:
        """Let outputs of a block drive what registers behind them did; these go away."""
        for port, name in registers.items():
            register = self.cells.pop(name)["connections"]
            del self.driver[register["Q"][0]]  # by no register of its own any more
            block["connections"][port] = register["Q"]
