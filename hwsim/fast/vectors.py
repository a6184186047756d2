"""Vectors of integers for compiled kernels: what numba's own types cannot say.

Here is what stays in its lane, but for ``multiplication``; ``gather`` reads from anywhere,
``look_ups`` from tables, and ``rearrangement`` moves between lanes.

Every function below is called inside ``numba.njit``. Arrays are one-dimensional, offsets count
elements; nothing is checked, the caller leaves ``LANES`` elements of room at the end of an array.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from hwsim.fast.llvm import (
    LANES,
    OCTET,
    Builder,
    Vector,
    call,
    constant,
    i32,
    in_every_lane,
    llvm_type,
    pointer_to,
    suffix,
)


def integer(bits: int) -> types.Integer:
    """Numba's type of numbers with a sign."""
    return types.Integer.from_bitwidth(bits, True)


def load_lanes(lanes: int) -> Builder:
    """Make ``load`` for vectors of other length."""

    def load(typing: Any, array: types.Array, offset: types.Integer) -> Any:
        kind = Vector(array.dtype, lanes)

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            at = context.cast(builder, args[1], signature.args[1], types.intp)
            pointer = pointer_to(context, builder, array, args[0], at, llvm_type(kind))
            return builder.load(pointer, align=array.dtype.bitwidth // 8)

        return kind(array, offset), generate

    return load


load = intrinsic(load_lanes(LANES))
"""``load(array, offset)``: a vector from memory."""

load_octet = intrinsic(load_lanes(OCTET))
load_two_octets = intrinsic(load_lanes(2 * OCTET))


@intrinsic
def element(typing: Any, array: types.Array, offset: types.Integer) -> Any:
    """``element(array, offset)``: one number, 64 bits, the offset never negative."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = context.cast(builder, args[1], signature.args[1], types.intp)
        kind = ir.IntType(array.dtype.bitwidth)
        pointer = pointer_to(context, builder, array, args[0], at, kind)
        return context.cast(builder, builder.load(pointer), array.dtype, types.int64)

    return types.int64(array, offset), generate


@intrinsic
def put(typing: Any, array: types.Array, offset: types.Integer, value: types.Integer) -> Any:
    """``put(array, offset, value)``: one number that fits, the offset never negative."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = context.cast(builder, args[1], signature.args[1], types.intp)
        kind = ir.IntType(array.dtype.bitwidth)
        pointer = pointer_to(context, builder, array, args[0], at, kind)
        builder.store(context.cast(builder, args[2], signature.args[2], array.dtype), pointer)
        return context.get_dummy_value()

    return types.void(array, offset, value), generate


@intrinsic
def store(typing: Any, array: types.Array, offset: types.Integer, vector: Vector) -> Any:
    """``store(array, offset, vector)``: a vector to memory, of the array's width."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = context.cast(builder, args[1], signature.args[1], types.intp)
        pointer = pointer_to(context, builder, array, args[0], at, llvm_type(vector))
        builder.store(args[2], pointer, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, offset, vector), generate


@intrinsic
def splat(typing: Any, like: Any, value: types.Integer) -> Any:
    """``splat(array or vector, value)``: the value in every lane, as wide as the elements."""
    kind = like if isinstance(like, Vector) else Vector(like.dtype, LANES)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        narrow = context.cast(builder, args[1], signature.args[1], kind.element)
        return in_every_lane(builder, narrow, llvm_type(kind))

    return kind(like, value), generate


def lanewise(emit: Builder) -> Any:
    """Make an intrinsic of vectors of one type from what it emits."""

    def two(typing: Any, left: Vector, right: Vector) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return emit(builder, *args)

        return left(left, right), generate

    return intrinsic(two)


add = lanewise(lambda builder, x, y: builder.add(x, y))
subtract = lanewise(lambda builder, x, y: builder.sub(x, y))
minimum = lanewise(lambda builder, x, y: call(builder, f"llvm.smin.{suffix(x.type)}", x, y))
maximum = lanewise(lambda builder, x, y: call(builder, f"llvm.smax.{suffix(x.type)}", x, y))
maximum_unsigned = lanewise(
    lambda builder, x, y: call(builder, f"llvm.umax.{suffix(x.type)}", x, y)
)
subtract_unsigned = lanewise(
    lambda builder, x, y: call(builder, f"llvm.usub.sat.{suffix(x.type)}", x, y)
)
"""The difference of numbers without sign, 0 where it were less."""

add_saturating = lanewise(
    lambda builder, x, y: call(builder, f"llvm.sadd.sat.{suffix(x.type)}", x, y)
)
"""The sum clipped to what a lane can hold."""

subtract_saturating = lanewise(
    lambda builder, x, y: call(builder, f"llvm.ssub.sat.{suffix(x.type)}", x, y)
)
"""The difference, likewise."""


bits_of_both = lanewise(lambda builder, x, y: builder.and_(x, y))
shift_left_each = lanewise(lambda builder, x, y: builder.shl(x, y))
"""Each lane of x by that of y; what leaves the lane is lost."""


@intrinsic
def if_equal(typing: Any, x: Vector, y: Vector, then: Vector, otherwise: Vector) -> Any:
    """``if_equal(x, y, then, otherwise)``: in each lane, one of the two."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.icmp_signed("==", *args[:2]), *args[2:])

    return then(x, y, then, otherwise), generate


@intrinsic
def if_negative(typing: Any, x: Vector, then: Vector, otherwise: Vector) -> Any:
    """``if_negative(x, then, otherwise)``: in each lane, one of the two."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        is_negative = builder.icmp_signed("<", args[0], constant(args[0].type, 0))
        return builder.select(is_negative, *args[1:])

    return then(x, then, otherwise), generate


@intrinsic
def count_differing_first(typing: Any, x: Vector, y: Vector, n: types.Integer) -> Any:
    """``count_differing_first(x, y, n)``: in how many of the first n lanes they differ."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        bits = ir.IntType(x.lanes)
        mask = builder.bitcast(builder.icmp_signed("!=", *args[:2]), bits)
        wide = ir.IntType(64)
        count = context.cast(builder, args[2], signature.args[2], types.int64)
        first = builder.sub(builder.shl(wide(1), count), wide(1))
        is_some = builder.icmp_signed("<", count, wide(x.lanes))
        first = builder.select(is_some, first, wide(-1))
        return builder.ctpop(builder.and_(builder.zext(mask, wide), first))

    return types.int64(x, y, n), generate


@intrinsic
def count_differing(typing: Any, x: Vector, y: Vector) -> Any:
    """``count_differing(x, y)``: in how many lanes they differ."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        bits = ir.IntType(x.lanes)
        mask = builder.bitcast(builder.icmp_signed("!=", *args), bits)
        return builder.zext(builder.ctpop(mask), ir.IntType(64))

    return types.int64(x, y), generate


@intrinsic
def any_above(typing: Any, x: Vector, limit: Vector) -> Any:
    """``any_above(x, limit)``: whether a lane of x, as a number without sign, is larger."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        bits = ir.IntType(x.lanes)
        mask = builder.bitcast(builder.icmp_unsigned(">", *args), bits)
        return builder.icmp_unsigned("!=", mask, bits(0))

    return types.boolean(x, limit), generate


@intrinsic
def widen(typing: Any, vector: Vector) -> Any:
    """``widen(vector)``: the same numbers in lanes of twice the width."""
    kind = Vector(integer(2 * vector.element.bitwidth), vector.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.sext(args[0], llvm_type(kind))

    return kind(vector), generate


@intrinsic
def lengthen(typing: Any, vector: Vector) -> Any:
    """``lengthen(vector)``: the same numbers in lanes of 64 bits."""
    kind = Vector(integer(64), vector.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        is_long = vector.element.bitwidth == 64
        return args[0] if is_long else builder.sext(args[0], llvm_type(kind))

    return kind(vector), generate


@intrinsic
def convert(typing: Any, like: Any, vector: Vector) -> Any:
    """``convert(array or vector, numbers)``: those that fit, in lanes as wide as its elements."""
    element = like.element if isinstance(like, Vector) else like.dtype
    kind = Vector(element, vector.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        change = kind.element.bitwidth - vector.element.bitwidth
        if change > 0:
            return builder.sext(args[1], llvm_type(kind))
        return builder.trunc(args[1], llvm_type(kind)) if change < 0 else args[1]

    return kind(like, vector), generate


@intrinsic
def shift_right(typing: Any, vector: Vector, shift: types.Integer) -> Any:
    """``shift_right(vector, shift)``: floor of each lane over 2^shift."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        amount = context.cast(builder, args[1], signature.args[1], vector.element)
        return builder.ashr(args[0], in_every_lane(builder, amount, llvm_type(vector)))

    return vector(vector, shift), generate


@intrinsic
def shift_left(typing: Any, vector: Vector, shift: types.Integer) -> Any:
    """``shift_left(vector, shift)``: each lane times 2^shift, which fits."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        amount = context.cast(builder, args[1], signature.args[1], vector.element)
        return builder.shl(args[0], in_every_lane(builder, amount, llvm_type(vector)))

    return vector(vector, shift), generate


@intrinsic
def odd(typing: Any, vector: Vector) -> Any:
    """``odd(vector)``: the last bit of each lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.and_(args[0], constant(llvm_type(vector), 1))

    return vector(vector), generate


@intrinsic
def pixel_words(
    typing: Any, like: types.Array, pixels: Vector, down: types.Integer, up: types.Integer
) -> Any:
    """``pixel_words(array, bytes, down, up)``: (byte >> down) << up, as wide as the elements."""
    kind = Vector(like.dtype, pixels.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.zext(args[1], llvm_type(kind))
        amounts = [
            in_every_lane(builder, context.cast(builder, arg, given, kind.element), llvm_type(kind))
            for arg, given in zip(args[2:], signature.args[2:], strict=True)
        ]
        return builder.shl(builder.lshr(value, amounts[0]), amounts[1])

    return kind(like, pixels, down, up), generate


@intrinsic
def greatest(typing: Any, vector: Vector) -> Any:
    """``greatest(vector)``: the largest lane, 64 bits."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = args[0].type
        function = ir.FunctionType(kind.element, [kind])
        name = f"llvm.vector.reduce.smax.{suffix(kind)}"
        function = cgutils.get_or_insert_function(builder.module, function, name)
        return context.cast(builder, builder.call(function, args), vector.element, types.int64)

    return types.int64(vector), generate


@intrinsic
def lane_of(typing: Any, vector: Vector, lane: types.Integer) -> Any:
    """``lane_of(vector, lane)``: one lane, 64 bits."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = context.cast(builder, args[1], signature.args[1], types.int32)
        value = builder.extract_element(args[0], at)
        return context.cast(builder, value, vector.element, types.int64)

    return types.int64(vector, lane), generate


@intrinsic
def prefetch(typing: Any, array: types.Array, offset: types.Integer) -> Any:
    """``prefetch(array, offset)``: let the processor read what will be needed soon."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = context.cast(builder, args[1], signature.args[1], types.intp)
        pointer = pointer_to(context, builder, array, args[0], at, ir.IntType(8))
        kinds = [pointer.type, *[ir.IntType(32)] * 3]
        function = ir.FunctionType(ir.VoidType(), kinds)
        called = cgutils.get_or_insert_function(builder.module, function, "llvm.prefetch.p0")
        builder.call(called, [pointer, i32(0), i32(3), i32(1)])
        return context.get_dummy_value()

    return types.void(array, offset), generate


@intrinsic
def fill(typing: Any, array: types.Array, offset: types.Integer, n: types.Integer) -> Any:
    """``fill(array, offset, n)``: n zeros."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at, count = (
            context.cast(builder, arg, kind, types.intp)
            for arg, kind in zip(args[1:], signature.args[1:], strict=True)
        )
        pointer = pointer_to(context, builder, array, args[0], at, ir.IntType(8))
        size = builder.mul(count, ir.Constant(count.type, array.dtype.bitwidth // 8))
        cgutils.memset(builder, pointer, size, 0)
        return context.get_dummy_value()

    return types.void(array, offset, n), generate
