"""Operands at the upper end of a multiplier: the same product for any values of the nets."""

from __future__ import annotations

import json
import random

import pytest
from netlist_proof import mapped

from fpga.netlist.multiplier_registers import MULTIPLIER
from fpga.netlist.sign_bits import align

MODULES = {
    "both narrow": ("input signed [9:0] a, input signed [6:0] b, output signed [16:0] y", 8 + 11),
    "one narrow": ("input signed [17:0] a, input signed [10:0] b, output signed [28:0] y", 7),
    "full": ("input signed [17:0] a, b, output signed [35:0] y", 0),
    "some of the product": ("input signed [9:0] a, b, output signed [12:0] y", 16),
    "more than the product": ("input signed [9:0] a, b, output signed [23:0] y", None),
    "no sign": ("input [9:0] a, b, output [19:0] y", 0),
    "one without a sign": ("input signed [9:0] a, input [7:0] c, output signed [17:0] y", 8),
}


def multiplier_of(given: dict) -> dict:
    cells = given["modules"]["top"]["cells"].values()
    (found,) = (cell for cell in cells if cell["type"] == MULTIPLIER)
    return found["connections"]


def product(wires: dict, values: dict) -> dict:
    """What the block drives its nets with; ``values`` are those of the nets that it reads."""

    def operand(port: str) -> int:
        bits = [values[wires[f"{port}{i}"][0]] for i in range(18)]
        weight = -1 if values[wires[f"SIGNED{port}"][0]] else 1
        return sum(b << i for i, b in enumerate(bits[:17])) + weight * (bits[17] << 17)

    result = operand("A") * operand("B")
    return {wires[f"P{i}"][0]: result >> i & 1 for i in range(36)}


@pytest.mark.parametrize("name", MODULES)
def test_the_product_is_the_same(name, tmp_path):
    ports, fewer = MODULES[name]
    second = "$signed({1'b0, c})" if " c," in ports else "b"
    source = f"module top({ports}); assign y = a * {second}; endmodule"
    before = mapped(source, tmp_path)
    after = json.loads(json.dumps(before))
    gone = align(after, "top")
    if fewer is not None:
        assert gone == fewer
    old, new = multiplier_of(before), multiplier_of(after)
    read = {bit for port in "AB" for i in range(18) for bit in old[f"{port}{i}"]}
    outputs = {bit for port in before["modules"]["top"]["ports"]["y"]["bits"] for bit in [port]}
    rng = random.Random(1)
    for _ in range(200):
        values = {bit: rng.getrandbits(1) for bit in read} | {"0": 0, "1": 1}
        was, now = product(old, values), product(new, values)
        assert [was[net] for net in outputs & was.keys()] == [
            now[net] for net in outputs & was.keys()
        ]
