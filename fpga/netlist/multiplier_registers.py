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

from dataclasses import dataclass
from typing import Any

from fpga.netlist.module import REGISTER, Cell, Control, Netlist

MULTIPLIER = "MULT18X18D"

CONTROLS = ("RST", "SIGNED", "SOURCE")
"""Inputs that are wired even if they are constant; for all others the device has a setting."""

OPERANDS = [f"{port}{bit}" for port in "AB" for bit in range(18)]
PRODUCT = [f"P{bit}" for bit in range(36)]


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
    return _Module(netlist, top).run()


class _Module(Netlist):
    """One module, whose multipliers take registers."""

    def run(self) -> Taken:
        multipliers = self.of_type(MULTIPLIER)
        before = len(self.cells)
        products = sum([self._take_product(cell) for cell in multipliers])
        operands = sum([self._take_operands(cell) for cell in multipliers])
        self._drop_unread()
        flip_flops = before - len(self.cells)
        self._constants_nearby()
        return Taken(len(multipliers), operands, products, flip_flops)

    def _take_product(self, multiplier: Cell) -> bool:
        registers = self.behind(multiplier, PRODUCT)
        control = self.control(registers.values())
        if control is None:
            return False
        self.take(multiplier, registers)
        return _set_up(multiplier, control, ["OUTPUT"])

    def _take_operands(self, multiplier: Cell) -> bool:
        wires = multiplier["connections"]
        nets = {port: wires[port][0] for port in OPERANDS if isinstance(wires[port][0], int)}
        registers = {port: self.driver.get(bit) for port, bit in nets.items()}
        if any(bit != "0" for port in OPERANDS if isinstance(bit := wires[port][0], str)):
            return False  # a register would hold 0 at first, not 1
        control = self.control(registers.values())
        if control is None or not _set_up(multiplier, control, ["INPUTA", "INPUTB"]):
            return False
        for port, name in registers.items():
            self.readers[wires[port][0]] -= 1
            wires[port] = list(self.cells[name]["connections"]["DI"])
            self.readers[wires[port][0]] += 1
        return True

    def _constants_nearby(self) -> None:
        """Give each multiplier look-up tables of its own for the constants it is controlled by.

        nextpnr makes one source for all of the device, and then takes minutes to route it to a
        hundred multipliers.
        """
        free = 1 + max(bit for bit in (*self.driver, *self.readers) if isinstance(bit, int))
        for name, cell in list(self.cells.items()):
            if cell["type"] != MULTIPLIER:
                continue
            for value in "01":
                ports = [p for p, bits in cell["connections"].items()
                         if p.startswith(CONTROLS) and bits == [value]]  # fmt: skip
                if ports:
                    self.cells[f"{name}_constant_{value}"] = _constant(value, free)
                    cell["connections"] |= {port: [free] for port in ports}
                    free += 1

    def _drop_unread(self) -> None:
        unread = [
            name
            for name, cell in self.cells.items()
            if cell["type"] == REGISTER and not self.readers[cell["connections"]["Q"][0]]
        ]
        for name in unread:
            del self.cells[name]


def _constant(value: str, net: int) -> Cell:
    """A look-up table that drives ``net`` with a constant."""
    return {
        "hide_name": 0,
        "type": "LUT4",
        "parameters": {"INIT": value * 16},
        "attributes": {},
        "port_directions": dict.fromkeys("ABCD", "input") | {"Z": "output"},
        "connections": {port: ["0"] for port in "ABCD"} | {"Z": [net]},
    }


def _set_up(multiplier: Cell, control: Control, registers: list[str]) -> bool:
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
