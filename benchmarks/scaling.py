"""How time per edge and memory of the fast engine grow with edges, depth and parallelism."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.task import Task, best_seconds, random_task
from hwsim.checks.memory_bits import memory_bits
from hwsim.design_file import make_design
from hwsim.fast.engine import FastPipeline
from hwsim.schedule import make_schedule

EDGES = {
    "5 k": ([1024, 64, 32], [4, 16], [128, 32]),
    "50 k": ([2048, 256, 128], [16, 64], [512, 256]),
    "500 k": ([8192, 1024, 256], [48, 112], [2048, 1024]),
    "5 M": ([32768, 4096, 1024], [128, 160], [8192, 4096]),
}
"""layers, out_degrees, z: four sizes of one kind of network."""

DEPTHS = {f"L = {n}": ([256] * (n + 1), [16] * n, [64] * n) for n in (1, 2, 4, 8, 16)}

SHAPES = {
    "z 16, deep banks": ([1024, 64, 32], [4, 16], [16, 16]),
    "z 32, depth 32": ([1024, 64, 32], [4, 16], [32, 16]),
    "no power of two": ([784, 112, 10], [9, 5], [49, 28]),
    "d_in 3 does not divide z": ([96, 160, 48], [5, 6], [32, 32]),
    "equal layers": ([300, 300, 300, 300], [20, 20, 20], [60, 60, 60]),
    "z = n_left": ([256, 128, 64], [8, 16], [256, 128]),
    "fully connected": ([256, 64, 10], [64, 10], [128, 16]),
}
PATTERNS = {
    "type 2": {"type": 2},
    "type 1": {"type": 1},
    "type 2 with dither": {"type": 2, "dither": True},
}


@dataclass(frozen=True)
class Cost:
    """What one design costs.

    Attributes:
        edges: of the design.
        microseconds: per input.
        picoseconds_per_edge: per edge and input.
        memory_ratio: bits that the engine holds over bits of the design's own memories.
    """

    name: str
    edges: int
    microseconds: float
    picoseconds_per_edge: float
    memory_ratio: float


def costs(say: Callable[[str], None]) -> dict[str, list[Cost]]:
    """Tables by title."""
    tables = {"edges": [cost(name, *sizes) for name, sizes in _told(EDGES, say)]}
    tables["junctions"] = [cost(name, *sizes) for name, sizes in _told(DEPTHS, say)]
    tables["kinds of design"] = [
        cost(f"{name}, {kind}", *sizes, pattern)
        for name, sizes in _told(SHAPES, say)
        for kind, pattern in PATTERNS.items()
    ]
    return tables


def _told(designs: dict, say: Callable[[str], None]) -> list:
    say(f"measuring: fast engine on {', '.join(designs)}")
    return list(designs.items())


def cost(
    name: str, layers: list[int], out_degrees: list[int], z: list[int],
    pattern: dict | None = None,
) -> Cost:  # fmt: skip
    """Time and memory of one design."""
    design = make_design(
        {
            "format": 1,
            "network": {"layers": layers, "out_degrees": out_degrees},
            "hardware": {"z": z},
            "number": {"profile": "prototype"},
            "pattern": pattern or {"type": 2},
        }
    )
    edges = sum(shape.n_edges for shape in design.shapes)
    task = random_task(design, max(40, min(20_000, 40_000_000 // edges)))
    engine = FastPipeline(design, task.schedule, task.state)
    seconds = best_seconds(lambda: engine.run(task.pixels, task.labels), 3)
    microseconds = 1e6 * seconds / len(task.labels)
    return Cost(name, edges, microseconds, 1e6 * microseconds / edges, _memory_ratio(task))


def _memory_ratio(task: Task) -> float:
    schedule = make_schedule(task.design)
    tracemalloc.start()
    engine = FastPipeline(task.design, schedule, task.state)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    bits = sum(memory_bits(task.design, part)["total"] for part in schedule.junctions)
    del engine
    return 8 * held / bits
