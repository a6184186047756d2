"""Every rule a design can break, with what it takes to mend it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from math import gcd, isqrt
from operator import itemgetter
from typing import Any

from hwsim.design import Hardware, Network, Number, Pattern, Training
from hwsim.errors import Mistake
from hwsim.registers import Registers
from hwsim.timing import SEEN, path_latencies

MAX_WIDTH = 24
"""Widest number: sums of products of this width stay exact in 64-bit integers."""

MAX_DEGREE = 1 << 13
MAX_EDGES = 1 << 28
MAX_REGISTERS = 1000

ALLOWED: dict[tuple[str, str], tuple[str, str]] = {
    ("network", "layers"): ("must be two or more positive integers", "e.g. layers = [64, 32, 10]"),
    ("network", "out_degrees"): (
        "must be positive integers, one per junction",
        "e.g. out_degrees = [4, 10]",
    ),
    ("network", "activations"): (
        "must be 'sigmoid' or 'relu', or a list of them, one per junction",
        'e.g. activations = ["relu", "sigmoid"]',
    ),
    ("network", "cost"): (
        "must be 'cross-entropy' or 'quadratic'",
        "choose one of the two",
    ),
    ("hardware", "z"): ("must be positive integers, one per junction", "e.g. z = [64, 16]"),
    ("hardware", "scheme"): (
        "must be 'prototype' or 'zero-bubble'",
        "choose one of the two",
    ),
    ("hardware", "registers"): (
        "must be an integer of 0 or more, or a table of them by stage",
        "e.g. registers = 0 or { multiplier = 2, tree = 1 }",
    ),
    ("hardware", "forwarding"): ("must be true or false", "e.g. forwarding = true"),
    ("hardware", "carry"): ("must be true or false", "e.g. carry = true, or leave it out"),
    ("number", "int_bits"): ("must be an integer >= 1: the target, one, must fit", "int_bits = 3"),
    ("number", "frac_bits"): ("must be an integer >= 3", "e.g. frac_bits = 8"),
    ("number", "profile"): ("must be 'prototype' or 'default'", "choose one of the two"),
    ("pattern", "type"): ("must be 1, 2 or 3", "choose a type, or give a file instead"),
    ("pattern", "file"): ("must be the path of a pattern file", 'e.g. file = "pattern.npz"'),
    ("pattern", "dither"): ("must be true or false", "e.g. dither = false"),
    ("pattern", "seed"): ("must be an integer of 0 or more", "e.g. seed = 1"),
    ("pattern", "phi"): ("must be an integer of 0 or more", "e.g. phi = 0"),
    ("training", "seed"): ("must be an integer of 0 or more", "e.g. seed = 1"),
    ("training", "initial"): ("must be the path of a state file", 'e.g. initial = "state.npz"'),
    ("training", "eta_shift"): (
        "must be an integer of 0 or more, or a list of [first input, shift] pairs",
        "e.g. eta_shift = 3 or [[0, 3], [25000, 4]]",
    ),
}
ALLOWED |= {
    ("registers", stage): ("must be an integer of 0 or more", f"e.g. {stage} = 0")
    for stage in Registers.model_fields
}
"""For each key of a section: what it may be, and an example."""


def broken(sections: dict[str, Any], malformed: Collection[str] = ()) -> list[Mistake]:
    """Mistakes in how the values of well-formed sections fit together.

    Args:
        sections: the sections that are well-formed; others count as absent.
        malformed: those that are there but are not.
    """
    network, hardware = sections.get("network"), sections.get("hardware")
    found: list[Mistake] = []
    if network:
        found += _lengths(network, hardware, sections.get("pattern"))
        found += _activations(network)
    if hardware:
        found += _registers(hardware)
    if network and hardware:
        found += _junctions(network, hardware)
    if network and hardware and not found:
        found += _scheme(network, hardware, sections.get("number", Number()))
    shapes_known = bool(network and hardware) and not found
    if "number" in sections:
        found += _number(sections["number"])
    if "training" in sections:
        number = None if "number" in malformed else sections.get("number", Number())
        found += _training(sections["training"], number)
    if "pattern" not in malformed:
        found += _patterns(sections, shapes_known)
    return found


def _lengths(
    network: Network, hardware: Hardware | None, pattern: Pattern | tuple[Pattern, ...] | None
) -> Iterator[Mistake]:
    n = len(network.layers) - 1
    rule = f"needs one entry for each of the {n} junctions of {len(network.layers)} layers"
    values: dict[str, Any] = {"network.out_degrees": network.out_degrees}
    if not isinstance(network.activations, str):
        values["network.activations"] = network.activations
    if hardware:
        values["hardware.z"] = hardware.z
    for key, value in values.items():
        if len(value) != n:
            yield Mistake(key, list(value), rule, f"give {n}, not {len(value)}")
    if isinstance(pattern, tuple) and len(pattern) != n:
        yield Mistake("pattern", len(pattern), rule, f"give {n} [[pattern]] tables, or one")


def _activations(network: Network) -> Iterator[Mistake]:
    names = network.activations
    last = names if isinstance(names, str) else names[-1]
    if last == "relu":
        rule = "the last junction cannot be 'relu': its outputs are compared with 0 and 1"
        shown = names if isinstance(names, str) else list(names)
        yield Mistake("network.activations", shown, rule, "make the last one 'sigmoid'")


def _registers(hardware: Hardware) -> Iterator[Mistake]:
    for stage, count in hardware.stages:
        if count > MAX_REGISTERS:
            is_plain = isinstance(hardware.registers, int)
            name = "registers" if is_plain else f"registers.{stage}"
            rule = f"more than {MAX_REGISTERS} registers"
            fix = f"{name.rpartition('.')[2]} = 0 to 10, as timing needs"
            yield Mistake(f"hardware.{name}", count, rule, fix)


def _shown(hardware: Hardware) -> object:
    """The registers as the file has them."""
    given = hardware.registers
    return given if isinstance(given, int) else given.model_dump(exclude_defaults=True)


def _divisors(number: int) -> list[int]:
    low = [k for k in range(1, isqrt(number) + 1) if number % k == 0]
    return sorted({*low, *(number // k for k in low)})


def _near(values: list[int], wanted: int) -> str:
    """Up to four of ``values`` around ``wanted``, as a user would try them."""
    close = sorted(sorted(values, key=lambda v: (abs(v - wanted), v))[:4])
    return " or ".join(str(v) for v in close)


def _junctions(network: Network, hardware: Hardware) -> Iterator[Mistake]:
    sizes = zip(network.layers, network.layers[1:], network.out_degrees, hardware.z, strict=False)
    for i, (n_left, n_right, d_out, z) in enumerate(sizes):
        z_key, d_key = f"hardware.z[{i + 1}]", f"network.out_degrees[{i + 1}]"
        if n_left * d_out > MAX_EDGES:
            rule = f"{n_left} x {d_out} edges of junction {i + 1} exceed {MAX_EDGES}"
            yield Mistake(d_key, d_out, rule, "smaller layers or out-degrees")
            continue
        if n_left % z:
            rule = f"z must divide the {n_left} left neurons of junction {i + 1}"
            yield Mistake(z_key, z, rule, f"z = {_near(_divisors(n_left), z)}")
        if d_out > min(n_right, MAX_DEGREE):
            limit = min(n_right, MAX_DEGREE)
            rule = f"out-degree exceeds the {limit} right neurons of junction {i + 1}"
            if limit == MAX_DEGREE < n_right:
                rule = f"out-degree exceeds {limit}, where sums stay exact, in junction {i + 1}"
            yield Mistake(d_key, d_out, rule, f"at most {limit}")
        elif (edges := n_left * d_out) % n_right:
            step = n_right // gcd(n_left, n_right)
            nearest = d_out - d_out % step
            fits = [d for d in (nearest, nearest + step) if step <= d <= n_right]
            rule = (
                f"the {n_right} right neurons of junction {i + 1} must divide its "
                f"{n_left} x {d_out} = {edges} edges (in-degree {edges / n_right:g})"
            )
            yield Mistake(d_key, d_out, rule, f"out-degree {_near(fits, d_out)}")


def _scheme(network: Network, hardware: Hardware, number: Number) -> Iterator[Mistake]:
    """What scheme "zero-bubble" needs: every way there and back fits into a junction cycle."""
    if hardware.scheme != "zero-bubble":
        if hardware.carry:
            rule = "only the last junction of scheme = 'zero-bubble' carries its weights"
            yield Mistake("hardware.carry", True, rule, "remove it, or scheme = 'zero-bubble'")
        return
    if not hardware.forwarding:
        rule = "scheme = 'zero-bubble' forwards partial sums: a word may come back in any clock"
        yield Mistake("hardware.forwarding", False, rule, "forwarding = true")
    sizes = list(zip(network.layers, network.out_degrees, hardware.z, strict=False))
    cycle = max(n_left * d_out // z for n_left, d_out, z in sizes)
    n_left, d_out, z = sizes[-1]
    # As ``timing.longest_span``: clocks from a last neuron's first edge to its last one.
    d_in = n_left * d_out // network.layers[-1]
    span = (z - gcd(z, d_in) + d_in - 1) // z
    paths = path_latencies(hardware.stages, len(sizes), number.profile)
    hops = [here.forward + right.backward for here, right in pairwise(paths)]
    delta = span + paths[-1].forward + SEEN
    updated = max(path.update + SEEN for path in paths)
    ways = {
        "a result to the next junction and back": max([*hops, delta]),
        "a weight through its update": updated,
    }
    way, needed = max(ways.items(), key=itemgetter(1))
    carried = delta + max([*hops[-1:], paths[-1].update + SEEN])  # ``timing.clocks_to_carry``
    if cycle >= needed and hardware.carry and cycle < carried:
        rule = (
            f"a junction cycle of {cycle} clocks is too short for the last junction to carry its "
            f"weights, {carried}"
        )
        fix = "carry = false, fewer registers, or a smaller z"
        yield Mistake("hardware.carry", True, rule, fix)
    if cycle < needed:
        rule = (
            f"a junction cycle of {cycle} clocks is shorter than the way of {way}, {needed}, "
            "in scheme = 'zero-bubble'"
        )
        fix = "fewer registers, a smaller z, or scheme = 'prototype'"
        yield Mistake("hardware.registers", _shown(hardware), rule, fix)


def _number(number: Number) -> Iterator[Mistake]:
    width = 1 + number.int_bits + number.frac_bits
    if width > MAX_WIDTH:
        rule = f"1 + int_bits {number.int_bits} + frac_bits = {width} bits exceed {MAX_WIDTH}"
        fix = f"frac_bits + int_bits at most {MAX_WIDTH - 1}"
        yield Mistake("number.frac_bits", number.frac_bits, rule, fix)


def _training(training: Training, number: Number | None) -> Iterator[Mistake]:
    schedule = training.eta_shift
    key, shown = "training.eta_shift", schedule
    if not isinstance(schedule, int):
        shown = [list(entry) for entry in schedule]
        starts = [start for start, _ in schedule]
        if not starts or starts[0] != 0:
            yield Mistake(key, shown, "the schedule must begin at input 0", "begin with [0, 3]")
        if any(b <= a for a, b in pairwise(starts)):
            yield Mistake(key, shown, "first inputs must ascend", "sort the pairs, each start once")
    shifts = [schedule] if isinstance(schedule, int) else [shift for _, shift in schedule]
    if number is None:
        return
    limit = number.int_bits + number.frac_bits
    if any(shift > limit for shift in shifts):
        rule = f"a shift beyond {limit} leaves no bit of a {limit + 1}-bit delta"
        yield Mistake(key, shown, rule, f"shifts of 0 to {limit}")


def _patterns(sections: dict[str, Any], shapes_known: bool) -> Iterator[Mistake]:
    pattern = sections.get("pattern")
    if pattern is None and not shapes_known:
        return
    several = isinstance(pattern, tuple)
    tables = pattern if several else (pattern or Pattern(),)
    for i, table in enumerate(tables):
        key = f"pattern[{i + 1}]" if several else "pattern"
        yield from _pattern_alone(table, key)
    if shapes_known:
        network, hardware = sections["network"], sections["hardware"]
        for i in range(len(network.layers) - 1):
            table = tables[i] if several else tables[0]
            key = f"pattern[{i + 1}]" if several else "pattern"
            yield from _pattern_in_junction(table, key, i, network, hardware)
            yield from _seed_vectors(table, key, i, sections)


def _pattern_alone(table: Pattern, key: str) -> Iterator[Mistake]:
    if table.file is not None:
        for name in ("type", "phi"):
            if getattr(table, name) is not None:
                rule = f"{name} cannot stand beside file = {table.file!r}"
                yield Mistake(f"{key}.{name}", getattr(table, name), rule, "remove one of the two")
        if table.dither:
            rule = f"dither cannot stand beside file = {table.file!r}"
            yield Mistake(f"{key}.dither", True, rule, "remove one of the two")
    elif table.phi is not None and table.type == 1:
        rule = "phi is a seed vector entry, and type = 1 has no seed vectors"
        yield Mistake(f"{key}.phi", table.phi, rule, "remove phi, or choose type 2 or 3")


def _pattern_in_junction(
    table: Pattern, key: str, i: int, network: Network, hardware: Hardware
) -> Iterator[Mistake]:
    n_left, z = network.layers[i], hardware.z[i]
    depth = n_left // z
    if table.phi is not None and table.phi >= depth:
        rule = f"phi must be below the depth of junction {i + 1}, {n_left} / {z} = {depth}"
        yield Mistake(f"{key}.phi", table.phi, rule, f"phi of 0 to {depth - 1}")


def _seed_vectors(table: Pattern, key: str, i: int, sections: dict[str, Any]) -> Iterator[Mistake]:
    """Without forwarding, seed vectors are drawn such that no sum is read too early."""
    network, hardware = sections["network"], sections["hardware"]
    drawn = table.type == 2 and table.phi is None and network.out_degrees[i] > 1
    if i == 0 or not drawn or hardware.forwarding:
        return
    profile = sections.get("number", Number()).profile
    path = path_latencies(hardware.stages, len(network.out_degrees), profile)[i]
    depth, needed = network.layers[i] // hardware.z[i], path.backward + SEEN
    if depth < needed:
        is_plain = isinstance(hardware.registers, int)
        sum_ = "2 + registers = " if is_plain else ""
        rule = (
            f"no seed vectors without a delta hazard exist in junction {i + 1}: without forwarding "
            f"its depth {depth} must be at least {sum_}{needed}"
        )
        fewer = f"registers <= {max(depth - 2, 0)}" if is_plain else "fewer registers"
        fix = f"forwarding = true, {fewer}, or a smaller z"
        if depth < 2:
            fix = "forwarding = true, or a smaller z"
        yield Mistake(f"{key}.type", table.type, rule, fix)
