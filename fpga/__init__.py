"""Boards the accelerator runs on (none yet)."""
