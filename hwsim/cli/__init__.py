"""The command line, ``clashfree``."""

from hwsim.cli.app import main

__all__ = ["main"]
