"""``hwsim.timing``: the closed forms against every access of every clock, one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_designs import make

from hwsim.design import JunctionShape
from hwsim.interleaver import draw_all
from hwsim.registers import Registers
from hwsim.timing import SEEN, Latencies, Timing, longest_span, make_timings, path_latencies


@dataclass(frozen=True, order=True)
class Event:
    """One access: reads of a clock come before its writes."""

    clock: int
    is_write: bool
    memory: tuple
    input: int
    is_whole: bool = True
    """Whether a write is the last one of this input: what is read must be whole."""


class Faults(Exception):
    """A read that found another input than it should."""


def run(events: list[Event], copies: dict[str, int]) -> None:
    """Let all accesses happen; memories are rings of copies, indexed by input."""
    held: dict[tuple, Event] = {}
    for event in sorted(events):
        place = (*event.memory, event.input % copies[event.memory[0]])
        if event.is_write:
            held[place] = event
        elif (found := held.get(place)) is None or not found.is_whole:
            raise Faults(f"{event}: nothing whole is there")
        elif found.input != event.input or found.clock + SEEN > event.clock:
            raise Faults(f"{event}: {found}")


def events_of(shapes: list[JunctionShape], lefts: list, timings: tuple[Timing, ...]) -> list[Event]:
    """Every access, from the definition of the junctions alone, until all copies are used twice."""
    events, inputs = [], 2 * timings[0].lag + 4
    for shape, left, timing in zip(shapes, lefts, timings, strict=True):
        i, path = shape.index, timing.latencies
        is_last = i == len(shapes)
        finish = [(r * shape.d_in + shape.d_in - 1) // shape.z for r in range(shape.n_right)]
        begin = [r * shape.d_in // shape.z for r in range(shape.n_right)]
        last_clock = {int(neuron): k for k, neurons in enumerate(left) for neuron in neurons}
        for n in range(inputs):
            first = timing.start + n * timing.junction_cycle
            add = lambda clock, is_write, *memory, n=n, whole=True: events.append(  # noqa: E731
                Event(clock, is_write, memory, n, whole)
            )
            for k, neurons in enumerate(left):
                for neuron in map(int, neurons):
                    add(first + k, False, f"a{i}", neuron)
                    add(first + k + timing.lag * timing.junction_cycle, False, f"a{i}", neuron)
                    late = first + k + timing.turnaround
                    add(late, False, f"left slope {i}", neuron)
                    whole = k == last_clock[neuron]
                    add(late + path.backward, True, f"delta{i}", neuron, whole=whole)
            for r in range(shape.n_right):
                done = first + finish[r] + path.forward + timing.slack
                add(done, True, f"a{i + 1}", r)
                add(done, True, f"left slope {i + 1}", r)
                add(done, True, f"right slope {i}", r)
                if is_last:
                    add(done + path.output, True, f"delta{i + 1}", r)
                for k in range(begin[r], finish[r] + 1):
                    add(first + k + timing.turnaround, False, f"delta{i + 1}", r)
                    add(first + k + timing.turnaround, False, f"right slope {i}", r)
    for n in range(inputs):  # the pixels come in any order, in the cycle before
        begin, end = n * timings[0].junction_cycle, (n + 1) * timings[0].junction_cycle - 1
        for neuron in range(shapes[0].n_left):
            for kind in ("a1", "left slope 1"):
                events.append(Event(begin, True, (kind, neuron), n, is_whole=begin == end))
                events.append(Event(end, True, (kind, neuron), n))
    return events


def copies_of(timings: tuple[Timing, ...]) -> dict[str, int]:
    found = {}
    for i, timing in enumerate(timings, 1):
        found[f"a{i}"] = timing.left_copies
        found[f"left slope {i}"] = timing.left_slope_copies
        found[f"right slope {i}"] = timing.right_slope_copies
        found[f"delta{i}"] = 2
    # Behind the last junction nothing reads activations.
    last = len(timings) + 1
    return found | {
        f"delta{last}": timings[-1].output_copies,
        f"a{last}": 1,
        f"left slope {last}": 1,
    }


BALANCED = [
    ([64, 16, 8], [2, 4], [16, 8]),
    ([12, 12, 12, 12], [4, 4, 4], [4, 4, 4]),
    ([9, 6], [4], [3]),
]
"""Nets whose junctions have one junction cycle: there the closed forms leave no clock over."""

NETS = [
    *BALANCED,
    ([18, 12, 10, 6, 3], [4, 5, 3, 2], [6, 4, 5, 3]),
    ([12, 8, 6], [2, 3], [4, 8]),
    ([10, 5, 4], [2, 4], [10, 5]),
]


@st.composite
def nets(draw: st.DrawFn, sizes: list = NETS, longest: int = 2) -> tuple:
    """Shapes, patterns and latencies of up to ``longest`` junction cycles, and their timing."""
    design = make(*draw(st.sampled_from(sizes)), pattern={"type": draw(st.sampled_from([1, 2, 3]))})
    cycle = max(shape.junction_cycle for shape in design.shapes)
    clocks = st.integers(1, longest * cycle)
    paths = [Latencies(draw(clocks), draw(clocks), draw(clocks)) for _ in design.shapes]
    paths[-1] = replace(paths[-1], output=draw(st.integers(0, cycle)))
    lefts = [interleaver.left for interleaver in draw_all(design)]
    timings = make_timings(design.shapes, paths, carry=draw(st.booleans()))
    return list(design.shapes), lefts, timings


def backwards(shapes: list[JunctionShape]) -> list[np.ndarray]:
    """Patterns that want first what comes last, and finish last what is wanted first."""
    found = []
    for shape in shapes:
        edge = np.arange(shape.n_edges)
        found.append((-1 - edge % shape.n_left + shape.n_left).reshape(-1, shape.z))
    return found


@settings(max_examples=40)
@given(nets())
def test_every_read_finds_its_input(net):
    shapes, lefts, timings = net
    run(events_of(shapes, lefts, timings), copies_of(timings))
    run(events_of(shapes, backwards(shapes), timings), copies_of(timings))


@settings(max_examples=40)
@given(nets(BALANCED), st.data())
def test_one_copy_less_is_too_few(net, data):
    shapes, _, timings = net
    copies = copies_of(timings)
    i = data.draw(st.integers(1, len(timings)))
    name = data.draw(st.sampled_from([f"a{i}", f"right slope {i}", f"delta{len(timings) + 1}"]))
    events = events_of(shapes, backwards(shapes), timings)
    run(events, copies)
    if copies[name] > 1:
        with pytest.raises(Faults):
            run(events, {**copies, name: copies[name] - 1})


@settings(max_examples=40)
@given(nets(BALANCED), st.data())
def test_a_clock_earlier_is_too_early(net, data):
    shapes, _, timings = net
    early = list(timings)
    i = data.draw(st.integers(0, len(timings) - 1))
    if i > 0 and data.draw(st.booleans()):
        early[i] = replace(early[i], start=early[i].start - 1)
    elif i + 1 < len(timings) or early[i].carry:
        early[i] = replace(early[i], turnaround=early[i].turnaround - 1)
    else:
        return
    with pytest.raises(Faults):
        run(events_of(shapes, backwards(shapes), tuple(early)), copies_of(timings))


def test_the_closed_forms_of_the_study():
    """lag 3(L - i) + 1 where the latencies fit into a junction cycle; the table of the 2018 net."""
    path = Latencies(forward=10, backward=8, update=6)
    paths = [path, replace(path, output=3)]
    shapes = make([1024, 64, 32], [4, 16], [128, 32]).shapes
    plain, carried = (make_timings(shapes, paths, carry=carry) for carry in (False, True))
    assert [(t.lag, t.staleness, t.left_copies) for t in plain] == [(4, 4, 6), (1, 1, 3)]
    assert [(t.lag, t.staleness, t.left_copies) for t in carried] == [(3, 3, 5), (0, 0, 2)]
    assert carried[1].left_slope_copies == 3
    shapes = make([1024, 128, 64, 64, 32], [4, 8, 16, 8], [128, 32, 32, 16]).shapes
    assert {shape.junction_cycle for shape in shapes} == {32}
    plain, carried = (
        make_timings(shapes, [path] * 3 + paths[1:], carry=carry) for carry in (False, True)
    )
    assert [t.staleness for t in plain] == [10, 7, 4, 1]
    assert [t.staleness for t in carried] == [9, 6, 3, 0]
    assert [t.left_copies for t in plain] == [12, 9, 6, 3]
    assert [t.left_copies for t in carried] == [11, 8, 5, 2]


def test_longest_span_is_that_of_the_edges():
    shape = make([35, 35], [3], [5]).shapes[0]
    clock = np.arange(shape.n_edges).reshape(shape.n_right, shape.d_in) // shape.z
    assert longest_span(shape) == int((clock[:, -1] - clock[:, 0]).max()) == 1


@pytest.mark.parametrize(("profile", "hidden", "last"), [
    ("default", Latencies(13, 10, 10), Latencies(13, 7, 7)),
    ("prototype", Latencies(13, 10, 7), Latencies(13, 10, 7)),
])  # fmt: skip
def test_every_stage_takes_its_clocks(profile, hidden, last):
    """A slope is multiplied in before all else (default), or by edge (prototype)."""
    stages = Registers(network=2, multiplier=3, product=1, tree=4, activation=1)
    assert path_latencies(stages, 3, profile) == (hidden, hidden, last)
    assert path_latencies(Registers(), 2, profile) == (Latencies(2, 1, 1),) * 2
    assert path_latencies(Registers(product=5), 2, profile) == (Latencies(7, 6, 6),) * 2
