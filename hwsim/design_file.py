"""Reads design files (TOML, or the JSON we write) and says everything that is wrong with one."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from hwsim import rules
from hwsim.design import FORMAT, Design, Hardware, Network, Number, Pattern, Training
from hwsim.errors import MISSING, BadInput, Mistake, bad
from hwsim.registers import TABLE, Registers

SECTIONS: dict[str, type[BaseModel]] = {
    "network": Network,
    "hardware": Hardware,
    "number": Number,
    "pattern": Pattern,
    "training": Training,
}
REQUIRED = ("network", "hardware")
INNER: dict[str, type[BaseModel]] = {"registers": Registers}
"""Tables that stand for the value of a key."""


def load_design(path: str | Path) -> Design:
    """The design in ``path``, checked against every rule.

    Raises:
        BadInput: with one line per mistake, all of the file's at once.
    """
    path = Path(path)
    return make_design(read_design_file(path), source=path, directory=path.parent)


def make_design(
    raw: dict[str, Any], source: object = "design", directory: Path | str = Path()
) -> Design:
    """A design from plain tables, as a parsed file holds them."""
    mistakes = _top_level(raw)
    sections: dict[str, Any] = {}
    for name, model in SECTIONS.items():
        if name not in raw:
            if name in REQUIRED:
                fix = f"add a [{name}] table"
                mistakes.append(Mistake(name, MISSING, "the table is missing", fix))
            continue
        several = name == "pattern" and isinstance(raw[name], list) and raw[name] != []
        tables = raw[name] if several else [raw[name]]
        parsed = []
        for i, table in enumerate(tables):
            key = f"{name}[{i + 1}]" if several else name
            parsed.append(_parse(model, table, key, mistakes))
        if parsed and None not in parsed:
            sections[name] = tuple(parsed) if several else parsed[0]
    mistakes += rules.broken(sections, malformed=raw.keys() - sections.keys())
    mistakes += _absent_files(sections, Path(directory))
    if mistakes:
        raise BadInput(source, mistakes)
    return Design(**sections, directory=Path(directory))


def design_to_json(design: Design) -> str:
    """The design as JSON that ``load_design`` reads back to an equal design."""
    return json.dumps(design.sections(), indent=2) + "\n"


def read_design_file(path: Path) -> dict[str, Any]:
    """The plain tables of a design file, unchecked."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        what = error.strerror or "cannot be read"
        raise bad(path, "file", MISSING, what, "give the path of a design file") from None
    except UnicodeDecodeError:
        raise bad(path, "file", MISSING, "is not UTF-8 text", "give a TOML design file") from None
    try:
        raw = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        raise bad(path, "syntax", MISSING, str(error), "correct the line") from None
    except RecursionError:
        raise bad(path, "syntax", MISSING, "is nested too deeply", "write plain tables") from None
    if not isinstance(raw, dict):
        raise bad(path, "syntax", MISSING, "holds no tables", "give a design as one object")
    return raw


def _top_level(raw: dict[str, Any]) -> list[Mistake]:
    mistakes = []
    version = raw.get("format", MISSING)
    if type(version) is not int or version != FORMAT:
        rule = f"this version reads format {FORMAT}"
        rule = f"the key is missing; {rule}" if version is MISSING else rule
        mistakes.append(Mistake("format", version, rule, f"write format = {FORMAT} at the top"))
    for key in raw:
        if key not in SECTIONS and key != "format":
            mistakes.append(_unknown(key, raw[key], key, [*SECTIONS, "format"]))
    return mistakes


def _absent_files(sections: dict[str, Any], directory: Path) -> Iterator[Mistake]:
    """Files that the design names and that are not there."""
    pattern, training = sections.get("pattern"), sections.get("training")
    several = isinstance(pattern, tuple)
    named = {}
    for i, table in enumerate(pattern if several else [pattern] if pattern else []):
        named[f"pattern[{i + 1}].file" if several else "pattern.file"] = table.file
    if training is not None:
        named["training.initial"] = training.initial
    for key, name in named.items():
        if name is not None and not (directory / name).is_file():
            fix = f"give a path relative to {directory}"
            yield Mistake(key, name, "there is no such file", fix)


def _unknown(key: str, value: object, name: str, known: list[str]) -> Mistake:
    close = difflib.get_close_matches(name, known, 1)
    fix = f"did you mean {close[0]!r}?" if close else f"remove it; known are {', '.join(known)}"
    return Mistake(key, value, "unknown key", fix)


def _parse(
    model: type[BaseModel], table: object, key: str, mistakes: list[Mistake]
) -> BaseModel | None:
    if not isinstance(table, dict):
        mistakes.append(Mistake(key, table, "is not a table", f"write it as [{key}]"))
        return None
    try:
        return model.model_validate(table)
    except ValidationError as error:
        found = {}
        for details in error.errors():
            mistake = _explain(model, table, key, details)
            found.setdefault(mistake.key, mistake)  # a union names a key once per alternative
        mistakes += found.values()
        return None


def _explain(
    model: type[BaseModel], table: dict[str, Any], key: str, error: dict[str, Any]
) -> Mistake:
    name, *inside = map(str, error["loc"])
    value = table.get(name, MISSING)
    if inside[:1] == [TABLE] and inside[1:]:
        return _explain(INNER[name], value, f"{key}.{name}", {**error, "loc": inside[1:]})
    if error["type"] == "extra_forbidden":
        return _unknown(f"{key}.{name}", value, name, list(model.model_fields))
    if error["type"] == "missing":
        return Mistake(f"{key}.{name}", MISSING, "the key is missing", f"add {name} to [{key}]")
    rule, fix = rules.ALLOWED.get((model.__name__.lower(), name), (error["msg"], "see the README"))
    return Mistake(f"{key}.{name}", value, rule, fix)
