"""How time per edge and memory of the fast engine grow with edges, depth and parallelism."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.task import Task, best_seconds, random_task
from hwsim.design_file import make_design
from hwsim.fast.engine import FastPipeline
from hwsim.schedule import make_schedule

Sizes = tuple[list[int], list[int], list[int]]
"""layers, out_degrees, z."""

EDGES: dict[str, Sizes] = {
    "5 k": ([1024, 64, 32], [4, 16], [128, 32]),
    "50 k": ([2048, 256, 128], [16, 64], [512, 256]),
    "500 k": ([8192, 1024, 256], [48, 112], [2048, 1024]),
    "5 M": ([32768, 4096, 1024], [128, 160], [8192, 4096]),
}
"""Four sizes of one kind of network; the first is the prototype."""

DEPTHS: dict[str, Sizes] = {
    f"L = {n}": ([256] * (n + 1), [16] * n, [64] * n) for n in (1, 2, 4, 8, 16)
}

SHAPES: dict[str, Sizes] = {
    "prototype": EDGES["5 k"],
    "z 16": ([1024, 64, 32], [4, 16], [16, 16]),
    "z 32": ([1024, 64, 32], [4, 16], [32, 16]),
    "784-112-10": ([784, 112, 10], [9, 5], [49, 28]),
    "96-160-48": ([96, 160, 48], [5, 6], [32, 32]),
    "300-300-300-300": ([300] * 4, [20] * 3, [60] * 3),
    "2048-2048-2048-256": ([2048, 2048, 2048, 256], [16, 16, 32], [64, 64, 64]),
    "z = n_left": ([256, 128, 64], [8, 16], [256, 128]),
    "fully connected": ([256, 64, 10], [64, 10], [128, 16]),
}
"""Kinds of design with z of at least 16, after the one that all are compared with."""

PATTERNS = {
    "type 2": {"type": 2},
    "type 1": {"type": 1},
    "dither": {"type": 2, "dither": True},
}
NUMBERS = {
    "12 bits": {"profile": "prototype"},
    "12 bits, profile default": {"profile": "default"},
    "16 bits": {"profile": "prototype", "int_bits": 3, "frac_bits": 12},
    "20 bits": {"profile": "prototype", "int_bits": 4, "frac_bits": 15},
}


ROUNDS = 4
"""How often each design is measured."""


@dataclass(frozen=True)
class Cost:
    """What one design costs.

    Attributes:
        edges: of the design.
        edges_per_neuron: of all layers.
        microseconds: per input.
        picoseconds_per_edge: per edge and input.
        prototype_ratio: that over what the prototype network with the same numbers costs.
        memory_ratio: bits that the engine holds over bits of the design's own memories.
    """

    name: str
    edges: int
    edges_per_neuron: float
    microseconds: float
    picoseconds_per_edge: float
    prototype_ratio: float
    memory_ratio: float


def costs(say: Callable[[str], None]) -> dict[str, list[Cost]]:
    """Tables by title."""
    tables = {
        "edges": _table(EDGES, ["type 2", "dither"], "12 bits", say),
        "junctions": _table(DEPTHS, ["type 2"], "12 bits", say),
    }
    for numbers in NUMBERS:
        tables[f"kinds of design, {numbers}"] = _table(SHAPES, list(PATTERNS), numbers, say)
    return tables


def dearest(tables: dict[str, list[Cost]]) -> Cost:
    """The design that costs most per edge, compared with the prototype network."""
    return max((c for table in tables.values() for c in table), key=lambda c: c.prototype_ratio)


def _table(
    designs: dict[str, Sizes], patterns: list[str], numbers: str, say: Callable[[str], None]
) -> list[Cost]:
    say(f"measuring the fast engine: {', '.join(designs)}; {', '.join(patterns)}; {numbers}")
    runs = [Run("", EDGES["5 k"], "type 2", numbers)]
    for name, sizes in designs.items():
        for pattern in patterns:
            shown = name if len(patterns) == 1 else f"{name}, {pattern}"
            runs.append(Run(shown, sizes, pattern, numbers))
    # In turns: what disturbs the machine for a while then disturbs one turn of each.
    for _ in range(ROUNDS):
        for run in runs:
            run.measure()
    return [run.cost(over=runs[0]) for run in runs[1:]]


class Run:
    """One design, its engine, and the shortest time so far."""

    def __init__(self, name: str, sizes: Sizes, pattern: str, numbers: str) -> None:
        layers, out_degrees, z = sizes
        design = make_design(
            {
                "format": 1,
                "network": {"layers": layers, "out_degrees": out_degrees},
                "hardware": {"z": z},
                "number": NUMBERS[numbers],
                "pattern": PATTERNS[pattern],
            }
        )
        self.name = name
        self.edges = sum(shape.n_edges for shape in design.shapes)
        self.neurons = sum(layers)
        inputs = max(40, min(20_000, 40_000_000 // self.edges))
        self.task = random_task(design, inputs)
        self.engine = FastPipeline(design, self.task.schedule, self.task.state)
        self.seconds = float("inf")

    def measure(self) -> None:
        """Take the time of some runs."""
        seconds = best_seconds(lambda: self.engine.run(self.task.pixels, self.task.labels), 2)
        self.seconds = min(self.seconds, seconds / len(self.task.labels))

    @property
    def picoseconds_per_edge(self) -> float:
        return 1e12 * self.seconds / self.edges

    def cost(self, over: Run) -> Cost:
        """What was found, compared with another run."""
        return Cost(
            self.name, self.edges, self.edges / self.neurons, 1e6 * self.seconds,
            self.picoseconds_per_edge, self.picoseconds_per_edge / over.picoseconds_per_edge,
            _memory_ratio(self.task),
        )  # fmt: skip


def _memory_ratio(task: Task) -> float:
    schedule = make_schedule(task.design)
    tracemalloc.start()
    engine = FastPipeline(task.design, schedule, task.state)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    bits = sum(part.memory_bits(task.design)["total"] for part in schedule.junctions)
    del engine
    return 8 * held / bits
