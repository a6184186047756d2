"""Interleavers: hardware and model agree, and what the model derives from a pattern is right."""

from __future__ import annotations

import numpy as np
import pytest
from block_points import interleavers

PARTS = interleavers()


def test_rtl_equals_model(run_bench):
    run_bench("bench_interleaver")


@pytest.mark.parametrize("name", PARTS)
def test_banks_and_lanes_are_each_others_inverse(name):
    pattern = PARTS[name].interleaver
    for left, bank_lane, bank_word in zip(
        pattern.left, pattern.bank_lane, pattern.bank_word, strict=True
    ):
        banks = np.arange(pattern.shape.z)
        np.testing.assert_array_equal(left[bank_lane], bank_word * pattern.shape.z + banks)


@pytest.mark.parametrize("name", PARTS)
def test_a_partial_sum_is_fresh_until_the_first_write_has_landed(name):
    part, first_clock = PARTS[name], {}
    for clock, lanes in enumerate(part.interleaver.left.tolist()):
        for lane, left in enumerate(lanes):
            since = clock - first_clock.setdefault(left, clock)
            assert part.fresh[clock, lane] == (since < part.safe_distance)


@pytest.mark.parametrize("name", PARTS)
def test_seed_vectors_are_found_where_words_count_up(name):
    pattern = PARTS[name].interleaver
    phi = pattern.seed_vectors
    if "type_2" in name or "type_3" in name:
        depth = pattern.shape.depth
        for clock, words in enumerate(pattern.bank_word):
            sweep, turn = divmod(clock, depth)
            np.testing.assert_array_equal(words, (phi[sweep] + turn) % depth)
    if name in ("type_1", "file"):
        assert phi is None


def test_the_file_is_no_sweep_and_never_keeps_its_lanes():
    pattern = PARTS["file"].interleaver
    assert (pattern.bank[1:] != pattern.bank[:-1]).any(axis=1).all()
    assert not PARTS["file"].fresh[: pattern.shape.depth].all()
    assert pattern.clash_free
    assert (np.bincount(pattern.left.ravel()) == pattern.shape.d_out).all()
    hazardous = PARTS["file_with_hazards"]
    assert hazardous.fresh.sum() > PARTS["file"].fresh.sum()
