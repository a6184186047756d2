"""Natural order: hardware and model agree, and the model with counting edges one by one."""

from __future__ import annotations

from block_points import SHAPES
from hypothesis import example, given
from small_designs import junction_sizes

from hwsim.design import JunctionShape
from hwsim.natural_order import NaturalOrder


def test_rtl_equals_model(run_bench):
    run_bench("bench_natural_order")


def neurons_by_clock(shape: JunctionShape) -> list[list[int]]:
    """The right neuron of every lane, clock by clock."""
    right = [edge // shape.d_in for edge in range(shape.n_edges)]
    return [right[edge : edge + shape.z] for edge in range(0, shape.n_edges, shape.z)]


@given(junction_sizes())
@example((12, 6, 3, 4))
@example((35, 35, 3, 5))
def test_order_equals_counting_edges(sizes):
    n_left, n_right, d_out, z = sizes
    shape = JunctionShape(1, n_left=n_left, n_right=n_right, d_out=d_out, z=z)
    order, clocks = NaturalOrder(shape), neurons_by_clock(shape)
    carried = [neuron for lanes in clocks for neuron in lanes]
    for clock, lanes in enumerate(clocks):
        assert order.first[clock] == lanes[0]
        assert order.phase[clock] == carried[: clock * z].count(lanes[0])
        later = carried[(clock + 1) * z :]
        assert order.finishing[clock] == len(set(lanes) - set(later))
    for lane in range(z):
        beyond = {lanes[lane] - lanes[0] for lanes in clocks}
        assert order.offsets(lane) == tuple(sorted(beyond))


@given(junction_sizes())
def test_right_banks_is_the_most_one_clock_touches(sizes):
    n_left, n_right, d_out, z = sizes
    shape = JunctionShape(1, n_left=n_left, n_right=n_right, d_out=d_out, z=z)
    clocks = neurons_by_clock(shape)
    assert max(len(set(lanes)) for lanes in clocks) == shape.right_banks
    firsts = {lanes[0] % shape.right_banks for lanes in clocks}
    assert set(NaturalOrder(shape).bases(shape.right_banks)) == firsts


def test_shapes_cover_what_they_must():
    neither = [s for s in SHAPES.values() if s.z % s.d_in and s.d_in % s.z]
    assert len(neither) > 2
    assert any(shape.depth & (shape.depth - 1) for shape in SHAPES.values())
    assert any(shape.d_in > 2 * shape.z for shape in SHAPES.values())
    assert {1, SHAPES["z_is_n_left"].n_left} <= {shape.z for shape in SHAPES.values()}
