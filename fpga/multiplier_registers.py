"""Moves registers around ECP5 multipliers into them: the netlist of yosys, as nextpnr reads it.

A MULT18X18D has registers of its own before and behind the array, much closer to it than any
flip-flop of the fabric; yosys leaves them unused. A register qualifies if it starts at zero, has no
reset, and shares clock and enable with all others of its multiplier. Both operands are taken, or
neither: nextpnr knows no timing for one alone. An operand register that others read as well stays
where it is, beside its copy in the multiplier.

A block has four clocks, enables and resets to choose from. What is known of the bitstream does not
say which enable an output register takes, so all four are wired alike.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

Bit = int | str
"""A net, or the constant "0", "1" or "x"."""

MULTIPLIER, REGISTER = "MULT18X18D", "TRELLIS_FF"

OPERANDS = [f"{port}{bit}" for port in "AB" for bit in range(18)]
PRODUCT = [f"P{bit}" for bit in range(36)]


@dataclass(frozen=True)
class Control:
    """What the registers of a multiplier must have in common."""

    clock: Bit
    enable: Bit


@dataclass(frozen=True)
class Taken:
    """How many multipliers there are and how many got registers; flip-flops that went away."""

    multipliers: int
    operands: int
    products: int
    flip_flops: int


def take_registers(netlist: dict[str, Any], top: str) -> Taken:
    """Change a netlist, as ``write_json`` writes it, in place.

    Args:
        netlist: flattened and mapped to ECP5.
        top: the name of its module.
    """
    return _Module(netlist["modules"][top]).run()


class _Module:
    """One module, and who drives and who reads its nets."""

    def __init__(self, module: dict[str, Any]) -> None:
        self.cells = module["cells"]
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

    def run(self) -> Taken:
        multipliers = [cell for cell in self.cells.values() if cell["type"] == MULTIPLIER]
        before = len(self.cells)
        products = sum([self._take_product(cell) for cell in multipliers])
        operands = sum([self._take_operands(cell) for cell in multipliers])
        self._drop_unread()
        return Taken(len(multipliers), operands, products, before - len(self.cells))

    def _control(self, name: str | None) -> Control | None:
        """Clock and enable of a register, if a multiplier has one like it."""
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

    def _take_product(self, multiplier: dict[str, Any]) -> bool:
        wires = multiplier["connections"]
        used = {p: wires[p][0] for p in PRODUCT if p in wires and self.readers[wires[p][0]]}
        registers = {port: self.register_of.get(bit) for port, bit in used.items()}
        control = self._common(registers.values())
        if control is None or any(self.readers[bit] > 1 for bit in used.values()):
            return False
        for port, name in registers.items():
            register = self.cells.pop(name)["connections"]
            del self.driver[register["Q"][0]]  # by no register of its own any more
            wires[port] = register["Q"]
        return _set_up(multiplier, control, ["OUTPUT"])

    def _take_operands(self, multiplier: dict[str, Any]) -> bool:
        wires = multiplier["connections"]
        nets = {port: wires[port][0] for port in OPERANDS if isinstance(wires[port][0], int)}
        registers = {port: self.driver.get(bit) for port, bit in nets.items()}
        if any(bit != "0" for port in OPERANDS if isinstance(bit := wires[port][0], str)):
            return False  # a register would hold 0 at first, not 1
        control = self._common(registers.values())
        if control is None or not _set_up(multiplier, control, ["INPUTA", "INPUTB"]):
            return False
        for port, name in registers.items():
            self.readers[wires[port][0]] -= 1
            wires[port] = list(self.cells[name]["connections"]["DI"])
            self.readers[wires[port][0]] += 1
        return True

    def _common(self, registers: Any) -> Control | None:
        controls = {self._control(name) for name in registers}
        return controls.pop() if len(controls) == 1 else None

    def _drop_unread(self) -> None:
        unread = [
            name
            for name, cell in self.cells.items()
            if cell["type"] == REGISTER and not self.readers[cell["connections"]["Q"][0]]
        ]
        for name in unread:
            del self.cells[name]


def _set_up(multiplier: dict[str, Any], control: Control, registers: list[str]) -> bool:
    """Switch registers of a multiplier on, unless others with another clock or enable are on."""
    wires, parameters = multiplier["connections"], multiplier["parameters"]
    if "CLK0" in wires and Control(wires["CLK0"][0], wires.get("CE0", ["1"])[0]) != control:
        return False
    wanted = {"CLK": control.clock, "CE": control.enable, "RST": "0"}
    if control.enable == "1":
        del wanted["CE"]  # what is not wired is high
    wired = {f"{port}{i}": [bit] for port, bit in wanted.items() for i in range(4)}
    wires |= wired
    multiplier["port_directions"] |= dict.fromkeys(wired, "input")
    parameters |= {"GSR": "DISABLED"}
    for register in registers:
        parameters |= {
            f"REG_{register}_CLK": "CLK0",
            f"REG_{register}_CE": "CE0",
            f"REG_{register}_RST": "RST0",
        }
    return True
