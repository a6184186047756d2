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
    joined,
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


def table_lanes(bits: int) -> int:
    """Elements among which ``look_up_among`` chooses at once: what two vectors hold."""
    return 1024 // bits if native_bits() == 512 else OCTET


@intrinsic
def load_table(typing: Any, array: types.Array, offset: types.Integer) -> Any:
    """``load_table(array, offset)``: as many elements as ``look_up_among`` looks up at once."""
    return load_lanes(table_lanes(array.dtype.bitwidth))(typing, array, offset)


def most_tables() -> int:
    """Tables of a vector beyond which looking up costs more than loading one by one."""
    if native_bits() == 512:
        return 32
    return 5 if native_bits() else 1


def among_word(k: Any) -> Any:
    """What makes ``look_up_among`` choose element k."""
    return k if native_bits() == 512 else control_word(k)


NOTHING = -2
"""What makes ``look_up_among`` choose nothing: as a number and as two bytes beyond every table."""


@intrinsic
def look_up_among(typing: Any, found: Vector, table: Vector, control: Vector) -> Any:
    """``look_up_among(found, table, control)``: as ``look_up``, in a part of a long table.

    ``found`` stays where ``control``, made of ``among_word``, chooses an element of another part.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        emit = _look_up_numbers if native_bits() == 512 else _look_up_bytes
        return emit(builder, *args)

    return found(found, table, control), generate


@intrinsic
def behind(typing: Any, control: Vector, table: Vector) -> Any:
    """``behind(control, table)``: what chooses the same elements, counted from the table's end."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        # Two bytes may borrow from each other: then both stay beyond every table.
        step = table.lanes if native_bits() == 512 else 2 * table.lanes * 0x101
        return builder.sub(args[0], constant(args[0].type, step))

    return control(control, table), generate


def _look_up_numbers(builder: Any, found: Any, table: Any, control: Any) -> Any:
    is_inside = builder.icmp_unsigned("<", control, constant(control.type, table.type.count))
    bits = found.type.element.width
    # Only the lowest bits of a number count.
    number = builder.zext(control, found.type) if bits > 16 else control
    count = 512 // bits
    native = {16: "llvm.x86.avx512.vpermi2var.hi.512", 32: "llvm.x86.avx512.vpermi2var.d.512"}
    low, high = (picked(builder, table, table, range(k, k + count)) for k in (0, count))
    parts = []
    for first in range(0, found.type.count, count):
        some = picked(builder, number, number, range(first, first + count))
        parts.append(call(builder, native[bits], low, some, high))
    chosen = parts[0] if len(parts) == 1 else joined(builder, *parts)
    return builder.select(is_inside, chosen, found)


def _look_up_bytes(builder: Any, found: Any, table: Any, control: Any) -> Any:
    kind = found.type
    if kind.element.width == 16 and native_bits():
        bytes_ = ir.VectorType(ir.IntType(8), 2 * kind.count)
        # The byte shuffle gives 0 where the top bit is set: for all that is beyond 15 here.
        name = f"llvm.uadd.sat.v{bytes_.count}i8"
        beyond = call(builder, name, builder.bitcast(control, bytes_), constant(bytes_, 0x70))
        shuffled = _byte_shuffle(builder, table, builder.bitcast(beyond, control.type))
        return builder.or_(found, shuffled)
    if kind.element.width == 32 and native_bits() == 256:
        is_inside = builder.icmp_unsigned("<", control, constant(control.type, 2 * OCTET << 8))
        return builder.select(is_inside, _word_shuffle(builder, table, control), found)
    return _select(builder, table, control, found)


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
