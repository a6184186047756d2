"""Rows and columns of vectors changing places."""

from __future__ import annotations

from typing import Any

from numba.extending import intrinsic

from hwsim.fast.compiled import inlined
from hwsim.fast.llvm import OCTET, Builder, Vector, picked
from hwsim.fast.vectors import lanewise


def _interleaved(half: int, size: int | None = None) -> Builder:
    """Elements of both operands by turns: those of the first halves, or of the second.

    In each ``size`` elements of the vectors by itself; None: in the whole.
    """

    def emit(builder: Any, x: Any, y: Any) -> Any:
        n, part = x.type.count, size or x.type.count
        picks = [
            first + half * part // 2 + k // 2 + (n if k % 2 else 0)
            for first in range(0, n, part)
            for k in range(part)
        ]
        return picked(builder, x, y, picks)

    return emit


_low, _high = (lanewise(_interleaved(half)) for half in (0, 1))
_low_octets, _high_octets = (lanewise(_interleaved(half, OCTET)) for half in (0, 1))


@inlined
def _shuffled(rows: Any) -> Any:
    a, b, c, d, e, f, g, h = rows
    return (
        _low(a, e), _high(a, e), _low(b, f), _high(b, f),
        _low(c, g), _high(c, g), _low(d, h), _high(d, h),
    )  # fmt: skip


@inlined
def _shuffled_octets(rows: Any) -> Any:
    a, b, c, d, e, f, g, h = rows
    return (
        _low_octets(a, e), _high_octets(a, e), _low_octets(b, f), _high_octets(b, f),
        _low_octets(c, g), _high_octets(c, g), _low_octets(d, h), _high_octets(d, h),
    )  # fmt: skip


@inlined
def transposed(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any) -> Any:
    """Eight rows: element k of each stands together in the result, in the order of k.

    Rows of eight elements come out as columns, rows of sixteen as pairs of columns.
    """
    return _shuffled(_shuffled(_shuffled((a, b, c, d, e, f, g, h))))


@inlined
def transposed_octets(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any) -> Any:
    """As ``transposed``, each octet of the rows by itself."""
    return _shuffled_octets(_shuffled_octets(_shuffled_octets((a, b, c, d, e, f, g, h))))


def _octet(which: int) -> Builder:
    def octet(typing: Any, vector: Vector) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return picked(builder, args[0], args[0], range(OCTET * which, OCTET * which + OCTET))

        return Vector(vector.element, OCTET)(vector), generate

    return octet


@intrinsic
def first_half(typing: Any, vector: Vector) -> Any:
    """``first_half(vector)``: half of its lanes."""
    half = vector.lanes // 2

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return picked(builder, args[0], args[0], range(half))

    return Vector(vector.element, half)(vector), generate


first_octet = intrinsic(_octet(0))
second_octet = intrinsic(_octet(1))
third_octet = intrinsic(_octet(2))
fourth_octet = intrinsic(_octet(3))


def _from(first: int) -> Builder:
    """Make a function that moves the lanes from ``first`` on to the front, the others behind."""

    def moved(typing: Any, vector: Vector) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            picks = [(first + k) % vector.lanes for k in range(vector.lanes)]
            return picked(builder, args[0], args[0], picks)

        return vector(vector), generate

    return moved


from_1, from_2, from_4, from_8, from_16 = (intrinsic(_from(2**k)) for k in range(5))
