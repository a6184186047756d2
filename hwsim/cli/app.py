"""The command ``clashfree``: finds its commands, and turns every ending into an exit status.

To add a command, write ``hwsim/cli/NAME.py`` with a click command called ``NAME`` in it and add
NAME to ``COMMANDS``. Another package adds one through the entry point group
``clashfree.commands``. A command

- takes ``@design_argument`` and ``@json_option`` from ``hwsim.cli.options``;
- returns its exit status: 0 (or None) good, 1 the design fails what was asked of it;
- raises ``BadInput`` (exit 2, one line per mistake) or ``Refused`` (exit 1, one line) and catches
  nothing else: what goes wrong unexpectedly is reported here;
- prints through ``hwsim.cli.output``, and only when its work is done, so that stdout stays empty
  where it fails. With ``--json`` it prints nothing but one ``emit(...)``.

``check_writable`` of ``hwsim.files`` called before long work spares users a late surprise.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import click

from hwsim.cli import output
from hwsim.errors import BadInput, Refused

COMMANDS = (
    "check", "pattern", "simulate", "train", "infer", "compare", "sweep", "data", "study", "search"
)  # fmt: skip
"""The commands of this package, in the order in which a user needs them."""

GOOD, FAILED, BAD_INPUT = 0, 1, 2
BUG, NO_MEMORY, NO_OUTPUT = 70, 71, 74  # EX_SOFTWARE, EX_OSERR, EX_IOERR of sysexits.h
INTERRUPTED, BROKEN_PIPE = 130, 141  # as a shell reports these signals

OURS = {"hwsim", "rtl_gen", "fpga"}
"""The folders whose lines a bug is reported by."""


class Commands(click.Group):
    """A group that imports a command when it is asked for, so that each starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Ours in their order, then those of other packages."""
        return [*COMMANDS, *sorted(_plugins())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, or make what stands for it if that fails."""
        try:
            command = _load(cmd_name)
        except ImportError as error:
            command = _broken(cmd_name, error)
        return _with_layout(command) if command else None


def _load(name: str) -> click.Command | None:
    if name in COMMANDS:
        return getattr(import_module(f"hwsim.cli.{name}"), name)
    plugins = _plugins()
    return plugins[name].load() if name in plugins else None


def _with_layout(command: click.Command) -> click.Command:
    r"""Let click see the backspace in front of paragraphs it must not wrap.

    A docstring with a backslash in it is raw, and so has \b as two letters.
    """
    command.help = (command.help or "").replace("\\b\n", "\b\n")
    for inner in getattr(command, "commands", {}).values():
        _with_layout(inner)
    return command


def _plugins() -> dict[str, EntryPoint]:
    found = entry_points(group="clashfree.commands")
    return {point.name: point for point in found if point.name not in COMMANDS}


def _broken(name: str, error: ImportError) -> click.Command:
    """Stands for a command that cannot be imported, so that the others still work."""
    settings = {"ignore_unknown_options": True, "help_option_names": []}

    @click.command(name, help=f"(not available: {error})", context_settings=settings)
    @click.argument("arguments", nargs=-1)
    def stand_in(arguments: tuple[str, ...]) -> None:
        raise click.ClickException(f"{name} is not available here: {error}")

    return stand_in


@click.group(cls=Commands, invoke_without_command=True)
@click.version_option(package_name="clashfree", message="%(prog)s %(version)s")
@click.pass_context
def app(ctx: click.Context) -> None:
    r"""Sparse neural network accelerators: check, simulate, train, generate, verify.

    Everything starts from one design file (TOML), which says what the network is and how many
    edges the hardware processes per clock.

    \b
    Examples:
      clashfree check design.toml         are its interleavers free of clashes and hazards?
      clashfree simulate design.toml --inputs 100     how many clocks per input?
      clashfree train design.toml --data digits --epochs 3
      clashfree generate design.toml -o build         Verilog

    \b
    Exit status: 0 good; 1 the design fails the check or the comparison, or is refused; 2 bad input;
    130 interrupted.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


_with_layout(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status, never with a traceback.

    Being told to end is taken as an interrupt: tools that are running end with the command.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command line.

    Returns:
        The exit status; what went wrong has been said on stderr.
    """
    try:
        status = _invoke(list(arguments))
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except BadInput as error:
        return _end(BAD_INPUT, *error.lines)
    except Refused as error:
        return _end(FAILED, str(error))
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        return _end(BAD_INPUT, _usage(error))
    except (KeyboardInterrupt, click.Abort):
        return _end(INTERRUPTED, "interrupted")
    except MemoryError as error:
        return _end(NO_MEMORY, f"this machine has too little memory for it: {error}")
    except OSError as error:
        return _os_error(error)
    except Exception as error:
        return _bug(error)


def _invoke(arguments: list[str]) -> int:
    with app.make_context("clashfree", arguments) as ctx:
        return app.invoke(ctx) or GOOD


def _usage(error: click.ClickException) -> str:
    """One line that says what is wrong with the command line and where help is."""
    message = error.format_message().rstrip(".")
    ctx = getattr(error, "ctx", None)
    if ctx is None:
        return message
    return f"{ctx.command_path}: {message}; see {ctx.command_path} --help"


def _os_error(error: OSError) -> int:
    """Our output has nowhere to go, or else it is a bug: commands name the files they read."""
    if error.errno not in (errno.EPIPE, errno.ENOSPC) or error.filename is not None:
        return _bug(error)
    # What is still buffered would fail once more, with a traceback, when Python shuts down.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == errno.EPIPE:
        return BROKEN_PIPE
    return _end(NO_OUTPUT, f"stdout: {error.strerror}")


def _bug(error: Exception) -> int:
    if os.environ.get("CLASHFREE_DEBUG") == "1":
        traceback.print_exc()
    frames = traceback.extract_tb(error.__traceback__)
    where = [frame for frame in frames if OURS.intersection(Path(frame.filename).parts)][-1]
    place = f"{Path(where.filename).name}:{where.lineno}"
    what = f"{type(error).__name__}: {error}"
    return _end(BUG, f"a bug in clashfree: {what} ({place}); CLASHFREE_DEBUG=1 shows the traceback")


def _end(status: int, *lines: str) -> int:
    for line in lines:
        output.complain(line)
    return status
