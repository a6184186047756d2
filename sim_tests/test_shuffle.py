"""The order of an epoch: a permutation that mixes well, and the same in model and hardware."""

from __future__ import annotations

import numpy as np
import pytest
from amaranth.sim import Simulator
from scipy.stats import chi2
from small_nets import random_data, small_net

from hwsim.schedule import make_schedule
from hwsim.shuffle import ROUNDS, Shuffle
from hwsim.state import State
from hwsim.training import Trainer
from rtl_gen import shuffle as hardware

SIZES = (1, 2, 3, 5, 8, 13, 64, 100, 257, 1437)


def orders(size: int, count: int) -> np.ndarray:
    """(count, size) one order per row, of 40 epochs for each seed."""
    return np.array([Shuffle.of(size, seed=i // 40, epoch=i % 40).order() for i in range(count)])


@pytest.mark.parametrize("size", SIZES)
def test_every_index_once(size):
    assert (np.sort(orders(size, 50), axis=1) == np.arange(size)).all()


@pytest.mark.parametrize("size", [13, 64, 100, 257, 1437])
def test_where_a_position_and_its_neighbour_point_is_near_uniform(size):
    """Chi-squared over seeds and epochs, at the level that one test of a thousand misses."""
    drawn, bins = orders(size, 3000), min(size, 16)
    positions = np.unique(np.linspace(0, size - 2, 30).astype(int))
    steps = (drawn[:, positions + 1] - drawn[:, positions]) % size - 1
    for values, width in ((drawn[:, positions], size), (steps, size - 1)):
        share = np.bincount(np.arange(width) * bins // width, minlength=bins) / width
        for column in (values * bins // width).T:
            expected = share[share > 0] * len(column)
            found = np.bincount(column, minlength=bins)[share > 0]
            distance = ((found - expected) ** 2 / expected).sum()
            assert chi2.sf(distance, len(expected) - 1) > 1e-3 / len(positions) / 10


def test_orders_of_seeds_and_epochs_have_nothing_in_common():
    drawn = orders(64, 200)
    same = (drawn[:, None] == drawn[None]).sum(axis=2)[~np.eye(200, dtype=bool)]
    assert abs(same.mean() - 1) < 0.05 and same.max() < 12


def test_the_order_does_not_change_between_versions():
    assert Shuffle.of(11, seed=1, epoch=2).order().tolist() == [6, 8, 5, 7, 9, 2, 1, 4, 3, 10, 0]


@pytest.mark.parametrize(("size", "bits"), [(1, 1), (5, 3), (13, 4), (13, 7), (100, 7)])
def test_rtl_equals_model(size, bits):
    """Also where the hardware has bits for more than there are."""
    dut = hardware.Shuffle(bits=bits)
    plans = [Shuffle.of(size, seed=3, epoch=epoch) for epoch in range(3)]
    found: list[list[int]] = []

    async def bench(ctx) -> None:
        for plan in [*plans, None]:
            keys = [key & ((1 << bits) - 1) for key in (plan or plans[0]).keys]
            ctx.set(dut.size, size)
            ctx.set(dut.mask, plans[0].mask)
            ctx.set(dut.keys, keys)
            ctx.set(dut.bypass, plan is None)
            found.append([await index_of(ctx, position) for position in range(size)])

    async def index_of(ctx, position: int) -> int:
        ctx.set(dut.positions.payload, position)
        ctx.set(dut.positions.valid, 1)
        ctx.set(dut.indices.ready, 1)
        await ctx.tick().until(dut.positions.ready)
        ctx.set(dut.positions.valid, 0)
        for _ in range(1000):  # hardware that never gets there shall fail, not hang
            _, _, valid, index = await ctx.tick().sample(dut.indices.valid, dut.indices.payload)
            if valid:
                return index
        raise AssertionError(f"position {position}: no index")

    simulator = Simulator(dut)
    simulator.add_clock(1e-8)
    simulator.add_testbench(bench)
    simulator.run()
    assert found == [*(plan.order().tolist() for plan in plans), list(range(size))]


def test_a_pass_is_a_permutation_whatever_the_keys():
    rng = np.random.default_rng(1)
    for size in (2, 16, 256):
        keys = tuple(int(k) for k in rng.integers(1 << 32, size=len(ROUNDS)))
        assert sorted(Shuffle(size, keys).order()) == list(range(size))


@pytest.mark.parametrize("engine", ["fast", "clock"])
def test_training_takes_this_order(engine):
    design = small_net("powers of two", eta_shift=((0, 1), (9, 2)))
    data = random_data(design, 23)
    options = {"seed": 7, "shuffler": "board", "limit": 19, "engine": engine}
    straight = Trainer(design, make_schedule(design), data, **options)
    taken = [straight.epoch().order.tolist() for _ in range(2)]
    assert taken == [Shuffle.of(19, seed=7, epoch=e).order().tolist() for e in range(2)]
    state = State.initial(design)
    state.epochs_seen = 1
    resumed = Trainer(design, make_schedule(design), data, state=state, **options)
    assert resumed.epoch().order.tolist() == taken[1]
