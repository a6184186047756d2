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

BY_BANK_COST = 10
"""And 32 pixels bank after bank, more than in their own order."""


@dataclass(frozen=True, eq=False)
class Way:
    """One way to have a layer.

    Attributes:
        place: where each neuron lies for the junction to the right; that of outputs does not count.
        made: neurons in the order in which the junction to the left makes them.
        cost: clocks that this takes by itself.
    """

    place: Index
    made: Index
    cost: float = 0


@dataclass(frozen=True, eq=False)
class Plan:
    """What can be done with a junction.

    Attributes:
        part: the junction.
        bits: of a word.
        is_by_right: whether it lies by right neuron: then there is nothing to choose.
    """

    part: JunctionSchedule
    bits: int
    is_by_right: bool

    def cost(self, left: Way, right: Way) -> float:
        """Clocks, if the layers beside it are in these orders."""
        return 0 if self.is_by_right else self._looked_up(left, right).cost

    def layout(self, left: Way, right: Way) -> Layout:
        """As the engine has it."""
        return by_right(self.part) if self.is_by_right else self._looked_up(left, right).layout

    def _looked_up(self, left: Way, right: Way) -> ByLeft | ByBundle:
        """What costs less of that for any pattern."""
        orders = Orders(left.place, right.made)
        by_left = ByLeft(self.part, self.bits, orders)
        by_bundle = ByBundle(self.part, self.bits, orders)
        return by_bundle if by_bundle.is_possible and by_bundle.cost < by_left.cost else by_left

    @property
    def is_free(self) -> bool:
        """Whether left neurons may lie in any order."""
        degree = self.part.interleaver.degree
        return not self.is_by_right and bool((degree == degree[0]).all())

    @property
    def places(self) -> list[Index]:
        """Places of left neurons, in their own order first."""
        by_bank = places_by_bank(self.part.shape)
        if self.is_by_right:
            return [by_bank]
        own = places_by_degree(self.part.interleaver)
        is_easy = self.is_free and self.part.shape.z >= BANKS
        return _different([own, by_bank]) if is_easy else [own]

    @property
    def makings(self) -> list[Index]:
        """Right neurons in orders in which they can be made."""
        if self.is_by_right:
            return [Segments.of(self.part.shape).right_order]
        return _different([np.arange(self.part.shape.n_right), rights_by_lane(self.part)])


def lay_out(junctions: Sequence[JunctionSchedule], bits: int, terms: int) -> tuple[Layout, ...]:
    """What costs least, with words of 16 or 32 bits, each of which holds a sum of ``terms``."""
    parts = [detached(part) for part in junctions]
    plans = [Plan(part, bits, is_cheap(part, terms)) for part in parts]
    layers = [_ways(*beside) for beside in zip([None, *plans], [*plans, None], strict=True)]
    ways = _cheapest(plans, layers)
    return tuple(plan.layout(*beside) for plan, beside in zip(plans, pairwise(ways), strict=True))


def _cheapest(plans: list[Plan], layers: list[list[Way]]) -> tuple[Way, ...]:
    """One way of each layer, all together cheapest."""
    found = [(way.cost, (way,)) for way in layers[0]]
    for plan, rights in zip(plans, layers[1:], strict=True):
        is_open = len(found) * len(rights) > 1
        found = [_extended(found, plan if is_open else None, right) for right in rights]
    return min(found, key=itemgetter(0))[1]


def _extended(
    found: list[tuple[float, tuple[Way, ...]]], plan: Plan | None, right: Way
) -> tuple[float, tuple[Way, ...]]:
    """What is cheapest up to ``right``; without a plan, costs do not matter."""
    more = [
        (cost + (plan.cost(ways[-1], right) if plan else 0) + right.cost, (*ways, right))
        for cost, ways in found
    ]
    return min(more, key=itemgetter(0))


def _ways(before: Plan | None, after: Plan | None) -> list[Way]:
    """What is worth a try for the layer between two junctions; at its ends, there is but one."""
    if after is None:
        return [Way(np.argsort(made), made) for made in before.makings]
    places = after.places
    if before is None:
        cost = BY_BANK_COST * after.part.shape.n_left / LANES
        return [Way(place, np.argsort(place), cost * (k > 0)) for k, place in enumerate(places)]
    made = before.makings
    if after.is_free:
        # As they are made.
        places = _different([*places, *(np.argsort(order) for order in made)])
    if before.is_by_right:
        return [_scattered(place, made[0]) for place in places]
    in_order = [Way(place, np.argsort(place)) for place in places]
    scattered = [_scattered(places[0], order) for order in made]
    return in_order + scattered if after.is_by_right else in_order


def _scattered(place: Index, made: Index) -> Way:
    is_in_order = np.array_equal(place[made], np.arange(len(made)))
    return Way(place, made, 0 if is_in_order else SCATTER_COST * len(made))


def _different(orders: list[Index]) -> list[Index]:
    found: list[Index] = []
    for order in orders:
        if not any(np.array_equal(order, other) for other in found):
            found.append(order)
    return found
