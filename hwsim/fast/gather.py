"""Vectors of elements that lie anywhere, and of pairs of them.

Where the processor loads from sixteen places at once faster than from one after the other, it does.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from hwsim.fast.llvm import (
    LANES,
    Vector,
    constant,
    gathers,
    i32,
    joined,
    llvm_type,
    picked,
    pointer_to,
)


@intrinsic
def load_each(
    typing: Any, array: types.Array, at: types.Integer, places: types.Array, offset: types.Integer
) -> Any:
    """``load_each(array, at, places, offset)``: the elements at ``at`` + ``places[offset]`` and on.

    They leave 32 bits behind. Places of 16 bits have no sign.
    """
    kind = Vector(array.dtype, LANES)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        first, begin = (
            context.cast(builder, args[k], signature.args[k], types.intp) for k in (1, 3)
        )
        data = context.make_array(array)(context, builder, args[0]).data
        some = llvm_type(Vector(places.dtype, LANES))
        where = pointer_to(context, builder, places, args[2], begin, some)
        emit = _gather if gathers() and array.dtype.bitwidth <= 32 else _load_one_by_one
        return emit(builder, llvm_type(kind), builder.gep(data, [first]), where)

    return kind(array, at, places, offset), generate


def _without_sign(builder: Any, value: Any, bits: int) -> Any:
    """Numbers of fewer bits, widened."""
    kind = value.type
    is_vector = isinstance(kind, ir.VectorType)
    wide = ir.VectorType(ir.IntType(bits), kind.count) if is_vector else ir.IntType(bits)
    narrow = kind.element.width if is_vector else kind.width
    return value if narrow == bits else builder.zext(value, wide)


def _gather(builder: Any, kind: Any, data: Any, where: Any) -> Any:
    """Sixteen words of 32 bits at a time; of narrower ones the lower half counts."""
    part_of = ir.VectorType(ir.IntType(32), 16)
    mask, size = ir.VectorType(ir.IntType(1), 16), i32(kind.element.width // 8)
    base = builder.bitcast(data, ir.IntType(8).as_pointer())
    places = _without_sign(builder, builder.load(where, align=2), 32)
    found = None
    for first in range(0, kind.count, 16):
        some = picked(builder, places, places, range(first, first + 16))
        operands = [constant(part_of, 0), base, some, constant(mask, 1), size]
        function = ir.FunctionType(part_of, [operand.type for operand in operands])
        name = "llvm.x86.avx512.mask.gather.dpi.512"
        function = cgutils.get_or_insert_function(builder.module, function, name)
        part = builder.call(function, operands)
        found = part if found is None else joined(builder, found, part)
    return found if found.type == kind else builder.trunc(found, kind)


def _load_one_by_one(builder: Any, kind: Any, data: Any, where: Any) -> Any:
    """Places read one by one too: taken out of a vector they would cost more than the elements."""
    found = constant(kind, 0)
    place = builder.bitcast(where, where.type.pointee.element.as_pointer())
    for lane in range(kind.count):
        one = builder.load(builder.gep(place, [i32(lane)]))
        one = builder.sext(_without_sign(builder, one, 32), ir.IntType(64))
        loaded = builder.load(builder.gep(data, [one]))
        found = builder.insert_element(found, loaded, i32(lane))
    return found


@intrinsic
def lower_half(typing: Any, like: types.Array, pairs: Vector) -> Any:
    """``lower_half(array, pairs)``: of each lane, the half that is as wide as the elements."""
    kind = Vector(like.dtype, pairs.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.trunc(args[1], llvm_type(kind))

    return kind(like, pairs), generate


@intrinsic
def upper_half(typing: Any, like: types.Array, pairs: Vector) -> Any:
    """``upper_half(array, pairs)``: the other one."""
    kind = Vector(like.dtype, pairs.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        wide = llvm_type(pairs)
        half = constant(wide, wide.element.width // 2)
        return builder.trunc(builder.lshr(args[1], half), llvm_type(kind))

    return kind(like, pairs), generate
