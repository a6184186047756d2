"""Random designs: how far the time per edge of any design is from the prototype network's."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import gcd

from benchmarks.scaling import EDGES, PATTERNS, Cost, Run, Sizes

LEFT = [16, 24, 32, 48, 64, 96, 100, 128, 200, 256, 400, 784, 1024, 2000, 4096]
LAST = [2, 10, 16, 32, 47, 100]
DENSITIES = [0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
FEWEST_EDGES, MOST_EDGES = 1000, 2_000_000
SMALLEST_Z = 16


def drawn_costs(count: int, seed: int, numbers: str, say: Callable[[str], None]) -> list[Cost]:
    """As many random designs with the same numbers, dearest per edge first."""
    rng = random.Random(seed)
    found: list[Cost] = []
    for layers, out_degrees, z in _sizes(rng):
        pattern = rng.choice(list(PATTERNS))
        name = f"{layers} {out_degrees} {z}, {pattern}"
        prototype = Run("", EDGES["5 k"], "type 2", numbers)
        run = Run(name, (layers, out_degrees, z), pattern, numbers)
        for _ in range(2):
            prototype.measure()
            run.measure()
        found.append(run.cost(over=prototype))
        if len(found) % 10 == 0:
            say(f"measuring random designs: {len(found)} of {count}")
        if len(found) == count:
            return sorted(found, key=lambda cost: -cost.prototype_ratio)
    raise AssertionError("sizes never end")


def _sizes(rng: random.Random) -> Iterator[Sizes]:
    """Sizes that obey the rules, with z of at least 16 everywhere."""
    while True:
        layers = [rng.choice(LEFT) for _ in range(rng.randint(1, 4))] + [rng.choice(LAST)]
        out_degrees, z = [], []
        for n_left, n_right in pairwise(layers):
            step = n_right // gcd(n_left, n_right)
            steps = n_right // step
            out_degrees.append(step * max(1, round(steps * rng.choice(DENSITIES))))
            edges = n_left * out_degrees[-1]
            fits = [k for k in range(SMALLEST_Z, n_left + 1) if not n_left % k and not edges % k]
            z.append(rng.choice(fits))
        pairs = list(zip(layers, out_degrees, layers[1:], strict=False))
        edges = sum(n_left * d_out for n_left, d_out, _ in pairs)
        is_possible = all(n_left * d_out >= n_right for n_left, d_out, n_right in pairs)
        if FEWEST_EDGES <= edges <= MOST_EDGES and is_possible:
            yield layers, out_degrees, z
