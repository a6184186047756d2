"""Scheme "zero-bubble" in hardware: the model's bits on every clock."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from side_by_side import assert_equal_on_every_clock, inputs_of
from skewed_designs import NETS, design_of, in_scheme
from small_nets import drawn_nets

from hwsim.schedule import make_schedule
from hwsim.state import State
from rtl_gen.pipeline import Pipeline as Hardware
from rtl_gen.verification.amaranth_bench import AmaranthBench
from rtl_gen.verification.stimulus import Stimuli
from rtl_gen.verification.verify import verify

RUNS = [("default", None, True), ("default", 3, False), ("prototype", 3, True)]
SLOW = {("digits", 1), ("digits", 2), ("four junctions, deep banks", 1)}
"""Large nets, which take ten seconds; what they show, small ones in the same run show as well."""


@pytest.mark.parametrize(("name", "profile", "gaps", "carry"), [
    pytest.param(name, *run, marks=[pytest.mark.slow] * ((name, k) in SLOW))
    for name in NETS for k, run in enumerate(RUNS)
])  # fmt: skip
def test_hardware_equals_the_model_on_every_clock(name, profile, gaps, carry):
    """Without pauses in the clocks of the closed form; and with them."""
    assert_equal_on_every_clock(design_of(name, profile, carry=carry), count=4, gaps=gaps)


@settings(max_examples=12)
@given(design=drawn_nets(), gaps=st.sampled_from([None, 1]))
def test_hardware_of_any_net_equals_the_model(design, gaps):
    skewed = in_scheme(design)
    assume(skewed is not None and sum(shape.z for shape in skewed.shapes) <= 40)
    assert_equal_on_every_clock(skewed, count=4, gaps=gaps)


def test_hardware_of_inference_equals_the_model():
    design = design_of("neurons that span clocks")
    schedule = make_schedule(design, inference=True)
    assert_equal_on_every_clock(design, count=6, gaps=2, schedule=schedule)


def test_parameters_are_read_between_runs_and_nothing_is_disturbed():
    design = design_of("three alike")
    bench = AmaranthBench(Hardware(design, make_schedule(design)), State.initial(design))
    first, second = inputs_of(design, 5), inputs_of(design, 6, seed=2)
    read_back, model = bench.run(first, second), bench.model.state()
    for name in ("weights", "biases"):
        for got, expected in zip(getattr(read_back, name), getattr(model, name), strict=True):
            np.testing.assert_array_equal(got, expected)


def test_verilog_equals_the_model_on_every_clock(tmp_path):
    """Beats leave clocks free, in one of which the bench writes DRAIN."""
    design = design_of("digits")
    verdict = verify(design, Stimuli.random(design, 150, 1), tmp_path)
    assert verdict.equal, verdict.first_divergence
    assert verdict.clocks == make_schedule(design).clocks(150)
    verdict = verify(design, Stimuli.random(design, 50, 2), tmp_path, gaps=7)
    assert verdict.equal, verdict.first_divergence
