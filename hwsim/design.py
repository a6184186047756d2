"""The design: one frozen object, read from one file, that every block is built from.

A design file is TOML (the user's) or JSON (ours, for handing a design to another process). The
sections below are its schema; ``Design`` holds them together and derives everything else.
Terms and formulas: arXiv:1806.01087 section III and arXiv:1812.01164 section III.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from math import gcd
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, model_validator

from hwsim.fixed_point import FixedPoint
from hwsim.registers import Registers, RegistersOrProduct
from hwsim.section import Count, Natural, Section

FORMAT = 1

ActivationName = Literal["sigmoid", "relu"]


class Network(Section):
    """``[network]``: what is computed."""

    layers: Annotated[tuple[Count, ...], Field(min_length=2)]
    out_degrees: Annotated[tuple[Count, ...], Field(min_length=1)]
    activations: ActivationName | tuple[ActivationName, ...] = "sigmoid"
    cost: Literal["cross-entropy", "quadratic"] = "cross-entropy"


class Hardware(Section):
    """``[hardware]``: what computes it, and when: see ``hwsim.schedule`` for the schemes."""

    z: Annotated[tuple[Count, ...], Field(min_length=1)]
    scheme: Literal["prototype", "zero-bubble"] = "prototype"
    registers: RegistersOrProduct = 0
    forwarding: StrictBool = True
    carry: StrictBool | None = None

    @property
    def stages(self) -> Registers:
        """The registers of each stage, however the file writes them."""
        given = self.registers
        return Registers(product=given) if isinstance(given, int) else given


class Number(Section):
    """``[number]``: how values are written down and rounded."""

    int_bits: Annotated[StrictInt, Field(ge=1)] = 3
    frac_bits: Annotated[StrictInt, Field(ge=3)] = 8
    profile: Literal["prototype", "default"] = "default"


class Pattern(Section):
    """``[pattern]``: which edges exist and in which order they are processed."""

    type: Annotated[StrictInt, Field(ge=1, le=3)] | None = None
    file: str | None = None
    dither: StrictBool = False
    seed: Natural = 1
    phi: Natural | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Pattern:
        """A pattern has one source; the type is 2 where nothing is said."""
        if self.file is None and self.type is None:
            object.__setattr__(self, "type", 2)
        return self


class Training(Section):
    """``[training]``: initial state and learning rate (eta = 2^-shift)."""

    seed: Natural = 1
    initial: str | None = None
    eta_shift: Natural | tuple[tuple[Natural, Natural], ...] = 3


@dataclass(frozen=True)
class JunctionShape:
    """The dimensions of one junction (names: docs/architecture.md).

    ``right_banks`` is the number of right neurons one clock can touch, ``fold`` the number of
    physical banks (a power of two) that share the load of one left bank where the junction before
    touches more neurons per clock than this junction has lanes.
    """

    index: int
    n_left: int
    n_right: int
    d_out: int
    z: int
    fold: int = 1

    @property
    def n_edges(self) -> int:
        return self.n_left * self.d_out

    @property
    def d_in(self) -> int:
        return self.n_edges // self.n_right

    @property
    def density(self) -> float:
        return self.n_edges / (self.n_left * self.n_right)

    @property
    def depth(self) -> int:
        """Words in each of the z left banks; clocks of a sweep."""
        return self.n_left // self.z

    @property
    def junction_cycle(self) -> int:
        return self.n_edges // self.z

    @property
    def right_banks(self) -> int:
        """Most right neurons touched in one clock: floor((z-2)/d_in)+2 or less if z, d_in share."""
        return (self.z - gcd(self.z, self.d_in) - 1) // self.d_in + 2

    @property
    def right_depth(self) -> int:
        return -(-self.n_right // self.right_banks)

    @property
    def left_banks(self) -> int:
        return self.z * self.fold

    @property
    def left_depth(self) -> int:
        """Words in each physical left bank (``depth`` unless folded)."""
        return -(-self.n_left // self.left_banks)


@dataclass(frozen=True)
class Design:
    """A whole design, valid by construction: ``load_design`` and ``make_design`` check every rule.

    ``directory`` is where relative paths of the file start; it is not part of what is compared.
    """

    network: Network
    hardware: Hardware
    number: Number = Number()
    pattern: Pattern | tuple[Pattern, ...] = Pattern()
    training: Training = Training()
    format: int = FORMAT
    directory: Path = field(default=Path(), compare=False)

    @cached_property
    def shapes(self) -> tuple[JunctionShape, ...]:
        """The junctions from left to right, junction 1 first."""
        shapes: list[JunctionShape] = []
        layers = self.network.layers
        for i, (d_out, z) in enumerate(zip(self.network.out_degrees, self.hardware.z, strict=True)):
            touched = shapes[-1].right_banks if shapes else 1
            fold = 1 << (-(-touched // z) - 1).bit_length()
            shapes.append(JunctionShape(i + 1, layers[i], layers[i + 1], d_out, z, fold))
        return tuple(shapes)

    @property
    def n_junctions(self) -> int:
        return len(self.network.layers) - 1

    @property
    def activations(self) -> tuple[ActivationName, ...]:
        """One activation per junction."""
        named = self.network.activations
        return (named,) * self.n_junctions if isinstance(named, str) else named

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """One pattern section per junction."""
        is_one = isinstance(self.pattern, Pattern)
        return (self.pattern,) * self.n_junctions if is_one else self.pattern

    @property
    def registers(self) -> Registers:
        """Pipeline registers of the data path, stage by stage."""
        return self.hardware.stages

    @cached_property
    def fixed_point(self) -> FixedPoint:
        return FixedPoint(self.number.int_bits, self.number.frac_bits)

    @property
    def input_bits(self) -> int:
        """Width of an input pixel as stored: always 8, unsigned."""
        return 8

    @property
    def pixels_per_beat(self) -> int:
        """Pixels the input stream carries per clock so that loading fits a junction cycle."""
        return -(-self.network.layers[0] // max(s.junction_cycle for s in self.shapes))

    @property
    def density(self) -> float:
        """rho_net: edges over edges of the fully connected network."""
        full = sum(s.n_left * s.n_right for s in self.shapes)
        return sum(s.n_edges for s in self.shapes) / full

    @property
    def fingerprint(self) -> str:
        """What gives a state its meaning: shape, connections, functions, number format."""
        sections = self.sections()
        network, hardware = sections["network"], sections["hardware"]
        number = {key: sections["number"][key] for key in ("int_bits", "frac_bits")}
        files = [
            hashlib.sha256((self.directory / p.file).read_bytes()).hexdigest() if p.file else None
            for p in self.patterns
        ]
        activations = list(self.activations)
        kept = [network["layers"], network["out_degrees"], activations, hardware["z"], number]
        patterns = [p.model_dump(mode="json", exclude={"file"}) for p in self.patterns]
        content = json.dumps([*kept, patterns, files], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def eta_shift_at(self, inputs_seen: int) -> int:
        """k of eta = 2^-k for the input that comes after ``inputs_seen`` others."""
        schedule = self.training.eta_shift
        if isinstance(schedule, int):
            return schedule
        return [shift for start, shift in schedule if start <= inputs_seen][-1]

    def sections(self) -> dict[str, object]:
        """The design as plain JSON types, every default spelled out."""
        one = isinstance(self.pattern, Pattern)
        pattern = self.pattern if one else list(self.pattern)
        return {
            "format": self.format,
            "network": self.network.model_dump(mode="json"),
            "hardware": self.hardware.model_dump(mode="json", exclude_none=True),
            "number": self.number.model_dump(mode="json"),
            "pattern": pattern.model_dump(mode="json", exclude_none=True)
            if one
            else [p.model_dump(mode="json", exclude_none=True) for p in pattern],
            "training": self.training.model_dump(mode="json", exclude_none=True),
        }
