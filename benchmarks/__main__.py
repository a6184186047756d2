"""``python -m benchmarks``: measures, prints tables, writes build/bench.json.

The last line compares with the FPGA of 2018. Ratios are of one run on one machine.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from dataclasses import asdict
from pathlib import Path
from statistics import median

from benchmarks import scaling, speed
from benchmarks.drawn import drawn_costs
from benchmarks.task import FPGA_MICROSECONDS
from hwsim.cli.output import complain, say, show_table
from hwsim.files import write_text

RESULT = Path("build") / "bench.json"


def main() -> int:
    """Run all benchmarks; 0 if the fast engine is faster than the FPGA was."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--speed", action="store_true", help="the first table only")
    parser.add_argument("--random", type=int, metavar="N", help="N random designs only")
    parser.add_argument("--seed", type=int, default=1, help="of the random designs")
    parser.add_argument(
        "--numbers", choices=scaling.NUMBERS, default="12 bits", help="of the random designs"
    )
    arguments = parser.parse_args()
    if arguments.random:
        return _random(arguments.random, arguments.seed, arguments.numbers)
    only_speed = arguments.speed
    tables = {} if only_speed else scaling.costs(complain)
    rows = speed.rows(complain)
    show_speed(rows)
    for title, costs in tables.items():
        show_costs(title, costs)
    result = {
        "machine": {"processor": _processor(), "python": platform.python_version()},
        "fpga_microseconds": FPGA_MICROSECONDS,
        "speed": [asdict(row) for row in rows],
        "scaling": {title: [asdict(c) for c in costs] for title, costs in tables.items()},
    }
    RESULT.parent.mkdir(exist_ok=True)
    write_text(RESULT, json.dumps(result, indent=2) + "\n")
    fast = rows[0].microseconds
    say(f"{RESULT} holds these figures")
    if tables:
        worst = scaling.dearest(tables)
        say(
            f"per edge, no design costs more than {worst.prototype_ratio:.2f} times what the "
            f"prototype network costs ({worst.name})"
        )
    say(
        f"fast engine: {fast:.2f} microseconds per input; the FPGA of 2018: {FPGA_MICROSECONDS} "
        f"({FPGA_MICROSECONDS / fast:.1f} times as long)"
    )
    return 0 if fast < FPGA_MICROSECONDS else 1


def _random(count: int, seed: int, numbers: str) -> int:
    costs = drawn_costs(count, seed, numbers, complain)
    show_costs("random designs", costs)
    ratios = [cost.prototype_ratio for cost in costs]
    sparsest = [cost.edges_per_neuron for cost in costs if cost.prototype_ratio > 3]
    say(
        f"per edge, {count} random designs cost {median(ratios):.2f} times what the prototype "
        f"network costs (median), {len(sparsest)} of them more than 3 times"
        + (f", which have up to {max(sparsest):.1f} edges per neuron" if sparsest else "")
    )
    return 0


def show_speed(rows: list[speed.Row]) -> None:
    """Show the table with ratios to the fast engine."""
    fast = rows[0].microseconds
    shown = [
        (
            row.name,
            f"{row.microseconds:.2f}",
            f"{1e6 / row.microseconds:,.0f}" if row.microseconds == row.microseconds else "-",
            None if row.clocks_per_second is None else f"{row.clocks_per_second:,.0f}",
            _ratio(row.microseconds / fast),
            row.note,
        )
        for row in rows
    ]
    head = ["training (1024, 64, 32), z (128, 32)", "us per input", "inputs/s", "clocks/s"]
    show_table([*head, "x fast engine", ""], shown)


def _ratio(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"


def show_costs(title: str, costs: list[scaling.Cost]) -> None:
    """Show one table of the fast engine's costs."""
    shown = [
        (c.name, f"{c.edges:,}", f"{c.edges_per_neuron:.1f}", f"{c.microseconds:,.2f}",
         f"{c.picoseconds_per_edge:.0f}", f"{c.prototype_ratio:.2f}", f"{c.memory_ratio:.1f}")
        for c in costs
    ]  # fmt: skip
    head = [f"fast engine: {title}", "edges", "per neuron", "us per input", "ps per edge"]
    show_table([*head, "x prototype", "memory / design's"], shown)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    sys.exit(main())
