"""How many patterns an interleaver type can make, and what it must store to make one.

Both after arXiv:1711.06935 section 4 and arXiv:1812.01164 section III. With K the number of ways in
which memory dither can deal z banks to right neurons, the access patterns are

    type 1   (K (D!)^z)^d_out     every bank in an order of its own, in each sweep
    type 2   (K D^z)^d_out        a starting word per bank, in each sweep
    type 3    K D^z               the same in all sweeps

and they are distinct adjacency matrices where z is a multiple of d_in; elsewhere, upper bounds.
"""

from __future__ import annotations

from math import factorial, lgamma, log

from hwsim.design import JunctionShape, Pattern


def access_patterns(shape: JunctionShape, pattern: Pattern) -> int:
    """Exact number of access patterns.

    It has about n_edges * log2(depth) bits at type 1: look at ``access_patterns_log2`` first.

    >>> shape = JunctionShape(index=1, n_left=12, n_right=12, d_out=2, z=4)
    >>> [access_patterns(shape, Pattern(type=kind)) for kind in (1, 2, 3)]
    [1679616, 6561, 81]

    Raises:
        ValueError: if the pattern is read from a file, and so of no type.
    """
    words = factorial(shape.depth) if _type(pattern) == 1 else shape.depth
    per_sweep = _dithers(shape, pattern) * words**shape.z
    return per_sweep ** _stored_sweeps(shape, pattern)


def access_patterns_log2(shape: JunctionShape, pattern: Pattern) -> float:
    """Binary logarithm of the number of access patterns, in no time for any size.

    Raises:
        ValueError: as ``access_patterns``.
    """
    words = lgamma(shape.depth + 1) if _type(pattern) == 1 else log(shape.depth)
    per_sweep = _log_dithers(shape, pattern) + shape.z * words
    return _stored_sweeps(shape, pattern) * per_sweep / log(2)


def address_bits(shape: JunctionShape, pattern: Pattern) -> int:
    """Bits of storage that address generation needs.

    Types 1 to 3 as the papers count them; with dither also a bank number per lane and stored
    permutation. A pattern read from a file needs the word and the bank of each edge.
    """
    word_bits, bank_bits = (shape.depth - 1).bit_length(), (shape.z - 1).bit_length()
    if pattern.file is not None:
        return shape.n_edges * (word_bits + bank_bits)
    sweeps = _stored_sweeps(shape, pattern)
    words = shape.n_edges if pattern.type == 1 else shape.z * sweeps
    return words * word_bits + (sweeps * shape.z * bank_bits if pattern.dither else 0)


def _type(pattern: Pattern) -> int:
    if pattern.type is None:
        raise ValueError("a pattern from a file is of no type that could be counted")
    return pattern.type


def _stored_sweeps(shape: JunctionShape, pattern: Pattern) -> int:
    return 1 if pattern.type == 3 else shape.d_out


def _dithers(shape: JunctionShape, pattern: Pattern) -> int:
    """K: ways to deal the banks of a clock to right neurons."""
    z, d_in = shape.z, shape.d_in
    if not pattern.dither or d_in % z == 0:
        return 1
    same = factorial(d_in) ** (z // d_in) if z % d_in == 0 else 1
    return factorial(z) // same


def _log_dithers(shape: JunctionShape, pattern: Pattern) -> float:
    z, d_in = shape.z, shape.d_in
    if not pattern.dither or d_in % z == 0:
        return 0.0
    same = z // d_in * lgamma(d_in + 1) if z % d_in == 0 else 0.0
    return lgamma(z + 1) - same
