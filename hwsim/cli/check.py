"""``clashfree check``: whether a design, or somebody's pattern, has clashes or hazards."""

from __future__ import annotations

from pathlib import Path

import click

from hwsim.checks.bare_pattern import check_pattern
from hwsim.checks.check import Report
from hwsim.checks.check import check as check_design
from hwsim.cli import output
from hwsim.cli.check_view import show_report
from hwsim.cli.junit import bad_input_to_junit, to_junit
from hwsim.cli.options import Integers, design_argument, json_option
from hwsim.design_file import load_design
from hwsim.errors import BadInput
from hwsim.files import check_writable, write_text
from hwsim.schedule import make_schedule
from hwsim.state import State


@click.command("check")
@design_argument
@click.option("-z", "lanes", type=Integers(), help="Bare pattern: lanes of each junction.")
@click.option("--layers", type=Integers(), help="Bare pattern: neurons of each layer.")
@click.option("--registers", type=click.IntRange(0), help="Bare pattern: registers of the loop.")
@click.option(
    "--forwarding/--no-forwarding",
    default=None,
    help="Bare pattern: whether delta sums see writes that have not landed yet; default yes.",
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write JUnit XML: one test case per property and junction.",
)
@click.option(
    "--scatter/--no-scatter",
    default=None,
    help="Compute scatter, spread and dispersion; default yes, up to a million edges in all.",
)
@json_option
def check(
    path: Path,
    lanes: tuple[int, ...] | None,
    layers: tuple[int, ...] | None,
    registers: int | None,
    forwarding: bool | None,
    junit: Path | None,
    scatter: bool | None,
    as_json: bool,
) -> int:
    r"""Check the interleavers of DESIGN and show what the hardware will need.

    \b
    Four properties can fail, for each junction:
      clash         two lanes want one memory bank in one clock (costs stalls)
      hazard        a partial delta is read before the write it builds on has
                    landed (costs nothing, and the result is silently wrong)
      doubled edge  two neurons are joined twice
      degree        a left neuron has too many or too few edges

    DESIGN may also be a bare pattern.npz (left_1 .. left_L, each the left neuron that a lane
    serves at a clock), with -z and --layers; for those whose RTL is not ours.

    \b
    Examples:
      clashfree check design.toml
      clashfree check design.toml --json | jq .counts
      clashfree check design.toml --junit report.xml      for any CI
      clashfree check pattern.npz -z 128,32 --layers 1024,64,32 \
          --registers 2 --no-forwarding

    Exit status: 0 all is well, 1 something fails, 2 bad input.
    """
    bare = {"layers": layers, "z": lanes, "registers": registers, "forwarding": forwarding}
    given = {name: value for name, value in bare.items() if value is not None}
    _check_usage(path, given)
    if junit is not None:
        check_writable(junit)
    with output.patience("checking"):
        try:
            report = _report(path, given, with_goodness=scatter)
        except BadInput as error:
            if junit is not None:
                write_text(junit, bad_input_to_junit(error, str(path)))
            raise
    if junit is not None:
        write_text(junit, to_junit(report, str(path)))
    if as_json:
        output.emit(report.to_json())
    else:
        show_report(report, str(path))
    return 0 if report.ok else 1


def _check_usage(path: Path, given: dict[str, object]) -> None:
    if path.suffix != ".npz":
        if given:
            raise click.UsageError("-z, --layers, --registers, --forwarding are for a pattern.npz")
    elif not {"layers", "z"} <= given.keys():
        raise click.UsageError("a bare pattern needs -z and --layers, e.g. -z 8,4 --layers 16,8,4")


def _report(path: Path, given: dict[str, object], with_goodness: bool | None) -> Report:
    if given:
        return check_pattern(path, **given, with_goodness=with_goodness)
    design = load_design(path)
    if design.training.initial is not None:  # a file that it names is part of the design
        State.load(design.directory / design.training.initial, design)
    return check_design(design, make_schedule(design), with_goodness=with_goodness)
