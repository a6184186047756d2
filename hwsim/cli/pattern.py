"""``clashfree pattern``: the connection pattern of a design as a file."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from hwsim.cli import output
from hwsim.cli.options import design_argument, json_option
from hwsim.design_file import load_design
from hwsim.files import write_npz
from hwsim.interleaver import draw_all


@click.command("pattern")
@design_argument
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The .npz file to write.",
)
@json_option
def pattern(path: Path, target: Path, as_json: bool) -> None:
    r"""Write the connection pattern of DESIGN to a file.

    The file holds left_1 .. left_L, each (clocks, z) integers: the left neuron that lane m serves
    at clock t. That is edge t*z + m, which ends in right neuron (t*z + m) // in-degree. Same
    design, same bytes.

    \b
    Examples:
      clashfree pattern design.toml -o pattern.npz
      python -c "import numpy; print(numpy.load('pattern.npz')['left_1'])"

    To use it, changed or not, write in a design file:  [pattern] file = "pattern.npz"
    """
    arrays = {
        f"left_{interleaver.shape.index}": interleaver.left.astype(np.int32)
        for interleaver in draw_all(load_design(path))
    }
    write_npz(target, arrays)
    if as_json:
        shapes = {name: list(array.shape) for name, array in arrays.items()}
        output.emit({"file": str(target), "arrays": shapes})
        return
    for name, array in arrays.items():
        output.say(f"{target}: {name}, {array.shape[0]} clocks x {array.shape[1]} lanes")
