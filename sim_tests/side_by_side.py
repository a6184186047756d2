"""Hardware and model of a whole design side by side, in Amaranth's own simulator."""

from __future__ import annotations

import numpy as np

from hwsim.design import Design
from hwsim.pipeline import Input
from hwsim.schedule import Schedule, make_schedule
from hwsim.sequencer import Descriptor
from hwsim.state import State
from rtl_gen.pipeline import Pipeline
from rtl_gen.verification.amaranth_bench import AmaranthBench


def inputs_of(design: Design, count: int, seed: int = 1) -> list[Input]:
    """Noise; every fifth input does not train, and eta changes from input to input."""
    rng = np.random.default_rng(seed)
    layers = design.network.layers
    return [
        Input(
            rng.integers(256, size=layers[0]),
            Descriptor(True, i % 5 != 3, int(rng.integers(layers[-1])), int(rng.integers(4)), i),
        )
        for i in range(count)
    ]


def assert_equal_on_every_clock(
    design: Design, count: int = 8, gaps: int | None = None, schedule: Schedule | None = None
) -> AmaranthBench:
    schedule = schedule or make_schedule(design)
    bench = AmaranthBench(Pipeline(design, schedule), State.initial(design), gaps)
    read_back = bench.run(inputs_of(design, count))
    final = bench.model.state()
    for got, expected in zip(
        read_back.weights + read_back.biases, final.weights + final.biases, strict=True
    ):
        np.testing.assert_array_equal(got, expected)
    assert len(bench.predictions) == count
    if gaps is None:
        assert bench.model.sequencer.clocks == schedule.clocks(count)
    return bench
