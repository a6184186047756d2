"""The FuseSoC core file (CAPI2) of generated hardware, for projects that are built with FuseSoC."""

from __future__ import annotations

import hashlib

from rtl_gen.verilog import TOP

NAME = f"{TOP}.core"

_TEXT = f"""\
CAPI=2:

name: ::{TOP}-{{digest}}:0
description: {{description}}

filesets:
  rtl:
    files: [{TOP}.v]
    file_type: verilogSource-2005

targets:
  default:
    filesets: [rtl]
    toplevel: {TOP}
  lint:
    filesets: [rtl]
    toplevel: {TOP}
    flow: lint
    flow_options:
      tool: verilator
      verilator_options: [-Wno-fatal]
"""


def core_file(layers: tuple[int, ...], verilog: str) -> str:
    """Name, file and targets; the name tells accelerators of different designs apart.

    Args:
        layers: neurons per layer, for the description.
        verilog: the hardware.
    """
    return _TEXT.format(
        digest=hashlib.sha256(verilog.encode()).hexdigest()[:8],
        description=f"Trains a sparse neural network of {'-'.join(map(str, layers))} neurons",
    )
