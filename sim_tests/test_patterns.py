"""Every property that makes a pattern one, by brute force, and how many patterns there are."""

from __future__ import annotations

from collections import Counter
from itertools import permutations, product
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_designs import SHAPES, edges_in_time, junction_sizes, make, random_pattern, schedule_of

from hwsim.checks.pattern_count import access_patterns, access_patterns_log2, address_bits
from hwsim.design import JunctionShape, Pattern
from hwsim.interleaver import Interleaver, draw_all
from hwsim.schedule import make_schedule

TYPES = [{"type": kind, "dither": dither} for kind in (1, 2, 3) for dither in (False, True)]


def lefts_by_sweep(interleaver):
    """[sweep][clock][lane] left neuron, as plain lists."""
    shape, rows = interleaver.shape, interleaver.left.tolist()
    starts = range(0, shape.junction_cycle, shape.depth)
    return [rows[start : start + shape.depth] for start in starts]


def assert_legal(interleaver, pattern):
    shape = interleaver.shape
    sweeps = lefts_by_sweep(interleaver)
    assert len(sweeps) == shape.d_out
    for sweep in sweeps:
        for lefts in sweep:
            assert sorted(left % shape.z for left in lefts) == list(range(shape.z))
        assert sorted(left for lefts in sweep for left in lefts) == list(range(shape.n_left))
    in_order = [left for sweep in sweeps for lefts in sweep for left in lefts]
    assert set(Counter(in_order).values()) == {shape.d_out}
    groups = [in_order[k : k + shape.d_in] for k in range(0, len(in_order), shape.d_in)]
    assert len(groups) == shape.n_right
    if shape.n_left % shape.d_in == 0:
        assert all(len(set(group)) == shape.d_in for group in groups)
    assert_of_its_type(sweeps, shape, pattern)


