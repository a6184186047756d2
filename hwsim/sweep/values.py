"""What a user writes after ``--set``: ``KEY=VALUES``.

Values stand between commas. A range ``4..12``, or ``4..12..2`` with a step, stands for all its
integers, the last included; a list such as z stands in brackets; text needs quotes only where it
holds other characters than those of names and paths.
"""

from __future__ import annotations

import difflib
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from hwsim import rules
from hwsim.design_file import INNER, SECTIONS
from hwsim.errors import bad

MOST = 100_000
"""Most values of a range, and most designs of a sweep: beyond it lies a typing mistake."""

DEEPEST = 2
"""Levels of brackets: a list of pairs has two."""

KEYS = {f"{section}.{name}" for section, model in SECTIONS.items() for name in model.model_fields}
KEYS |= {f"hardware.{key}.{name}" for key, model in INNER.items() for name in model.model_fields}
"""Every key of a design file, with its section and, if it has one, its inner table."""

TOKEN = re.compile(
    r"\s*(?:(?P<range>-?\d+(?:\.\.-?\d+){1,2})|(?P<integer>-?\d+)"
    r'|"(?P<quoted>[^"]*)"|(?P<word>[A-Za-z_./][\w./-]*)|(?P<mark>[\[\],]))\s*'
)

OUT_OF_RANGE = {"greater_than_equal", "less_than_equal", "too_short"}
"""What makes one design invalid, not the option: a sweep may try where the limits are."""

Tokens = deque[tuple[str, str]]


@dataclass(frozen=True)
class Axis:
    """A key of the design file, with its section, and the values it takes in turn."""

    key: str
    values: tuple[Any, ...]


def read_axes(options: tuple[str, ...]) -> tuple[Axis, ...]:
    """The axes of all ``--set`` options, in their order.

    Raises:
        BadInput: for an option that cannot be read, or a key or a value no design can have.
    """
    axes: dict[str, Axis] = {}
    for option in options:
        axis = read_axis(option)
        if axis.key in axes:
            rule = f"{axis.key} is set by another --set as well"
            raise _bad(option, rule, "give all its values in one")
        axes[axis.key] = axis
    return tuple(axes.values())


def read_axis(option: str) -> Axis:
    """The key and the values of one option; see ``read_axes``."""
    name, equals, text = option.partition("=")
    if not equals:
        raise _bad(option, "has no '='", "e.g. --set frac_bits=4..12")
    key = _full_key(name.strip(), option)
    try:
        values = read_values(text)
    except ValueError as error:
        fix = "e.g. 4..12 or 1,2,3 or [16,20],[32,40] or default,prototype"
        raise _bad(option, str(error), fix) from None
    for value in values:
        _check(key, value, option)
    return Axis(key, values)


def read_values(text: str) -> tuple[Any, ...]:
    """Values as plain types of a design file.

    Raises:
        ValueError: if there are none, or they cannot be read.

    >>> read_values("4..6,10..2..-4")
    (4, 5, 6, 10, 6, 2)
    >>> read_values("[16,20],[32,40]")
    ([16, 20], [32, 40])
    >>> read_values('true,default,"a file.npz"')
    (True, 'default', 'a file.npz')
    """
    tokens = deque(_tokens(text))
    return tuple(_items(tokens, closing=None))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"cannot be read from {text[at:]!r} on")
        yield str(match.lastgroup), match[match.lastgroup]
        at = match.end()


def _items(tokens: Tokens, closing: str | None, depth: int = 0) -> list[Any]:
    if depth > DEEPEST:
        raise ValueError(f"brackets in more than {DEEPEST} levels")
    items: list[Any] = []
    while True:
        items += _item(tokens, depth)
        end = tokens.popleft()[1] if tokens else None
        if end == closing:
            return items
        if end != ",":
            missing = "a comma" if closing is None else "a comma or a closing bracket"
            raise ValueError(f"{missing} is missing {f'before {end!r}' if end else 'at the end'}")


def _item(tokens: Tokens, depth: int) -> list[Any]:
    """The values of one item: several for a range."""
    kind, text = tokens.popleft() if tokens else ("end", "")
    if kind == "range":
        return list(_range(text))
    if kind == "integer":
        return [int(text)]
    if kind == "quoted":
        return [text]
    if kind == "word":
        return [{"true": True, "false": False}.get(text, text)]
    if text == "[":
        return [_items(tokens, closing="]", depth=depth + 1)]
    raise ValueError(f"a value is missing {f'before {text!r}' if text else 'at the end'}")


def _range(text: str) -> range:
    first, last, *rest = (int(part) for part in text.split(".."))
    step = rest[0] if rest else 1
    if step == 0:
        raise ValueError(f"{text}: the step is 0")
    count = (last - first) // step + 1
    if count < 1:
        raise ValueError(f"{text}: holds no integer")
    if count > MOST:
        raise ValueError(f"{text}: more than {MOST} values")
    return range(first, first + count * step, step)


def _full_key(name: str, option: str) -> str:
    """``name`` with its section, which may be left out where one section alone has it."""
    if name in KEYS:
        return name
    found = sorted(key for key in KEYS if key.partition(".")[2] == name)
    if len(found) == 1:
        return found[0]
    if found:
        sections = " and ".join(f"[{key.partition('.')[0]}]" for key in found)
        fix = " or ".join(f"--set {key}=.." for key in found)
        raise _bad(option, f"{name!r} is a key of both {sections}", fix)
    known = sorted(KEYS if "." in name else {key.partition(".")[2] for key in KEYS})
    close = difflib.get_close_matches(name, known, 1)
    fix = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
    raise _bad(option, f"unknown key {name!r}", fix)


def _check(key: str, value: object, option: str) -> None:
    """Find a value that is of no use to the key in any design, such as text for a number."""
    section, name = key.split(".")[-2:]
    try:
        (SECTIONS | INNER)[section].model_validate({name: value})
    except ValidationError as error:
        kinds = {details["type"] for details in error.errors() if details["loc"][:1] == (name,)}
        if kinds and not kinds & OUT_OF_RANGE:
            rule, fix = rules.ALLOWED[section, name]
            text = option.partition("=")[2]
            if kinds <= {"list_type", "tuple_type"} and "[" not in text:
                fix = f"lists stand in brackets: --set '{name}=[{text}]'"
            raise bad(f"command line: --set {option}", key, value, rule, fix) from None


def _bad(option: str, rule: str, fix: str) -> Exception:
    return bad("command line", "--set", option, rule, fix)
