"""Registers in ECP5 multipliers: which are taken, and that nothing changes but their place.

The proof of equality puts another function in the place of the product: the operands side by side.
What comes out then says all of what went in, so netlists that agree for it agree for products. A
register that is not enabled keeps what it has, so every state is reached in as many enabled clocks
as there are registers in a row, and few clocks from reset suffice.
"""

from __future__ import annotations

import json

import pytest
from netlist_proof import equal_for, mapped

from fpga.netlist.multiplier_registers import take_registers
from fpga.netlist.sign_bits import align

CLOCKS = 5

PINS = [f"{port}{bit}" for port in "ABC" for bit in range(18)]
WORD = {port: ", ".join(f"{port}{bit}" for bit in reversed(range(n))) for port, n in
        (("A", 18), ("B", 18), ("P", 36))}  # fmt: skip
CELLS = f"""
module MULT18X18D(input {", ".join(PINS)}, input SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
                  input CLK0, CLK1, CLK2, CLK3, CE0, CE1, CE2, CE3, RST0, RST1, RST2, RST3,
                  output {WORD["P"]});
    parameter REG_INPUTA_CLK = "NONE", REG_INPUTA_CE = "CE0", REG_INPUTA_RST = "RST0";
    parameter REG_INPUTB_CLK = "NONE", REG_INPUTB_CE = "CE0", REG_INPUTB_RST = "RST0";
    parameter REG_OUTPUT_CLK = "NONE", REG_OUTPUT_CE = "CE0", REG_OUTPUT_RST = "RST0";
    parameter GSR = "ENABLED";
    reg [17:0] a = 0, b = 0;
    reg [35:0] p = 0;
    wire [17:0] left = REG_INPUTA_CLK == "CLK0" ? a : {{{WORD["A"]}}};
    wire [17:0] right = REG_INPUTB_CLK == "CLK0" ? b : {{{WORD["B"]}}};
    wire [35:0] both = {{left, right}};
    always @(posedge CLK0) if (CE0) begin
        a <= {{{WORD["A"]}}};
        b <= {{{WORD["B"]}}};
    end
    always @(posedge CLK3) if (CE3) p <= both;  // which of the four is not known
    assign {{{WORD["P"]}}} = REG_OUTPUT_CLK == "CLK0" ? p : both;
endmodule
"""

HEAD = """
module top(input clk, en, rst, input signed [11:0] a, b, input signed [8:0] c, input [7:0] pixel,
           output signed [23:0] y, output signed [23:0] z);
    reg signed [11:0] ra = 0, rb = 0;
    reg signed [8:0] rc = 0;
    reg [7:0] rp = 0;
    reg signed [23:0] product = 0, other = 0;
    assign y = product;
"""


def netlist(body: str, folder) -> dict:
    """The netlist of a module of such a body, as nextpnr would read it."""
    return mapped(f"{HEAD}{body}\nendmodule", folder)


def equal(left: dict, right: dict, folder) -> bool:
    """Whether two netlists agree in the first clocks, whatever comes in."""
    enables = {"MULT18X18D": [f"CE{i}" for i in range(4)]}
    return equal_for(CLOCKS, left, right, CELLS, folder, enables)


TAKEN = {
    "output": ("always @(posedge clk) product <= a * b;", (1, 0, 1, 24)),
    "output, enable": ("always @(posedge clk) if (en) product <= a * b;", (1, 0, 1, 24)),
    "both, enable": (
        "always @(posedge clk) if (en) begin ra <= a; rb <= b; product <= ra * rb; end",
        (1, 1, 1, 48),
    ),
    "both, narrow operand": (
        "always @(posedge clk) if (en) begin ra <= a; rc <= c; product <= ra * rc; end",
        (1, 1, 1, 42),
    ),
    "both, unsigned operand": (
        "always @(posedge clk) if (en) begin ra <= a; rp <= pixel;"
        " product <= ra * $signed({1'b0, rp}); end",
        (1, 1, 1, 41),
    ),
    "operand shared by two": (
        "always @(posedge clk) if (en) begin ra <= a; rb <= b; rc <= c;"
        " product <= ra * rb; other <= ra * rc; end  assign z = other;",
        (2, 2, 2, 78),
    ),
    "operand read elsewhere stays": (
        "always @(posedge clk) if (en) begin ra <= a; rb <= b; product <= ra * rb; end"
        "  assign z = ra;",
        (1, 1, 1, 36),
    ),
    "enabled operands, product always": (
        "always @(posedge clk) begin if (en) begin ra <= a; rb <= b; end product <= ra * rb; end",
        (1, 0, 1, 24),
    ),
    "input alone": (
        "always @(posedge clk) if (en) begin ra <= a; rb <= b; end  always @* product = ra * rb;",
        (1, 1, 0, 24),
    ),
}

LEFT = {
    "reset": "always @(posedge clk) if (rst) product <= 0; else product <= a * b;",
    "starts at one": "reg signed [23:0] one = 1;"
    "  always @(posedge clk) one <= a * b;  assign z = one;",
    "product read elsewhere": "always @(posedge clk) product <= a * b;  assign z = a * b;",
    "one operand": "always @(posedge clk) ra <= a;  always @* product = ra * b;",
    "enables differ": "always @(posedge clk) begin if (en) ra <= a; rb <= b; end"
    "  always @* product = ra * rb;",
    "falling edge": "always @(negedge clk) product <= a * b;",
}


@pytest.mark.parametrize("case", TAKEN)
def test_registers_move_and_nothing_else_changes(case, tmp_path):
    body, counts = TAKEN[case]
    before = netlist(body, tmp_path)
    after = json.loads(json.dumps(before))
    taken = take_registers(after, "top")
    assert (taken.multipliers, taken.operands, taken.products, taken.flip_flops) == counts
    assert equal(before, after, tmp_path)


@pytest.mark.parametrize("case", LEFT)
def test_registers_that_do_not_qualify_stay(case, tmp_path):
    before = netlist(LEFT[case], tmp_path)
    after = json.loads(json.dumps(before))
    taken = take_registers(after, "top")
    assert (taken.multipliers, taken.operands, taken.products, taken.flip_flops) == (1, 0, 0, 0)
    assert equal(before, after, tmp_path)


def test_the_proof_sees_a_wrong_enable(tmp_path):
    before = netlist(TAKEN["both, enable"][0], tmp_path)
    after = json.loads(json.dumps(before))
    take_registers(after, "top")
    cells = after["modules"]["top"]["cells"].values()
    next(c for c in cells if c["type"] == "MULT18X18D")["connections"]["CE0"] = ["1"]
    assert not equal(before, after, tmp_path)


def test_narrow_operands_at_the_upper_end_have_their_registers_taken_as_well(tmp_path):
    body, counts = TAKEN["both, narrow operand"]
    given = netlist(body, tmp_path)
    assert align(given, "top") > 0
    taken = take_registers(given, "top")
    assert (taken.multipliers, taken.operands, taken.products, taken.flip_flops) == counts
