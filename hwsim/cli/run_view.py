"""What ``simulate``, ``train`` and ``infer`` say alike: warnings, clocks, lanes, saturation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hwsim.checks.problems import find_problems
from hwsim.cli import output
from hwsim.design import Design
from hwsim.fixed_point import Tally
from hwsim.schedule import Schedule
from hwsim.simulation import PHASES, Usage, Utilisation
from hwsim.state import State

WRONG = {"hazard": "delta hazard", "doubled_edge": "doubled edge", "degree": "wrong degree"}
"""Problems that change results; clashes only cost clocks, and those are counted."""


def load_state(path: Path, design: Design) -> State:
    """Load the state in ``path``, with a warning if another design trained it.

    Shapes alone do not tell: weights of another pattern or number format mean nothing here.
    """
    state = State.load(path, design)
    if state.fingerprint not in ("", design.fingerprint):
        output.warn(
            f"{path}: trained with another pattern, number format, activation or z than this "
            "design has: its weights mean something else here"
        )
    return state


def warn_of_problems(schedule: Schedule) -> None:
    """One line on stderr for each junction and kind of problem that makes results wrong."""
    for part in schedule.junctions:
        found = find_problems(part)
        for kind, name in WRONG.items():
            if found[kind].count:
                first = found[kind].problems[0]
                where = "" if first.clock is None else f" in clock {first.clock}"
                output.warn(
                    f"junction {part.shape.index}: {found[kind].count} x {name}, the first{where}: "
                    f"{first.detail}; clashfree check lists them"
                )


def clocks_to_json(schedule: Schedule, usage: Usage, steady: Utilisation) -> dict[str, Any]:
    """Give the clock figures of a run the keys that simulate and train share."""
    return {
        "clocks": usage.clocks,
        "clocks_per_input": schedule.block_cycle,
        "stall_clocks": usage.stall_clocks,
        "lane_utilisation": usage.lane_utilisation(schedule),
        "lane_utilisation_steady": steady,
    }


def show_clocks(schedule: Schedule, usage: Usage, inputs: int) -> None:
    """Say where the clocks went."""
    output.say(
        f"{inputs} inputs in {usage.clocks} clocks: {schedule.block_cycle} per input in steady "
        f"state, if none is waited for"
    )
    shares = ", ".join(
        f"{cause} {clocks} ({100 * clocks / usage.clocks:.1f} %)"
        for cause, clocks in usage.stall_clocks.items()
    )
    output.say(f"clocks without work: {shares}")


def show_utilisation(schedule: Schedule, run: Utilisation, steady: Utilisation) -> None:
    """Show the share of lane-clocks with an edge, in the whole run and in steady state."""
    head = ["junction", "lanes", *(f"{p.upper()} %" for p in PHASES)]
    head += [f"{p.upper()} steady %" for p in PHASES]
    rows = []
    for part, whole, full in zip(schedule.junctions, run, steady, strict=True):
        shares = [f"{100 * share[phase]:.1f}" for share in (whole, full) for phase in PHASES]
        rows.append([part.shape.index, part.shape.z, *shares])
    output.show_table(head, rows, "Lane utilisation")


def saturation_to_json(tallies: dict[str, Tally]) -> dict[str, dict[str, int]]:
    """Saturation counts by operation or memory."""
    return {
        name: {"saturated": tally.saturated, "operations": tally.operations}
        for name, tally in tallies.items()
    }


def show_saturation(tallies: dict[str, Tally]) -> None:
    """Show what left the number range, or say that nothing did."""
    hit = {name: tally for name, tally in tallies.items() if tally.saturated}
    if not hit:
        output.say(f"saturation: none in {sum(t.operations for t in tallies.values())} operations")
        return
    rows = [
        (name, tally.saturated, tally.operations, f"{100 * tally.saturated / tally.operations:.3g}")
        for name, tally in hit.items()
    ]
    output.show_table(["saturation", "saturated", "of", "%"], rows)
