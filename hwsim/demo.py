"""The main job from start to end, as a user would type it: ``make demo``.

Checks the digits design, trains it bit for bit on scikit-learn's handwritten digits, generates its
Verilog, and has cocotb hold the Verilog to the model over a whole epoch of training.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from hwsim.cli.output import complain, show_table

DESIGN = "designs/digits.toml"
BUILD = Path("build") / "demo"
EPOCHS = 6
TRAINING_INPUTS = 1437


class Failed(Exception):
    """A step of the demo did not do what it shows."""


def clashfree(*arguments: str) -> dict[str, Any]:
    """Run one command with ``--json`` and give what it says.

    Raises:
        Failed: if its exit status is not 0; it has said why.
    """
    complain(f"$ clashfree {' '.join(arguments)}")
    command = [sys.executable, "-m", "hwsim.cli", *arguments, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        raise Failed(f"clashfree {arguments[0]} ended with status {done.returncode}")
    return json.loads(done.stdout)


def main() -> int:
    """Run the demo; 0 if every step did what it shows."""
    BUILD.mkdir(parents=True, exist_ok=True)
    state = str(BUILD / "state.npz")
    try:
        check = clashfree("check", DESIGN)
        train = clashfree(
            "train", DESIGN, "--data", "digits", "--epochs", str(EPOCHS), "--save", state
        )
        generate = clashfree("generate", DESIGN, "-o", str(BUILD))
        verify = clashfree(
            "verify", DESIGN, "--data", "digits", "--inputs", str(TRAINING_INPUTS),
            "-o", str(BUILD / "verify"),
        )  # fmt: skip
    except Failed as failure:
        complain(str(failure))
        return 1
    show_table(("digits, 8x8 pixels, 10 classes", ""), rows(check, train, generate, verify))
    return 0 if check["ok"] and verify["equal"] else 1


def rows(check: dict, train: dict, generate: dict, verify: dict) -> list[tuple[str, str]]:
    """The table that the demo ends with."""
    last, cycle = train["epochs"][-1], max(j["block_cycle"] for j in check["junctions"])
    edges = sum(j["n_edges"] for j in check["junctions"])
    full = sum(j["n_left"] * j["n_right"] for j in check["junctions"])
    stalls = train["stall_clocks"]
    verdict = "equal on every clock" if verify["equal"] else str(verify["first_divergence"])
    return [
        ("edges", f"{edges} of {full}, {edges / full:.1%}"),
        ("clashes and hazards", "none" if check["ok"] else "see clashfree check"),
        ("test accuracy", f"{last['test_accuracy']:.1%} after {len(train['epochs'])} epochs"),
        ("clocks per input", str(cycle)),
        ("stall clocks", f"{stalls['clash']} clash, {stalls['starved']} starved"),
        ("RTL against model", f"{verdict} ({verify['clocks']} clocks, {verify['inputs']} inputs)"),
        ("Verilog", generate["files"][0]["path"]),
    ]


if __name__ == "__main__":
    sys.exit(main())
