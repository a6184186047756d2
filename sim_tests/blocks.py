"""Every block at every parameter point of ``block_points``, in one top module: one build for all.

The ports of an instance are those of its block, with ``<instance>__`` before them.
"""

from __future__ import annotations

import fcntl
from pathlib import Path

from amaranth.hdl import Module, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import Out, connect, flipped
from block_points import (
    ACTIVATION_SLOTS,
    ACTIVATIONS,
    COSTS,
    EDGE_POINTS,
    LAYERS,
    MEMORIES,
    MEMORY_BITS,
    MULTIPLIER_LANES,
    MULTIPLIERS,
    NUMBERS,
    SEQUENCERS,
    SHAPES,
    interleavers,
    schedules,
)
from wrapped_blocks import Arithmetic, RightSide, RoutedInterleaver

from hwsim import natural_order
from hwsim.files import write_text
from hwsim.schedule import Schedule
from rtl_gen.activation import Activation
from rtl_gen.backprop import Backprop
from rtl_gen.cost import Cost
from rtl_gen.feedforward import FeedForward
from rtl_gen.fixed_point import FixedPoint
from rtl_gen.layer import Layer
from rtl_gen.memory import BankedMemory
from rtl_gen.multiplier import Multiplier
from rtl_gen.sequencer import Sequencer
from rtl_gen.update import Update
from rtl_gen.verification.simulator import Build, Simulator
from rtl_gen.verilog import to_verilog

TOP = "blocks"


def layer(schedule: Schedule, index: int) -> Layer:
    """The layer to the left of junction ``index`` + 1, with what the junction before says of it."""
    part = schedule.junctions[index]
    if index == 0:
        step, banks = schedule.design.pixels_per_beat, part.shape.left_banks
        bases = tuple(sorted({beat * step % banks for beat in range(schedule.beats)}))
        return Layer(schedule.design, part, slots=step, bases=bases)
    before = schedule.junctions[index - 1]
    bases = natural_order.NaturalOrder(before.shape).bases(part.shape.left_banks)
    return Layer(schedule.design, part, before, slots=before.shape.right_banks, bases=bases)


def instances() -> dict[str, wiring.Component]:
    """Every instance by name."""
    made: dict[str, wiring.Component] = {}
    for name, number in NUMBERS.items():
        made[f"fixed_point_{name}"] = Arithmetic(FixedPoint.of(number))
    for name, at in MULTIPLIERS.items():
        number = FixedPoint.of(at.number)
        made[f"multiplier_{name}"] = Multiplier(
            number, lanes=MULTIPLIER_LANES, left=signed(number.width + at.more_bits),
            registers=at.registers, wide=at.wide,
        )  # fmt: skip
    for name, (function, number, registers) in ACTIVATIONS.items():
        made[f"activation_{name}"] = Activation(
            function, FixedPoint.of(number), slots=ACTIVATION_SLOTS, registers=registers
        )
    for name, shape in SHAPES.items():
        for extra in (0, 2):
            banks = shape.right_banks + extra
            made[f"natural_order_{name}_{extra}"] = RightSide(shape, banks=banks)
    for name, part in interleavers().items():
        made[f"interleaver_{name}"] = RoutedInterleaver(part)
    for name, at in MEMORIES.items():
        made[f"memory_{name}"] = BankedMemory(
            shape=unsigned(MEMORY_BITS), size=at.size, banks=at.banks,
            transparent=at.transparent,
        )  # fmt: skip
    for name, at in EDGE_POINTS.items():
        number, late = FixedPoint.of(at.number), {"registers": at.registers}
        made[f"feedforward_{name}"] = FeedForward(number, at.shape, **late)
        made[f"backprop_{name}"] = Backprop(number, at.shape, per_edge=at.per_edge, **late)
        made[f"update_{name}"] = Update(number, at.shape, **late)
    designs = schedules()
    for name, index in LAYERS:
        made[f"layer_{name}_{index}"] = layer(designs[name], index)
    for name in COSTS:
        made[f"cost_{name}"] = Cost(designs[name].design, designs[name].junctions[-1])
    for name in SEQUENCERS:
        made[f"sequencer_{name}"] = Sequencer(designs[name])
    return made


class Blocks(wiring.Component):
    """The top module."""

    def __init__(self) -> None:
        self.instances = instances()
        super().__init__({name: Out(block.signature) for name, block in self.instances.items()})

    def elaborate(self, platform) -> Module:
        m = Module()
        for name, block in self.instances.items():
            m.submodules[name] = block
            connect(m, flipped(getattr(self, name)), block)
        return m


def build(folder: Path) -> Build:
    """Generate and build, once for all processes that name the same folder."""
    verilog = folder / f"{TOP}.v"
    with (folder / "verilog.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not verilog.exists():
            write_text(verilog, to_verilog(Blocks(), TOP))
    return Simulator().build(verilog, TOP, folder, visible=())
