"""The arrays of a whole design, and where each junction's parts of them begin."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwsim.backprop import sum_width
from hwsim.design import Design
from hwsim.fast.activation import NEVER
from hwsim.fast.arrange import lay_out
from hwsim.fast.curves import make_curve
from hwsim.fast.layout import Layout, detached, in_slots, places_by_bank, whole_vectors
from hwsim.fast.lines import PIECES, find_lines
from hwsim.fast.llvm import LANES
from hwsim.fast.look_ups import table_lanes
from hwsim.fast.records import JUNCTION, NUMBER, TABLES, WORDS, Memory, Scratch, Tables
from hwsim.inference import winning_order
from hwsim.interleaver import Index
from hwsim.schedule import JunctionSchedule, Schedule

ALIGNMENT = 64
"""Bytes: a vector that crosses a cache line costs twice."""

MOST_TERMS = 16
"""Products summed in a word, however many fit: their weights stay in the first cache."""


def aligned(size: int, dtype: np.dtype | type) -> NDArray:
    """Zeros that begin at a cache line, with room for a vector at the end."""
    size_bytes = (size + LANES) * np.dtype(dtype).itemsize
    raw = np.zeros(size_bytes + ALIGNMENT, dtype=np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size_bytes].view(dtype)


def padded(places: Index) -> Index:
    """Places in whole vectors: behind the last ones, that of the first element."""
    return np.pad(places, (0, -len(places) % LANES))


def checked_pixels(pixels: NDArray, n_left: int) -> NDArray[np.uint8]:
    """Pixels as the kernels want them: (inputs, n_left), contiguous, and writeable.

    Kernels write none, but for arrays that are not writeable numba would compile once more.

    Raises:
        ValueError: if they have another shape.
    """
    if np.ndim(pixels) != 2 or np.shape(pixels)[1] != n_left:
        raise ValueError(f"pixels must have shape (inputs, {n_left}), not {np.shape(pixels)}")
    return np.require(pixels, np.uint8, ["C", "W"])


def storage_bits(design: Design, schedule: Schedule) -> int:
    """Width of the words that hold numbers: 16 where all sums then fit into 32."""
    number, per_edge = design.fixed_point, _per_edge(design)
    degrees = [detached(part).interleaver.degree.max() for part in schedule.junctions]
    deltas = sum_width(number, int(max(degrees)), per_edge=per_edge)
    products = number.width + max(shape.d_in for shape in design.shapes).bit_length()
    return 16 if number.width <= 16 and max(deltas, products) <= 32 else 32


def _per_edge(design: Design) -> bool:
    return design.number.profile == "prototype"


def _ascends(place: Index) -> bool:
    """Whether neurons lie one after the other, from the first place on."""
    return np.array_equal(place, np.arange(len(place)))


def touches_of(part: JunctionSchedule) -> Index:
    """(n_right,) clocks of a block in which each right neuron has an edge."""
    edge_clock = detached(part).edge_clock
    clocks = np.sort(edge_clock.reshape(part.shape.n_right, part.shape.d_in), axis=1)
    return 1 + np.count_nonzero(np.diff(clocks, axis=1), axis=1)


class MemoryMap:
    """Everything the kernels work on.

    Args:
        design: the design.
        schedule: its schedule.
    """

    def __init__(self, design: Design, schedule: Schedule) -> None:
        self.design = design
        self.schedule = schedule
        self.bits = storage_bits(design, schedule)
        self.numbers = np.zeros(1, dtype=NUMBER)
        self._fill_numbers()
        self.layouts = lay_out(schedule.junctions, self.bits, int(self.numbers["terms"][0]))
        self.junctions = np.zeros(design.n_junctions, dtype=JUNCTION)
        self._fill_shapes()
        self._fill_shifts()
        self.tables = self._tables()
        self.memory = self._memory()
        self._fill_rights()
        self.scratch = self._scratch()
        # The kernels' arrays hold all tables now.
        self.layouts = tuple(replace(layout, tables={}) for layout in self.layouts)

    def _fill_numbers(self) -> None:
        number, design = self.design.fixed_point, self.design
        sum_bits = number.width if _per_edge(design) else 2 * self.bits
        frac_bits = number.frac_bits
        values = {
            "frac_bits": frac_bits,
            "low": number.minimum,
            "high": number.maximum,
            "fills_word": number.width == self.bits,
            "one": number.one,
            "fraction_shift": self.bits - 1 - frac_bits,
            "terms": min(MOST_TERMS, 1 << (self.bits - number.width)),
            "sum_low": -(1 << (sum_bits - 1)),
            "sum_high": (1 << (sum_bits - 1)) - 1,
            "pixel_down": max(0, 8 - frac_bits),
            "pixel_up": self.bits - 1 - min(8, frac_bits),
            "quadratic": design.network.cost == "quadratic",
            # Whether the product of a' and a sum fits into 32 bits, if the sum is not beyond those
            # that give deltas within the limits.
            "are_deltas_short": number.width + 2 * frac_bits <= 31,
            "furthest": 1 << (number.width + frac_bits),
        }
        for name, value in values.items():
            self.numbers[name] = value

    def _fill_shapes(self) -> None:
        last = self.design.n_junctions
        for record, part, layout in zip(
            self.junctions, self.schedule.junctions, self.layouts, strict=True
        ):
            shape = part.shape
            for name in ("index", "n_left", "n_right", "d_in", "z", "depth", "junction_cycle"):
                record[name] = getattr(shape, name)
            for name in ("kind", "is_by_left", "is_chained", "left_size", "delta_size"):
                record[name] = getattr(layout, name)
            for name, size in layout.sizes.items():
                record[name] = size
            record["is_placed"] = not _ascends(layout.place)
            record["is_by_bank"] = np.array_equal(layout.place, places_by_bank(shape))
            record["is_first"], record["is_last"] = shape.index == 1, shape.index == last
            record["copies"] = part.copies["activation"]
            record["slope_copies"] = part.copies["derivative"]
            record["output_copies"] = part.copies["output_delta"]
            record["lag"] = part.pace.lag
            record["output_stride"] = whole_vectors(shape.n_right)

    def _fill_shifts(self) -> None:
        """How far the factors of BP's second product can be shifted within a word."""
        width, frac_bits = self.design.fixed_point.width, self.design.fixed_point.frac_bits
        for record, before in zip(self.junctions[1:], self.design.activations, strict=False):
            # Bits of delta times a', which is below 1/4 for sigmoid, below 1 for ReLU. Without a'
            # the product of two most negative numbers must not fill the word.
            is_sigmoid = before == "sigmoid"
            share_bits = width - 2 * is_sigmoid if _per_edge(self.design) else width + 1
            needed = self.bits - 1 - frac_bits
            weight_shift = min(self.bits - width, needed)
            record["weight_shift"], record["share_shift"] = weight_shift, needed - weight_shift
            record["is_short"] = needed - weight_shift <= self.bits - share_bits

    def _fill_rights(self) -> None:
        """Let each junction know where the one to its right has its left memories."""
        for here, right in pairwise(self.junctions):
            places = ("activation", "slope", "delta", "delta_size")
            for name in (*places, "copies", "slope_copies", "lag"):
                here[f"right_{name}"] = right[name]
            here["right_size"] = right["left_size"]
            first = here["right_place"]
            place = self.tables.right_place[first : first + here["n_right"]]
            here["right_in_order"] = _ascends(place)
            first = here["right_delta_place"]
            place = self.tables.right_delta_place[first : first + here["n_right"]]
            here["right_deltas_in_order"] = _ascends(place)

    def set_weights(self, index: int, weight: NDArray) -> None:
        """Set the weights of a junction, counted from 0; (n_edges,) in edge order."""
        slots, at = self.layouts[index].slots, self.junctions[index]["weight"]
        self.memory.weight[at : at + slots.size] = in_slots(slots, weight)

    def weights(self, index: int) -> NDArray[np.int64]:
        """(n_edges,) the weights of a junction, counted from 0, in edge order."""
        slots, at = self.layouts[index].slots, self.junctions[index]["weight"]
        return self.memory.weight[at : at + slots.size][slots.of_edge].astype(np.int64)

    def _joined(self, name: str, parts: list[ArrayLike], dtype: type) -> NDArray:
        """All parts in one array; each junction's record says where its part begins."""
        offsets = np.cumsum([0, *(np.size(part) for part in parts)])
        if name in JUNCTION.names:
            self.junctions[name] = offsets[:-1]
        array = aligned(int(offsets[-1]), dtype)
        array[: offsets[-1]] = np.concatenate([np.ravel(part) for part in parts])
        return array

    def _tables(self) -> Tables:
        dtypes = dict.fromkeys(("word", "product_word", "order"), np.int16)
        joined = {
            name: self._joined(
                name, [layout.table(name) for layout in self.layouts], dtypes.get(name, np.int32)
            )
            for name in TABLES.split()
        }
        orders = [layout.right_order for layout in self.layouts]
        rights = list(zip(self.layouts[1:], orders, strict=False))
        places = [padded(layout.place[order]) for layout, order in rights]
        delta_places = [padded(layout.delta_place[order]) for layout, order in rights]
        touches = [
            touches_of(part)[order]
            for part, order in zip(self.schedule.junctions, orders, strict=True)
        ]
        winning = winning_order(detached(self.schedule.junctions[-1]))
        by_priority = np.argsort(orders[-1])[winning[::-1]]
        priority = np.full(whole_vectors(len(winning)), NEVER)
        priority[by_priority] = np.arange(len(winning))
        return Tables(
            **joined,
            place=self._joined("place", [layout.place for layout in self.layouts], np.int32),
            right_place=self._joined("right_place", [*places, []], np.int32),
            right_delta_place=self._joined("right_delta_place", [*delta_places, []], np.int32),
            touches=self._joined("touches", touches, np.int32),
            priority=self._joined("priority", [priority], np.int64),
            by_priority=self._joined("by_priority", [by_priority], np.int32),
            **self._activations(),
        )

    def _activations(self) -> dict[str, NDArray]:
        """What sigmoids are worked out of, else loaded from; and how, in the records.

        Lines where one look-up reaches over all of them; else curves, a' in the upper half.
        """
        number, (word, wide) = self.design.fixed_point, WORDS[self.bits]
        shift = int(self.numbers["fraction_shift"][0])
        all_lines, curves = [], []
        for record, name in zip(self.junctions, self.design.activations, strict=True):
            lines = find_lines(name, number) if table_lanes(self.bits) >= PIECES else None
            record["is_relu"], record["has_lines"] = name == "relu", lines is not None
            all_lines.append([] if lines is None else [lines.a, lines.slope])
            if lines is not None:
                record["step_shift"], record["line_last"] = lines.step_shift, lines.last
                record["line_bits"], record["line_offset"] = lines.length_bits, lines.offset
                record["is_corrected"] = lines.is_corrected
            if lines is not None or name == "relu":
                curves.append([])
                continue
            curve = make_curve(name, number)
            curves.append((curve.slope << self.bits | curve.activation) << shift)
            for field in ("limit", "step_shift", "last_address"):
                record[field] = getattr(curve, field)
        return {
            "lines": self._joined("lines", all_lines, word),
            "curve": self._joined("curve", curves, wide),
        }

    def _memory(self) -> Memory:
        word, wide = WORDS[self.bits]
        delta = word if _per_edge(self.design) else wide
        parts = list(zip(self.schedule.junctions, self.layouts, strict=True))

        def zeros(name: str, sizes: list[int], dtype: type) -> NDArray:
            return self._joined(name, [np.zeros(size, dtype) for size in sizes], dtype)

        # Vectors of copies and of rows begin at cache lines where their sizes allow it.
        return Memory(
            weight=zeros("weight", [layout.slots.size for layout in self.layouts], word),
            bias=zeros("bias", [whole_vectors(part.shape.n_right) for part, _ in parts], word),
            activation=zeros(
                "activation", [at.left_size * part.copies["activation"] for part, at in parts], word
            ),
            slope=zeros(
                "slope", [at.left_size * part.copies["derivative"] for part, at in parts], word
            ),
            delta=zeros("delta", [2 * layout.delta_size for layout in self.layouts], delta),
            output_delta=aligned(2 * int(self.junctions["output_stride"][-1]), word),
        )

    def _scratch(self) -> Scratch:
        word, wide = WORDS[self.bits]
        is_short = all(self.junctions["is_short"][1:])
        dtypes = {
            **dict.fromkeys(("delta", "products", "right_delta"), word),
            "sums": wide,
            **dict.fromkeys(("fraction", "slope"), word),
            **dict.fromkeys(("address", "a"), np.int32),
            **dict.fromkeys(
                ("contribution", "by_clock"), word if is_short or _per_edge(self.design) else wide
            ),
            "partial": np.int64,
        }
        # Vectors of few sums are written whole.
        sums = [whole_vectors(n_right) + LANES for n_right in self.junctions["n_right"]]
        h = self._joined("h", [np.zeros(size, wide) for size in sums], wide)
        sizes = dict.fromkeys(dtypes, 0)
        for record, layout in zip(self.junctions, self.layouts, strict=True):
            for name, size in self._scratch_sizes(record, layout).items():
                sizes[name] = max(sizes[name], int(size))
        return Scratch(h=h, **{name: aligned(sizes[name], dtypes[name]) for name in sizes})

    def _scratch_sizes(self, record: np.void, layout: Layout) -> dict[str, int]:
        """What one junction needs."""
        slots, n_right, stride = layout.slots.size, record["n_right"], record["stride"]
        sizes = dict.fromkeys(("right_delta", "address", "slope", "a"), n_right)
        sizes["fraction"] = 2 * LANES
        # The last neuron is where the last table begins at most.
        sizes |= {"sums": stride, "delta": stride + table_lanes(self.bits)}
        if layout.is_by_left:
            sizes["products"] = record["no_product"] + table_lanes(self.bits) + LANES
        if record["is_first"]:
            return sizes
        if layout.is_chained:
            sizes |= {"contribution": slots, "partial": n_right * record["d_in"]}
        elif not layout.is_by_left:
            by_clock = record["junction_cycle"] * LANES
            sizes |= {"contribution": slots, "by_clock": by_clock}
        return sizes
