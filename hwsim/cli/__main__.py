"""``python -m hwsim.cli`` is ``clashfree``."""

from hwsim.cli import main

main()