def assert_of_its_type(sweeps, shape, pattern):
    for sweep in sweeps:
        banks = [[left % shape.z for left in lefts] for lefts in sweep]
        assert all(row == banks[0] for row in banks)
        if not pattern.dither:
            assert banks[0] == list(range(shape.z))
        if pattern.type != 1:
            for lane in range(shape.z):
                words = [lefts[lane] // shape.z for lefts in sweep]
                assert words == [(words[0] + k) % shape.depth for k in range(shape.depth)]
    if pattern.type == 3:
        assert all(sweep == sweeps[0] for sweep in sweeps)


def assert_turns(junction):
    interleaver = junction.interleaver
    issued = [clock for clock, _, _, _ in edges_in_time(junction)]
    assert junction.edge_clock.ravel().tolist() == issued
    loads = [max(Counter(row).values()) for row in interleaver.bank.tolist()]
    assert interleaver.load.tolist() == loads
    assert interleaver.clash_free == (set(loads) == {1})
    first = {}
    for edge, left in enumerate(interleaver.left.flat):
        assert interleaver.first_edge.flat[edge] == first.setdefault(left, edge)
        distance = issued[edge] - issued[first[left]]
        assert junction.fresh.flat[edge] == (distance < junction.safe_distance)


@pytest.mark.parametrize("pattern", TYPES, ids=str)
@pytest.mark.parametrize("name", SHAPES)
def test_drawn_patterns_are_legal(name, pattern):
    design = make(*SHAPES[name], pattern)
    for interleaver in draw_all(design):
        assert_legal(interleaver, design.pattern)
    for junction in make_schedule(design).junctions:
        assert_turns(junction)


@settings(max_examples=150)
@given(junction_sizes(), st.sampled_from(TYPES), st.integers(0, 2**70))
def test_drawn_patterns_of_any_shape_are_legal(sizes, pattern, seed):
    n_left, n_right, d_out, z = sizes
    design = make([n_left, n_right], [d_out], [z], {**pattern, "seed": seed})
    assert_legal(draw_all(design)[0], design.pattern)


@settings(max_examples=60)
@given(junction_sizes(), st.integers(0, 2**32))
def test_turns_and_loads_of_patterns_with_clashes(sizes, seed):
    n_left, n_right, d_out, z = sizes
    design = make([n_left, n_right], [d_out], [z])
    left = random_pattern(design.shapes[0], np.random.default_rng(seed))
    assert_turns(schedule_of(design, left).junctions[0])


@pytest.mark.parametrize(("registers", "safe"), [
    (0, 2), (1, 3), (3, 5), ({"network": 1, "multiplier": 2, "tree": 9}, 5),
])  # fmt: skip
@pytest.mark.parametrize("kind", [2, 3])
def test_seed_vectors_without_forwarding_leave_no_hazard(kind, registers, safe):
    for seed in range(30):
        pattern = {"type": kind, "seed": seed}
        design = make([30, 25, 5], [5, 3], [6, 5], pattern, forwarding=False, registers=registers)
        junction = make_schedule(design).junctions[1]
        last_read = {}
        for clock, _, _, left in edges_in_time(junction):
            assert clock - last_read.get(left, -99) >= safe
            last_read[left] = clock


def test_seed_vectors_without_forwarding_differ_between_sweeps():
    design = make([30, 25, 5], [5, 3], [6, 5], {"type": 2}, forwarding=False)
    sweeps = lefts_by_sweep(draw_all(design)[1])
    assert len({str(sweep) for sweep in sweeps}) == len(sweeps)


def test_phi_is_the_starting_word_everywhere():
    for kind in (2, 3):
        design = make([20, 20], [2], [5], {"type": kind, "phi": 3})
        for sweep in lefts_by_sweep(draw_all(design)[0]):
            assert [[left // 5 for left in lefts] for lefts in sweep] == [
                [word] * 5 for word in (3, 0, 1, 2)
            ]


def test_seed_decides():
    def left(seed, junction=0):
        design = make([24, 24, 24], [4, 4], [4, 4], {"type": 1, "seed": seed})
        return draw_all(design)[junction].left

    assert (left(1) == left(1)).all()
    assert (left(1) != left(2)).any()
    assert (left(1) != left(1, junction=1)).any()


@pytest.mark.parametrize(
    "left, message",
    [
        (np.zeros((3, 2), int), r"pattern must have shape \(4, 2\), not \(3, 2\)"),
        (np.full((4, 2), 4), "left neurons must be 0 to 3, not 4"),
        (np.full((4, 2), -1), "left neurons must be 0 to 3, not -1"),
    ],
)
def test_arrays_that_are_no_pattern_are_refused(left, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        Interleaver(JunctionShape(index=1, n_left=4, n_right=4, d_out=2, z=2), left)


def sweep_orders(shape, kind):
    """Every way in which the banks can read their words in one sweep: [clock][bank] word."""
    if kind == 1:
        orders = product(permutations(range(shape.depth)), repeat=shape.z)
    else:
        turned = [[(s + k) % shape.depth for k in range(shape.depth)] for s in range(shape.depth)]
        orders = product(turned, repeat=shape.z)
    for order in orders:
        yield [[words[k] for words in order] for k in range(shape.depth)]


def all_sweeps(shape, pattern):
    dithers = list(permutations(range(shape.z))) if pattern.dither else [tuple(range(shape.z))]
    for order in sweep_orders(shape, pattern.type):
        for banks in dithers:
            yield tuple(words[bank] * shape.z + bank for words in order for bank in banks)


def adjacencies(shape, pattern):
    """Collect the distinct sets of edges that patterns of the type can have."""
    sweeps = set(all_sweeps(shape, pattern))
    if pattern.type == 3:
        whole = (sweep * shape.d_out for sweep in sweeps)
    else:
        whole = (sum(chosen, ()) for chosen in product(sweeps, repeat=shape.d_out))
    starts = range(0, shape.n_edges, shape.d_in)
    return {tuple(tuple(sorted(edges[s : s + shape.d_in])) for s in starts) for edges in whole}


@pytest.mark.parametrize(
    "kind, dither, count",
    [
        (1, False, 1_679_616),
        (2, False, 6561),
        (3, False, 81),
        (1, True, 60_466_176),
        (2, True, 236_196),
        (3, True, 486),
    ],
)
def test_counts_of_the_published_example(kind, dither, count):
    shape = JunctionShape(index=1, n_left=12, n_right=12, d_out=2, z=4)
    assert access_patterns(shape, Pattern(type=kind, dither=dither)) == count


@pytest.mark.parametrize("kind, dither, count", [(2, False, 6561), (3, False, 81), (3, True, 486)])
def test_enumeration_of_the_published_example(kind, dither, count):
    shape = JunctionShape(index=1, n_left=12, n_right=12, d_out=2, z=4)
    assert len(adjacencies(shape, Pattern(type=kind, dither=dither))) == count


# n_left, n_right, d_out, z
TINY = [
    (4, 4, 1, 2),
    (4, 4, 2, 2),
    (6, 6, 1, 2),
    (4, 2, 1, 4),
    (8, 4, 1, 4),
    (6, 2, 1, 3),
    (3, 3, 3, 3),
]


@pytest.mark.parametrize("pattern", TYPES, ids=str)
@pytest.mark.parametrize("sizes", TINY, ids=str)
def test_counts_equal_enumeration_where_z_is_a_multiple_of_d_in(sizes, pattern):
    n_left, n_right, d_out, z = sizes
    shape = JunctionShape(index=1, n_left=n_left, n_right=n_right, d_out=d_out, z=z)
    assert z % shape.d_in == 0
    assert access_patterns(shape, Pattern(**pattern)) == len(adjacencies(shape, Pattern(**pattern)))


@pytest.mark.parametrize("pattern", TYPES, ids=str)
@pytest.mark.parametrize("sizes", [(4, 1, 1, 2), (6, 2, 1, 2), (4, 2, 2, 2), (4, 4, 3, 2)], ids=str)
def test_counts_bound_enumeration_elsewhere(sizes, pattern):
    n_left, n_right, d_out, z = sizes
    shape = JunctionShape(index=1, n_left=n_left, n_right=n_right, d_out=d_out, z=z)
    assert z % shape.d_in
    assert access_patterns(shape, Pattern(**pattern)) >= len(adjacencies(shape, Pattern(**pattern)))


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_dither_adds_nothing_where_a_right_neuron_takes_whole_clocks(kind):
    shape = JunctionShape(index=1, n_left=8, n_right=2, d_out=2, z=4)
    assert shape.d_in == 2 * shape.z
    plain, dithered = Pattern(type=kind), Pattern(type=kind, dither=True)
    assert access_patterns(shape, plain) == access_patterns(shape, dithered)
    assert access_patterns_log2(shape, plain) == access_patterns_log2(shape, dithered)


@pytest.mark.parametrize(
    "kind, dither, d_out, count",
    [(1, False, 1, 36), (1, True, 1, 72), (2, True, 1, 18), (2, False, 2, 81), (3, True, 2, 9)],
)
def test_every_pattern_can_be_drawn(kind, dither, d_out, count):
    layers, degrees, z = [6, 6], [d_out], [2]
    shape = make(layers, degrees, z).shapes[0]
    drawn = set()
    for seed in range(15 * count):
        pattern = {"type": kind, "dither": dither, "seed": seed}
        edges = draw_all(make(layers, degrees, z, pattern))[0].left.reshape(-1, shape.d_in)
        drawn.add(str(np.sort(edges, axis=1).tolist()))
    assert len(drawn) == count


@pytest.mark.parametrize("pattern", TYPES, ids=str)
@pytest.mark.parametrize("sizes", [(12, 12, 2, 4), (60, 12, 2, 12), (60, 15, 3, 12), (8, 8, 3, 8)])
def test_log2_of_counts(sizes, pattern):
    n_left, n_right, d_out, z = sizes
    shape = JunctionShape(index=1, n_left=n_left, n_right=n_right, d_out=d_out, z=z)
    count = access_patterns(shape, Pattern(**pattern))
    # A logarithm has no exact value; twelve digits are what lgamma leaves.
    assert access_patterns_log2(shape, Pattern(**pattern)) == pytest.approx(log2(count), rel=1e-12)


def test_a_file_has_no_count():
    shape = JunctionShape(index=1, n_left=4, n_right=4, d_out=1, z=2)
    for count in (access_patterns, access_patterns_log2):
        with pytest.raises(ValueError, match="a pattern from a file is of no type"):
            count(shape, Pattern(file="pattern.npz"))


@pytest.mark.parametrize(
    "pattern, bits",
    [
        ({"type": 1}, 72 * 3),  # every edge a word of 0..5
        ({"type": 2}, 3 * 4 * 3),
        ({"type": 3}, 4 * 3),
        ({"type": 1, "dither": True}, 72 * 3 + 3 * 4 * 2),
        ({"type": 2, "dither": True}, 3 * 4 * 3 + 3 * 4 * 2),
        ({"type": 3, "dither": True}, 4 * 3 + 4 * 2),
        ({"file": "pattern.npz"}, 72 * (3 + 2)),
    ],
    ids=str,
)
def test_address_storage(pattern, bits):
    shape = JunctionShape(index=1, n_left=24, n_right=12, d_out=3, z=4)
    assert address_bits(shape, Pattern(**pattern)) == bits


def test_a_bank_of_one_word_needs_no_address():
    shape = JunctionShape(index=1, n_left=4, n_right=4, d_out=3, z=4)
    assert address_bits(shape, Pattern(type=1)) == 0
