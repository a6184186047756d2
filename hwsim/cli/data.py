"""``clashfree data``: data sets that are made, and how hard a data set is."""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np

from hwsim.cli import output
from hwsim.cli.options import data_option, json_option
from hwsim.data import check_data, read_data
from hwsim.datasets.difficulty import Difficulty
from hwsim.datasets.difficulty import difficulty as measured
from hwsim.datasets.morse import STYLES, Morse, Range
from hwsim.datasets.morse_codes import codes
from hwsim.errors import bad
from hwsim.files import check_writable, write_npz


class RangeType(click.ParamType):
    """``LOW..HIGH``, or one number."""

    name = "LOW..HIGH"

    def convert(self, value: Any, param: Any, ctx: Any) -> Range:
        found = re.fullmatch(r"(-?\d+)(?:\.\.(-?\d+))?", value)
        if not found:
            self.fail(f"{value!r} is no range, such as 1..3", param, ctx)
        return int(found[1]), int(found[2] or found[1])


RANGE = RangeType()


@click.group("data", no_args_is_help=False)
def data() -> None:
    r"""Make data sets, and measure how hard they are.

    \b
    Examples:
      clashfree data morse --variant 3.1 -o morse.npz
      clashfree data codes
      clashfree data difficulty --data morse.npz
    """


@data.command("morse")
@click.option("--variant", default="1.0", show_default=True, metavar="X.Y",
              help="Which Morse data; Y is the standard deviation of noise, 0 to 4.")  # fmt: skip
@click.option("--size", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True,
              help="Factor of the number of inputs, at least one per class.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True,
              help="Same parameters and seed, same data.")  # fmt: skip
@click.option("-o", "--output", "target", type=click.Path(path_type=Path), required=True,
              metavar="FILE", help="The .npz file to write.")  # fmt: skip
@click.option("--frame", type=int, help="Samples of an input, before dilation.  [64]")
@click.option("--dot", type=RANGE, help="Length of a dot in samples.  [1..3]")
@click.option("--dash", type=RANGE, help="Length of a dash.  [4..9; variants 3, 4: 3..9]")
@click.option("--space", type=RANGE, help="Length of a space between them.  [1..3]")
@click.option("--leading/--no-leading", default=None,
              help="Begin anywhere in the frame.  [variants 2, 3, 4]")  # fmt: skip
@click.option("--dilation", type=int, help="Factor of frame and lengths.  [1; variant 4: 4]")
@click.option("--style", type=click.Choice(STYLES), help="Loudness, or 0 and 1.  [grey]")
@click.option("--loudness", type=float, help="Of dots and dashes, mean.  [12]")
@click.option("--deviation", type=float, help="Of dots and dashes, standard deviation.  [4/3]")
@click.option("--noise", type=float, help="Standard deviation on all samples.  [Y]")
@click.option("--top", type=float, help="Where samples are clipped; becomes 1.  [16]")
@click.option("--maxflip", type=int, help="Black and white: most samples flipped.  [0]")
@click.option("--training", type=int, help="Inputs per class to train on.  [5000]")
@click.option("--validation", type=int, help="Inputs per class to validate with.  [1000]")
@click.option("--test", type=int, help="Inputs per class to test with.  [1000]")
@json_option
def morse(variant: str, size: float, seed: int, target: Path, as_json: bool, **given: Any) -> None:
    r"""Make a Morse data set: 64 symbols, each a frame of samples.

    The file holds xtr ytr xva yva xte yte: float32 from 0 to 1, with three decimals, and labels
    from 0 on, in the order of `clashfree data codes`. `--data FILE` of other commands takes it.

    \b
    X   is
    1   symbols at the start of the frame
    2   anywhere in it
    3   and dashes that can be as short as dots
    4   the third, frame and lengths times four (256 samples)

    \b
    Examples:
      clashfree data morse --variant 3.1 --size 0.5 -o morse.npz
      clashfree data morse --style black-and-white --maxflip 4 -o flipped.npz
    """
    if not math.isfinite(size):
        raise bad("command line", "--size", size, "must be a number", "such as 0.5")
    chosen = {name: value for name, value in given.items() if value is not None}
    generator = Morse.variant(variant, **chosen).sized(size)
    check_writable(target)
    with output.progress("drawing", generator.n_inputs) as advance:
        arrays = generator.generate(seed, advance)
    with output.patience(f"writing {target}"):
        write_npz(target, arrays)
    shapes = {name: list(array.shape) for name, array in arrays.items()}
    if as_json:
        output.emit({"file": str(target), "seed": seed, **asdict(generator), "arrays": shapes})
        return
    for name, (count, *width) in shapes.items():
        output.say(f"{target}: {name}, {count} " + (f"x {width[0]}" if width else "labels"))


@data.command("codes")
@json_option
def show_codes(as_json: bool) -> None:
    """Show the 64 symbols of the Morse data sets, in the order of their labels."""
    if as_json:
        keys = ("label", "symbol", "code")
        rows = [dict(zip(keys, (i, *pair), strict=True)) for i, pair in enumerate(codes().items())]
        output.emit({"codes": rows})
        return
    output.show_table(
        ("label", "symbol", "code"), [(str(i), *pair) for i, pair in enumerate(codes().items())]
    )


@data.command("difficulty")
@data_option
@json_option
def difficulty(source: str, as_json: bool) -> None:
    r"""Say how hard the training inputs of some data are to tell apart.

    Four metrics of class centroids and spreads, no training: the larger, the harder. `lower` and
    `upper` bound the error of a classifier that sees nothing but distances; `distance` is the
    spread over the distance to the nearest class, in the mean; `near_pairs` counts pairs of classes
    whose centroids differ by less than 0.05 per dimension, each pair once. Compare data of as many
    dimensions.

    \b
    Example:
      clashfree data difficulty --data digits
    """
    arrays = read_data(source)
    check_data(arrays, source)
    n_classes = len(np.unique(arrays["ytr"]))
    if n_classes < 2:
        rule = "there is one class, and nothing to tell apart"
        raise bad(source, "ytr", n_classes, rule, "give inputs of at least two classes")
    found = _plain(measured(arrays["xtr"], arrays["ytr"]))
    if as_json:
        output.emit(found)
    else:
        output.show_table(list(found), [list(found.values())])


def _plain(found: Difficulty) -> dict[str, float | None]:
    """Infinity, where two centroids are equal, is nothing that JSON has."""
    return {name: value if math.isfinite(value) else None for name, value in asdict(found).items()}
