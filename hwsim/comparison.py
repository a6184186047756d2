"""Holds one engine to another: the same predictions, and the same bits in every memory.

Engines are drained at the end of a run, and inputs that come later change nothing that an earlier
one left behind. So the first input after which memories differ can be found by halving, and what it
did first says where the engines part: in which junction and phase, and in which lane.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hwsim.engines import Engine
from hwsim.fixed_point import Raw
from hwsim.schedule import JunctionSchedule, Schedule

Make = Callable[[], Engine]


@dataclass(frozen=True)
class Divergence:
    """Where two engines first differ.

    Attributes:
        input: which input, from 0.
        junction: which junction, from 1.
        phase: "ff", "bp" or "up".
        memory: the memory that differs, ``copy`` and ``element`` of it.
        clock: pattern clock, from 0, of the edge that made the element what it is.
        lane: lane of that edge.
        bank: bank of that edge's left neuron.
        expected: what the reference engine has there.
        got: what the other one has.
    """

    input: int
    junction: int
    phase: str
    memory: str
    copy: int
    element: int
    clock: int
    lane: int
    bank: int
    expected: int
    got: int

    def __str__(self) -> str:
        return (
            f"input {self.input}, junction {self.junction}, {self.phase}: {self.memory} copy "
            f"{self.copy} element {self.element} (clock {self.clock}, lane {self.lane}, bank "
            f"{self.bank}) is {self.got}, not {self.expected}"
        )


def compare(
    schedule: Schedule,
    reference: Make,
    other: Make,
    pixels: NDArray[np.uint8],
    labels: Raw,
    *,
    train: bool = True,
) -> Divergence | None:
    """Run both engines on the inputs; where they first differ, None if nowhere.

    Args:
        schedule: of the design.
        reference: makes the engine that is right.
        other: makes the engine that is held to it, from the same state.
        pixels: (inputs, n_left_1) unsigned 8-bit.
        labels: (inputs,) right answers.
        train: whether to learn.
    """

    def differences(count: int) -> tuple[Engine, Engine, bool]:
        engines = reference(), other()
        made = [engine.run(pixels[:count], labels[:count], train=train) for engine in engines]
        is_same = np.array_equal(*made) and _same_contents(*engines)
        return *engines, not is_same

    if not differences(len(pixels))[2]:
        return None
    equal, differ = 0, len(pixels)
    while differ - equal > 1:
        middle = (equal + differ) // 2
        if differences(middle)[2]:
            differ = middle
        else:
            equal = middle
    right, wrong, _ = differences(differ)
    found = _locate(schedule, right.contents(), wrong.contents(), differ - 1)
    if found is not None:
        return found
    last = differ - 1
    expected, got = (
        int(make().run(pixels[:differ], labels[:differ], train=train)[last])
        for make in (reference, other)
    )
    part = schedule.junctions[-1]
    edge = _edge_of(part, "output delta", got)
    lane, clock = edge % part.shape.z, edge // part.shape.z
    bank = int(part.interleaver.bank.ravel()[edge])
    place = ("prediction", 0, last, clock, lane, bank)
    return Divergence(last, part.shape.index, "ff", *place, expected, got)


def _same_contents(one: Engine, other: Engine) -> bool:
    left, right = one.contents(), other.contents()
    return left.keys() == right.keys() and all(np.array_equal(left[k], right[k]) for k in left)


def _locate(
    schedule: Schedule, right: dict[str, Raw], wrong: dict[str, Raw], number: int
) -> Divergence | None:
    """The first memory that differs, in the order in which an input goes through them."""
    for part, phase, memory in _in_order(schedule):
        if memory in right and not np.array_equal(right[memory], wrong[memory]):
            copy, element = (int(i) for i in np.argwhere(right[memory] != wrong[memory])[0])
            edge = _edge_of(part, memory, element)
            return Divergence(
                input=number,
                junction=part.shape.index,
                phase=phase,
                memory=memory,
                copy=copy,
                element=element,
                clock=edge // part.shape.z,
                lane=edge % part.shape.z,
                bank=int(part.interleaver.bank.ravel()[edge]),
                expected=int(right[memory][copy, element]),
                got=int(wrong[memory][copy, element]),
            )
    return None


def _in_order(schedule: Schedule) -> Iterator[tuple[JunctionSchedule, str, str]]:
    """Junction, phase and memory: forwards to the outputs, then back, each delta before weights."""
    parts = schedule.junctions
    yield parts[0], "ff", "layer 0 activation"
    for part in parts[:-1]:
        yield part, "ff", f"layer {part.shape.index} activation"
        yield part, "ff", f"layer {part.shape.index} derivative"
    yield parts[-1], "ff", "output delta"
    for part in reversed(parts):
        index = part.shape.index
        yield part, "bp", f"layer {index - 1} delta"
        yield part, "up", f"junction {index} weight"
        yield part, "up", f"junction {index} bias"


def _edge_of(part: JunctionSchedule, memory: str, element: int) -> int:
    """The edge that wrote this element last; of a pixel, the first that reads it; else 0."""
    shape = part.shape
    if memory.endswith("weight"):
        return element
    is_pixel = memory == "layer 0 activation"
    if is_pixel or (memory.endswith(" delta") and memory != "output delta"):
        edges = np.flatnonzero(part.interleaver.left.ravel() == element)
        return int(edges[0 if is_pixel else -1]) if len(edges) else 0
    return element * shape.d_in + shape.d_in - 1
