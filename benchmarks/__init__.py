"""Benchmarks: ``make bench``, or ``python -m benchmarks``. Not part of the tests."""
