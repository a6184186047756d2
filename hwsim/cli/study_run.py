"""Runs a study, and shows or writes its table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hwsim.cli import output
from hwsim.cli.options import check_targets, going_on, warn_of_no_workers
from hwsim.files import write_text

if TYPE_CHECKING:
    import pandas as pd

    from hwsim.trials.campaign import Campaign

SHARES = {"accuracy", "test_accuracy", "gain", "gain_low", "gain_high"}
"""Columns that tables for people show in percent; so are the ends of an accuracy's interval."""

FEW_STEPS = 500
"""Of Adam, below which hardly any network has learnt."""

UNEQUAL = 1.15
"""Times as many edges, from which on networks do not have as many."""

Advance = Callable[[int], None]


def run_study(
    given: dict[str, Any], total: int, work: Callable[[Campaign, Advance], pd.DataFrame], *,
    design: Path | None = None, inputs: int | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Train, and show or write the table, which is returned.

    Args:
        given: options of the command.
        total: trainings there are.
        work: trains; is told where, and what to tell how many more are there.
        design: a file that nothing may be written over, as over the data.
        inputs: that each network in floating point is trained with.
    """
    from hwsim.trials.campaign import campaign

    sources = (Path(given["source"]), *([design] if design else []))
    check_targets({"--csv": given["table"], "--records": given["records"]}, sources)
    if inputs is not None:
        _warn_of_few_steps(given["epochs"] * -(-inputs // given["batch"]))
    with campaign(given["jobs"], given["scheduler"], given["records"]) as runs:
        warn_of_no_workers(runs.place, given["scheduler"])
        with output.progress("study", total, "trainings") as advance, going_on(given["records"]):
            table = work(runs, advance)
        if runs.found:
            output.complain(f"{runs.found} of {runs.asked} trainings were there already")
    if given["table"] is not None:
        write_text(given["table"], table.to_csv(index=False))
    if given["as_json"]:
        output.emit({"rows": _plain(table)})
    else:
        _show(table)
    return table


def _warn_of_few_steps(steps: int) -> None:
    if steps < FEW_STEPS:
        output.warn(f"{steps} steps per training: more --epochs or a smaller --batch learn more")


def warn_of_unequal(table: pd.DataFrame, group: str | None = None) -> None:
    """Say where networks that shall have as many edges have not, because degrees are integers.

    Args:
        table: of a study.
        group: a column; networks that are alike in it shall have as many.
    """
    groups = [rows for _, rows in table.groupby(group)] if group else [table]
    for rows in groups:
        least, most = rows["edges"].min(), rows["edges"].max()
        where = f" at {group} {rows[group].iloc[0]:g}" if group else ""
        if most > UNEQUAL * least:
            output.warn(f"networks{where} have {least} to {most} edges: few degrees are possible")


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of plain types; None where there is no number."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def _show(table: pd.DataFrame) -> None:
    shares = SHARES | ({"low", "high"} if "objective" not in table else set())
    rows = [
        [_cell(value, is_share=name in shares) for name, value in row.items()]
        for row in _plain(table)
    ]
    output.show_table(list(table.columns), rows)


def _cell(value: Any, *, is_share: bool) -> Any:
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{100 * value:.2f} %" if is_share and value is not None else value
