"""Looking words up in vectors: for each lane of a control vector, an element of another one.

Where the processor has a shuffle for it that is one instruction; else LLVM compares and selects.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from hwsim.fast.llvm import (
    OCTET,
    Vector,
    call,
    constant,
    i32,
    in_every_lane,
    in_parts,
    llvm_type,
    native_bits,
    picked,
)
from hwsim.fast.vectors import load_lanes


@intrinsic
def look_up(typing: Any, table: Vector, control: Vector) -> Any:
    """``look_up(octet, control)``: for each control word, ``control_word(k)``, element k."""
    kind = Vector(table.element, control.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if _shuffles(table):
            return _shuffle(builder, *args)
        return _select(builder, *args, constant(llvm_type(kind), 0))

    return kind(table, control), generate


@intrinsic
def load_table(typing: Any, array: types.Array, offset: types.Integer) -> Any:
    """``load_table(array, offset)``: as many elements as ``look_up_among`` can look up at once."""
    return load_lanes(_table_lanes(array.dtype.bitwidth))(typing, array, offset)


@intrinsic
def table_lanes(typing: Any, array: types.Array) -> Any:
    """``table_lanes(array)``: how many these are."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return ir.Constant(ir.IntType(64), _table_lanes(array.dtype.bitwidth))

    return types.int64(array), generate


def _table_lanes(bits: int) -> int:
    return 512 // bits if native_bits() == 512 else OCTET


def widest_table(bits: int) -> int:
    """Elements among which looking up costs less than gathering."""
    if native_bits() == 512:
        return 8 * _table_lanes(bits)
    return 5 * OCTET if native_bits() else OCTET


def among_word(k: Any) -> Any:
    """What makes ``look_up_among`` choose element k."""
    return k if native_bits() == 512 else control_word(k)


NOTHING = -2
"""What makes ``look_up_among`` choose nothing: as a number and as two bytes beyond every table."""


@intrinsic
def look_up_among(
    typing: Any, found: Vector, table: Vector, control: Vector, first: types.Integer
) -> Any:
    """``look_up_among(found, table, control, k)``: as ``look_up``, in a table of elements from k.

    ``found`` stays where ``control``, made of ``among_word``, chooses none of the ``table_lanes``
    elements; it is what was found in other parts of the table. k is a multiple of their number.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        emit = _look_up_numbers if native_bits() == 512 else _look_up_bytes
        return emit(builder, *args)

    return found(found, table, control, first), generate


def _look_up_numbers(builder: Any, found: Any, table: Any, control: Any, first: Any) -> Any:
    native = {16: {512: "llvm.x86.avx512.permvar.hi.512"},
              32: {512: "llvm.x86.avx512.permvar.si.512"}}  # fmt: skip
    size = (table.type.count - 1).bit_length()
    part = builder.lshr(control, constant(control.type, size))
    wanted = builder.trunc(builder.lshr(first, first.type(size)), control.type.element)
    is_inside = builder.icmp_signed("==", part, in_every_lane(builder, wanted, control.type))
    bits = found.type.element.width
    # Only the lowest bits of a number count.
    number = builder.zext(control, found.type) if bits > 16 else control
    filled = _filled(builder, table, found.type.count)
    return builder.select(is_inside, in_parts(builder, native[bits], filled, number), found)


def _look_up_bytes(builder: Any, found: Any, table: Any, control: Any, first: Any) -> Any:
    kind = found.type
    byte = builder.trunc(builder.shl(first, first.type(1)), ir.IntType(8))
    bytes_ = ir.VectorType(ir.IntType(8), 2 * kind.count)
    shifted = builder.bitcast(control, bytes_)
    shifted = builder.sub(shifted, in_every_lane(builder, byte, bytes_))
    if kind.element.width == 16 and native_bits():
        # The byte shuffle gives 0 where the top bit is set: for all that is beyond 15 here.
        name = f"llvm.uadd.sat.v{bytes_.count}i8"
        beyond = call(builder, name, shifted, constant(bytes_, 0x70))
        shuffled = _byte_shuffle(builder, table, builder.bitcast(beyond, control.type))
        return builder.or_(found, shuffled)
    words = builder.bitcast(shifted, control.type)
    if kind.element.width == 32 and native_bits() == 256:
        low = builder.and_(words, constant(words.type, 0xFF))
        is_inside = builder.icmp_unsigned("<", low, constant(words.type, 2 * OCTET))
        return builder.select(is_inside, _word_shuffle(builder, table, words), found)
    return _select(builder, table, words, found)


def _select(builder: Any, table: Any, words: Any, otherwise: Any) -> Any:
    """Element by element, where there is no shuffle."""
    result = otherwise
    for k in range(OCTET):
        is_chosen = builder.icmp_signed("==", words, constant(words.type, control_word(k)))
        element = builder.extract_element(table, i32(k))
        element = in_every_lane(builder, element, result.type)
        result = builder.select(is_chosen, element, result)
    return result


@intrinsic
def shuffle_octets(typing: Any, values: Vector, control: Vector) -> Any:
    """``shuffle_octets(values, control)``: as ``look_up``, each octet of values in itself."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values_, control_ = args
        if _shuffles(values):
            return _shuffle(builder, values_, control_)
        result, count = values_, values.lanes
        for k in range(OCTET):
            chosen = builder.icmp_signed("==", control_, constant(control_.type, control_word(k)))
            picks = [lane // OCTET * OCTET + k for lane in range(count)]
            element = picked(builder, values_, values_, picks)
            result = builder.select(chosen, element, result)
        return result

    return values(values, control), generate


def control_word(k: Any) -> Any:
    """What makes ``look_up`` choose element k: the numbers of its two bytes, lowest first."""
    return 2 * k + ((2 * k + 1) << 8)


def _shuffles(vector: Vector) -> bool:
    """Whether this processor has an instruction that looks such elements up in an octet."""
    return native_bits() >= {16: 128, 32: 256}.get(vector.element.bitwidth, 1024)


def _shuffle(builder: Any, table: Any, control: Any) -> Any:
    return (_byte_shuffle if table.type.element.width == 16 else _word_shuffle)(
        builder, table, control
    )


def _byte_shuffle(builder: Any, table: Any, control: Any) -> Any:
    native = {512: "llvm.x86.avx512.pshuf.b.512", 256: "llvm.x86.avx2.pshuf.b",
              128: "llvm.x86.ssse3.pshuf.b.128"}  # fmt: skip
    bytes_ = ir.VectorType(ir.IntType(8), 2 * control.type.count)
    filled = _filled(builder, table, control.type.count)
    operands = [builder.bitcast(vector, bytes_) for vector in (filled, control)]
    return builder.bitcast(in_parts(builder, native, *operands), control.type)


def _word_shuffle(builder: Any, table: Any, control: Any) -> Any:
    native = {512: "llvm.x86.avx512.permvar.si.512", 256: "llvm.x86.avx2.permd"}
    count = control.type.count
    kind = ir.VectorType(table.type.element, count)
    # The lower byte of a control word is twice the element's number.
    byte = builder.and_(control, constant(control.type, 0xFF))
    index = builder.zext(builder.lshr(byte, constant(control.type, 1)), kind)
    words = min(native_bits() // 32, count)
    octets = [lane % words // OCTET * OCTET for lane in range(count)]
    index = builder.add(index, ir.Constant(kind, octets))
    return in_parts(builder, native, _filled(builder, table, count), index)


def _filled(builder: Any, table: Any, count: int) -> Any:
    """As many lanes as that, the table again and again."""
    return picked(builder, table, table, [k % table.type.count for k in range(count)])
