"""Registers in ECP5 block RAMs: which are taken, and that nothing changes but their place.

As in ``test_multiplier_registers``, another function stands in the place of the memory: what comes
out says all of what went in.
"""

from __future__ import annotations

import json

import pytest
from link_sizes import sizes
from netlist_proof import equal_for, mapped

from fpga.link import deep_memory
from fpga.link.deep_memory import DeepMemory
from fpga.link.frame_receiver import FrameReceiver
from fpga.link.frame_sender import FrameSender
from fpga.link.store import Store
from fpga.netlist.memory_registers import MEMORY, take_registers
from rtl_gen.verilog import to_verilog

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
    always @(posedge CLK{side}) if (RST{side}) begin
        read_{side} <= 0;
        kept_{side} <= 0;
    end else begin
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
module top(input clk, other, en, rst, we, input [9:0] a, b, input [17:0] d,
           output [17:0] y, output [17:0] z);
    reg [17:0] memory [0:1023];
    reg [17:0] q, kept = 0, second, second_kept = 0;
    assign y = kept;
"""
ONE_PORT = "always @(posedge clk) begin if (we) memory[a] <= d; else q <= memory[a]; end "

TAKEN = {
    "always": f"{ONE_PORT} always @(posedge clk) kept <= q;",
    "enable": f"{ONE_PORT} always @(posedge clk) if (en) kept <= q;",
    "another enable": f"{ONE_PORT} always @(posedge clk) if (we) kept <= q;",
    "two ports": "integer i; initial for (i = 0; i < 1024; i = i + 1) memory[i] = 259 * i ^ i >> 3;"
    " always @(posedge clk) begin q <= memory[a]; second <= memory[b]; end"
    " always @(posedge clk) begin kept <= q; if (en) second_kept <= second; end"
    " assign z = second_kept;",
}
LEFT = {
    "reset": f"{ONE_PORT} always @(posedge clk) if (rst) kept <= 0; else kept <= q;",
    "starts at one": f"{ONE_PORT} reg [17:0] one = 1;"
    " always @(posedge clk) one <= q; assign z = one;",
    "read elsewhere": f"{ONE_PORT} always @(posedge clk) kept <= q; assign z = q;",
    "logic between": f"{ONE_PORT} always @(posedge clk) kept <= q ^ {{18{{we}}}};",
    "falling edge": f"{ONE_PORT} always @(negedge clk) kept <= q;",
    "memory on the falling edge": f"{ONE_PORT.replace('posedge', 'negedge')}"
    " always @(posedge clk) kept <= q;",
    "another clock": f"{ONE_PORT} always @(posedge other) kept <= q;",
    "reset of the port": f"{ONE_PORT.replace('else', 'if (rst) q <= 0; else if (!we)')}"
    " always @(posedge clk) kept <= q;",
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
    assert moved == (36 if case == "two ports" else 18)
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


@pytest.mark.parametrize(("component", "bits"), [
    (DeepMemory(width=8, depth=2048), 2 * 8),
    (Store(sizes(beat_bytes=1, beats=16, stored_inputs=128)), 2 * 8),
    (FrameReceiver(payload_bytes=1024, quiet_clocks=100), 8),
    (FrameSender(payload_bytes=1024), 8),
], ids=["DeepMemory", "Store", "FrameReceiver", "FrameSender"])  # fmt: skip
def test_memories_of_the_link_have_their_registers_in_the_block(
    component, bits, tmp_path, monkeypatch
):
    monkeypatch.setattr(deep_memory, "BLOCK_WORDS", 1024)
    assert take_registers(mapped(to_verilog(component, "top"), tmp_path), "top") == bits
