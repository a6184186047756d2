"""How the junctions of a design lie, and in what order the neurons of its layers.

Where look-ups find what depends on the order of both layers. In a layer it can be the neurons' own;
bank after bank, as the junction to the right reads them; or lane after lane, as the one to the left
finishes them. Both junctions want it; of all ways through the network the cheapest is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

import numpy as np

from hwsim.fast.layout import Layout, detached, places_by_bank
from hwsim.fast.layout_by_bundle import ByBundle
from hwsim.fast.layout_by_left import ByLeft, places_by_degree, rights_by_lane
from hwsim.fast.layout_by_right import Segments, by_right, is_cheap
from hwsim.fast.llvm import LANES
from hwsim.fast.orders import Orders
from hwsim.fast.pixels import BANKS
from hwsim.interleaver import Index
from hwsim.schedule import JunctionSchedule

SCATTER_COST = 1
"""About how many of a processor's clocks it takes to write a neuron out of order."""

BY_BANK_COST = 2
"""And 32 pixels bank after bank, more than in their own order."""


@dataclass(frozen=True, eq=False)
class Order:
    """One way to have a layer.

    Attributes:
        place: where each neuron lies for the junction to the right; that of outputs does not count.
        made: neurons in the order in which the junction to the left makes them.
        cost: clocks that this takes by itself.
    """

    place: Index
    made: Index
    cost: float = 0


def lay_out(junctions: Sequence[JunctionSchedule], bits: int) -> tuple[Layout, ...]:
    """What costs least, with words of 16 or 32 bits."""
    parts = [detached(part) for part in junctions]
    layers = [_ways(*beside) for beside in zip([None, *parts], [*parts, None], strict=True)]
    ways = _cheapest(parts, bits, layers)
    return tuple(
        by_right(part) if is_cheap(part) else _looked_up(part, bits, left, right).layout
        for part, (left, right) in zip(parts, pairwise(ways), strict=True)
    )


def _cheapest(
    parts: list[JunctionSchedule], bits: int, layers: list[list[Order]]
) -> tuple[Order, ...]:
    """One way of each layer, all together cheapest."""
    found = [(way.cost, (way,)) for way in layers[0]]
    for part, rights in zip(parts, layers[1:], strict=True):
        is_open = len(found) * len(rights) > 1

        def extended(
            way: tuple[float, tuple[Order, ...]], right: Order,
            part: JunctionSchedule = part, is_open: bool = is_open,
        ) -> tuple[float, tuple[Order, ...]]:  # fmt: skip
            cost, ways = way
            more = _cost(part, bits, ways[-1], right) if is_open else 0
            return cost + right.cost + more, (*ways, right)

        found = [
            min((extended(way, right) for way in found), key=itemgetter(0)) for right in rights
        ]
    return min(found, key=itemgetter(0))[1]


def _cost(part: JunctionSchedule, bits: int, left: Order, right: Order) -> float:
    return 0 if is_cheap(part) else _looked_up(part, bits, left, right).cost


def _looked_up(part: JunctionSchedule, bits: int, left: Order, right: Order) -> ByLeft | ByBundle:
    """What costs less of that for any pattern."""
    orders = Orders(left.place, right.made)
    by_left, by_bundle = ByLeft(part, bits, orders), ByBundle(part, bits, orders)
    return by_bundle if by_bundle.is_possible and by_bundle.cost < by_left.cost else by_left


def _ways(before: JunctionSchedule | None, after: JunctionSchedule | None) -> list[Order]:
    """What is worth a try for the layer between two junctions; at its ends, there is but one."""
    if after is None:
        return [Order(np.argsort(made), made) for made in _makings(before)]
    places = _places(after)
    if before is None:
        cost = BY_BANK_COST * after.shape.n_left / LANES
        return [Order(place, np.argsort(place), cost * (k > 0)) for k, place in enumerate(places)]
    made = _makings(before)
    if _is_free(after):
        # As they are made.
        places = _different([*places, *(np.argsort(order) for order in made)])
    if not is_cheap(before):
        in_order = [Order(place, np.argsort(place)) for place in places]
        if not is_cheap(after):
            return in_order
        return in_order + [_scattered(places[0], order) for order in made]
    return [_scattered(place, made[0]) for place in places]


def _scattered(place: Index, made: Index) -> Order:
    is_in_order = np.array_equal(place[made], np.arange(len(made)))
    return Order(place, made, 0 if is_in_order else SCATTER_COST * len(made))


def _is_free(part: JunctionSchedule) -> bool:
    """Whether left neurons may lie in any order."""
    degree = part.interleaver.degree
    return not is_cheap(part) and bool((degree == degree[0]).all())


def _places(part: JunctionSchedule) -> list[Index]:
    """Places of left neurons, in their own order first."""
    if is_cheap(part):
        return [places_by_bank(part.shape)]
    own = places_by_degree(part.interleaver)
    if not _is_free(part) or part.shape.z < BANKS:
        return [own]
    return _different([own, places_by_bank(part.shape)])


def _makings(part: JunctionSchedule) -> list[Index]:
    """Right neurons in orders in which they can be made."""
    if is_cheap(part):
        return [Segments.of(part.shape).right_order]
    return _different([np.arange(part.shape.n_right), rights_by_lane(part)])


def _different(orders: list[Index]) -> list[Index]:
    found: list[Index] = []
    for order in orders:
        if not any(np.array_equal(order, other) for other in found):
            found.append(order)
    return found
