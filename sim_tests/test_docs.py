"""The documentation keeps its word: commands parse, tables are true, examples run."""

import doctest
import pkgutil
import re
import shlex
import tomllib
from importlib import import_module
from pathlib import Path

import click
import pytest

import hwsim
from hwsim.cli.app import app
from hwsim.design_file import load_design, make_design
from hwsim.schedule import make_schedule
from rtl_gen.pipeline import host_read_clocks
from rtl_gen.register_map import registers

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

TYPED = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?clashfree (?P<arguments>[^|>#\n]+)", re.MULTILINE)
"""A command at the start of a line of a code block, up to a pipe, a redirection or a comment."""

INLINE = re.compile(r"`(?:\.venv/bin/)?clashfree (?P<arguments>[^`]+)`")

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(hwsim.__path__, "hwsim.")
    if not module.name.endswith("__main__")
)


def commands(page: Path) -> list[str]:
    """Arguments of every command line that a page shows."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = "\n".join(re.findall(r"^```.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    found = [match["arguments"] for match in TYPED.finditer(blocks)]
    found += [match["arguments"] for match in INLINE.finditer(prose)]
    return [" ".join(line.split()) for line in found]


LINES = sorted({(page.name, line) for page in PAGES for line in commands(page)})


def parse(line: str) -> None:
    """Parse a command line as the command does, without running it."""
    name, *rest = ("1" if word == "N" else word for word in shlex.split(line))
    with click.Context(app, info_name="clashfree") as ctx:
        command = app.get_command(ctx, name)
        while isinstance(command, click.Group) and rest:
            name, *rest = rest
            command = command.get_command(ctx, name)
        assert command is not None, f"no command {name}"
        try:
            command.make_context(name, rest, parent=ctx).close()
        except click.exceptions.Exit as end:  # --help
            assert end.exit_code == 0


@pytest.mark.parametrize(("page", "line"), LINES, ids=lambda value: value)
def test_command_line_parses(page, line):
    parse(line)


def test_readme_shows_every_command():
    shown = {line.split()[0] for line in commands(ROOT / "README.md")}
    assert shown >= set(app.list_commands(click.Context(app)))


def test_parser_refuses_what_the_command_would_refuse():
    with pytest.raises(click.UsageError):
        parse("check designs/digits.toml --no-such-option")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page):
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:designs|hwsim|rtl_gen|sim_tests|docs)/[\w./-]*\w\.\w+", text))
    named |= {str((page.parent / link).resolve().relative_to(ROOT))
              for link in re.findall(r"\]\((?!https?:)([^)#]+)", text)}  # fmt: skip
    stands_for_a_block = re.compile(r"/(test_)?X\.py$")
    missing = [n for n in named if not (ROOT / n).exists() and not stands_for_a_block.search(n)]
    assert missing == []


def example_design() -> dict:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return tomllib.loads(re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1])


def test_example_design_of_the_readme_is_the_digits_design():
    example = example_design()
    design, digits = make_design(example), load_design(ROOT / "designs/digits.toml")
    assert design.network == digits.network
    assert design.hardware == digits.hardware
    assert design.number == digits.number
    assert design.pattern == digits.pattern


def test_example_design_of_the_readme_shows_the_defaults():
    shown = example_design()
    required = {"network": ("layers", "out_degrees"), "hardware": ("z",)}
    bare = {name: {key: shown[name][key] for key in keys} for name, keys in required.items()}
    assert make_design(shown) == make_design({"format": 1} | bare)


def test_register_map_of_the_docs():
    text = (ROOT / "docs" / "hardware.md").read_text(encoding="utf-8")
    table = text.split("<!-- register map -->")[1].split("<!-- end of register map -->")[0]
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in table.strip().splitlines()[2:]
    ]
    design = load_design(ROOT / "designs" / "digits.toml")
    assert rows == [(f"0x{r.address:02X}", r.name, r.access, r.meaning) for r in registers(design)]


def test_clocks_of_a_register_read_in_the_docs():
    """Two before the access, and one behind its value (``rtl_gen.axi_lite``)."""
    clocks = [
        3 + host_read_clocks(make_schedule(load_design(ROOT / "designs" / f"{name}.toml")))
        for name in ("digits", "digits-board")
    ]
    text = (ROOT / "docs" / "hardware.md").read_text(encoding="utf-8")
    assert "a read {}, or {} with scheme `zero-bubble`".format(*clocks) in text


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name):
    result = doctest.testmod(import_module(name), raise_on_error=False)
    assert result.failed == 0


def test_there_are_doctests():
    modules = [import_module(name) for name in MODULES]
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = sum(len(t.examples) for m in modules for t in finder.find(m, m.__name__))
    assert examples > 0
