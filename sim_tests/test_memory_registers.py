"""Registers in ECP5 block RAMs: which are taken, and that nothing changes but their place.

As in ``test_multiplier_registers``, another function stands in the place of the memory: what comes
out says all of what went in.
"""

from __future__ import annotations

import json

import pytest
from netlist_proof import equal_for, mapped

from fpga.netlist.memory_registers import MEMORY, take_registers

CLOCKS = 5

PINS = [f"{kind}{side}{i}" for side in "AB" for kind, n in (("AD", 14), ("DI", 18), ("CS", 3))
        for i in range(n)]  # fmt: skip
CONTROLS = [f"{name}{side}" for side in "AB" for name in ("CE", "OCE", "CLK", "WE", "RST")]
OUTPUTS = [f"DO{side}{i}" for side in "AB" for i in range(18)]


def word(kind: str, bits: int) -> str:
    return ", ".join(f"{kind}{i}" for i in reversed(range(bits)))


def port(side: str) -> str:
    return f"""
    reg [17:0] read_{side} = 0, kept_{side} = 0;
    always @(posedge CLK{side}) begin
        if (CE{side})
            read_{side} <= {{{word("AD" + side, 14)}}} ^ {{{word("DI" + side, 18)}}} ^ WE{side};
        if (OCE{side}) kept_{side} <= read_{side};
    end
    assign {{{word("DO" + side, 18)}}} = REGMODE_{side} == "OUTREG" ? kept_{side} : read_{side};"""


SETTINGS = (
    *(f"{name}_{side}" for side in "AB" for name in ("DATA_WIDTH", "REGMODE", "WRITEMODE")),
    *(f"CSDECODE_{side}" for side in "AB"), *(f"CLK{side}MUX" for side in "AB"),
    *(f"INITVAL_{i:02X}" for i in range(64)),
    "ASYNC_RESET_RELEASE", "GSR", "INIT_DATA", "RESETMODE",
)  # fmt: skip
CELLS = f"""
module {MEMORY}(input {", ".join(PINS + CONTROLS)}, output {", ".join(OUTPUTS)});
    parameter {", ".join(f'{name} = ""' for name in SETTINGS)};
    {port("A")}
    {port("B")}
endmodule
"""

HEAD = """
module top(input clk, en, rst, we, input [9:0] a, input [17:0] d, output [17:0] y, output [17:0] z);
    reg [17:0] memory [0:1023];
    reg [17:0] q, kept = 0;
    assign y = kept;
"""
ONE_PORT = "always @(posedge clk) begin if (we) memory[a] <= d; else q <= memory[a]; end "

TAKEN = {
    "always": f"{ONE_PORT} always @(posedge clk) kept <= q;",
    "enable": f"{ONE_PORT} always @(posedge clk) if (en) kept <= q;",
    "another enable": f"{ONE_PORT} always @(posedge clk) if (we) kept <= q;",
}
LEFT = {
    "reset": f"{ONE_PORT} always @(posedge clk) if (rst) kept <= 0; else kept <= q;",
    "starts at one": f"{ONE_PORT} reg [17:0] one = 1;"
    " always @(posedge clk) one <= q; assign z = one;",
    "read elsewhere": f"{ONE_PORT} always @(posedge clk) kept <= q; assign z = q;",
    "logic between": f"{ONE_PORT} always @(posedge clk) kept <= q ^ {{18{{we}}}};",
    "falling edge": f"{ONE_PORT} always @(negedge clk) kept <= q;",
    "enables differ": f"{ONE_PORT} always @(posedge clk) begin"
    " kept[8:0] <= q[8:0]; if (en) kept[17:9] <= q[17:9]; end",
}


def equal(left: dict, right: dict, folder) -> bool:
    return equal_for(CLOCKS, left, right, CELLS, folder, {MEMORY: ("OCEA", "OCEB")})


def both(body: str, folder) -> tuple[dict, dict, int]:
    """A netlist, the one made of it, and how many registers moved."""
    before = mapped(f"{HEAD}{body}\nendmodule", folder)
    after = json.loads(json.dumps(before))
    return before, after, take_registers(after, "top")


@pytest.mark.parametrize("case", TAKEN)
def test_registers_move_and_nothing_else_changes(case, tmp_path):
    before, after, moved = both(TAKEN[case], tmp_path)
    assert moved == 18
    assert equal(before, after, tmp_path)


@pytest.mark.parametrize("case", LEFT)
def test_registers_that_do_not_qualify_stay(case, tmp_path):
    before, after, moved = both(LEFT[case], tmp_path)
    assert moved == 0
    assert before == after


def test_the_proof_sees_a_wrong_enable(tmp_path):
    before, after, _ = both(TAKEN["enable"], tmp_path)
    cells = after["modules"]["top"]["cells"].values()
    memory = next(cell for cell in cells if cell["type"] == MEMORY)
    memory["connections"] |= {"OCEA": ["1"], "OCEB": ["1"]}
    assert not equal(before, after, tmp_path)
