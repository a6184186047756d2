"""Vectors of integers for compiled kernels: what numba's own types cannot say.

Numba widens ``int16 * int16`` to 64 bits, which leaves a quarter of the lanes. These vectors keep
their width. They are plain LLVM vectors, so that any processor runs them: where it has no
instruction as wide, LLVM takes several. The one instruction that LLVM does not find by itself is
the rounding multiplication of fractions, and that has a second form for processors without it.

Every function below is called inside ``numba.njit``. Arrays are one-dimensional, offsets count
elements; nothing is checked, the caller leaves ``LANES`` elements of room at the end of an array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

from hwsim.fast.compiled import inlined

LANES = 32
"""Elements of a vector: 16-bit numbers fill 512 bits, or several vectors of fewer."""

OCTET = 8
"""Elements of a short vector: 16-bit numbers fill 128 bits."""

Builder = Callable[..., Any]


class Vector(types.Type):
    """``lanes`` integers of one numba type."""

    def __init__(self, element: types.Integer, lanes: int) -> None:
        self.element = element
        self.lanes = lanes
        super().__init__(f"Vector({element}, {lanes})")


@register_model(Vector)
class VectorModel(models.PrimitiveModel):
    """An LLVM vector, in registers."""

    def __init__(self, manager: Any, kind: Vector) -> None:
        super().__init__(manager, kind, _llvm(kind))


def _llvm(kind: Vector, bits: int | None = None) -> ir.VectorType:
    return ir.VectorType(ir.IntType(bits or kind.element.bitwidth), kind.lanes)


def _integer(bits: int) -> types.Integer:
    return types.Integer.from_bitwidth(bits, True)


def _constant(vector: ir.VectorType, value: int) -> ir.Constant:
    return ir.Constant(vector, [value] * vector.count)


def _splat(builder: Any, value: Any, vector: ir.VectorType) -> Any:
    undefined = ir.Constant(vector, ir.Undefined)
    one = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    return builder.shuffle_vector(one, undefined, zeros)


def _call(builder: Any, name: str, *operands: Any) -> Any:
    """Call LLVM's intrinsic ``name`` on vectors of one type."""
    kind = operands[0].type
    function = ir.FunctionType(kind, [operand.type for operand in operands])
    return builder.call(cgutils.get_or_insert_function(builder.module, function, name), operands)


def _suffix(vector: ir.VectorType) -> str:
    return f"v{vector.count}i{vector.element.width}"


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, offset: Any, to: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [offset]), to.as_pointer())


def _load(lanes: int) -> Builder:
    def load(typing: Any, array: types.Array, offset: types.Integer) -> Any:
        kind = Vector(array.dtype, lanes)

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            at = context.cast(builder, args[1], signature.args[1], types.intp)
            pointer = _pointer(context, builder, array, args[0], at, _llvm(kind))
            return builder.load(pointer, align=array.dtype.bitwidth // 8)

        return kind(array, offset), generate

    return load


load = intrinsic(_load(LANES))
"""``load(array, offset)``: a vector from memory."""

load_octet = intrinsic(_load(OCTET))
load_two_octets = intrinsic(_load(2 * OCTET))


@intrinsic
def element(typing: Any, array: types.Array, offset: types.Integer) -> Any:
    """``element(array, offset)``: one number, 64 bits, the offset never negative."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = context.cast(builder, args[1], signature.args[1], types.intp)
        kind = ir.IntType(array.dtype.bitwidth)
        pointer = _pointer(context, builder, array, args[0], at, kind)
        return context.cast(builder, builder.load(pointer), array.dtype, types.int64)

    return types.int64(array, offset), generate


@intrinsic
def put(typing: Any, array: types.Array, offset: types.Integer, value: types.Integer) -> Any:
    """``put(array, offset, value)``: one number that fits, the offset never negative."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = context.cast(builder, args[1], signature.args[1], types.intp)
        kind = ir.IntType(array.dtype.bitwidth)
        pointer = _pointer(context, builder, array, args[0], at, kind)
        builder.store(context.cast(builder, args[2], signature.args[2], array.dtype), pointer)
        return context.get_dummy_value()

    return types.void(array, offset, value), generate


@intrinsic
def store(typing: Any, array: types.Array, offset: types.Integer, vector: Vector) -> Any:
    """``store(array, offset, vector)``: a vector to memory, of the array's width."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = context.cast(builder, args[1], signature.args[1], types.intp)
        pointer = _pointer(context, builder, array, args[0], at, _llvm(vector))
        builder.store(args[2], pointer, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, offset, vector), generate


@intrinsic
def splat(typing: Any, like: Any, value: types.Integer) -> Any:
    """``splat(array or vector, value)``: the value in every lane, as wide as the elements."""
    kind = like if isinstance(like, Vector) else Vector(like.dtype, LANES)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        narrow = context.cast(builder, args[1], signature.args[1], kind.element)
        return _splat(builder, narrow, _llvm(kind))

    return kind(like, value), generate


@intrinsic
def lane_numbers(typing: Any, like: Vector) -> Any:
    """``lane_numbers(vector)``: 0, 1, 2, .. of the vector's type."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return ir.Constant(_llvm(like), list(range(like.lanes)))

    return like(like), generate


def _lanewise(emit: Builder) -> Any:
    """Make an intrinsic of vectors of one type from what it emits."""

    def two(typing: Any, left: Vector, right: Vector) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return emit(builder, *args)

        return left(left, right), generate

    return intrinsic(two)


add = _lanewise(lambda builder, x, y: builder.add(x, y))
subtract = _lanewise(lambda builder, x, y: builder.sub(x, y))
either = _lanewise(lambda builder, x, y: builder.or_(x, y))
"""Bits of both; where one of them is 0, the other."""

minimum = _lanewise(lambda builder, x, y: _call(builder, f"llvm.smin.{_suffix(x.type)}", x, y))
maximum = _lanewise(lambda builder, x, y: _call(builder, f"llvm.smax.{_suffix(x.type)}", x, y))
add_saturating = _lanewise(
    lambda builder, x, y: _call(builder, f"llvm.sadd.sat.{_suffix(x.type)}", x, y)
)
"""The sum clipped to what a lane can hold."""


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


multiply_low = _lanewise(lambda builder, x, y: builder.mul(x, y))
"""The lower half of the product."""


@intrinsic
def count_differing(typing: Any, x: Vector, y: Vector) -> Any:
    """``count_differing(x, y)``: in how many lanes they differ."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        bits = ir.IntType(x.lanes)
        mask = builder.bitcast(builder.icmp_signed("!=", *args), bits)
        return builder.zext(builder.ctpop(mask), ir.IntType(64))

    return types.int64(x, y), generate


def _multiply_fraction(builder: Any, x: Any, y: Any) -> Any:
    native = {512: "llvm.x86.avx512.pmul.hr.sw.512", 256: "llvm.x86.avx2.pmul.hr.sw",
              128: "llvm.x86.ssse3.pmul.hr.sw.128"}  # fmt: skip
    bits = x.type.element.width
    if bits == 16 and _native_bits():
        return _in_parts(builder, native, x, y)
    if bits == 32:
        return _multiply_fraction_32(builder, x, y)
    wide = ir.VectorType(ir.IntType(2 * bits), x.type.count)
    product = builder.mul(builder.sext(x, wide), builder.sext(y, wide))
    # Halves of the product, as SSE2 has them: twice the upper one and what the lower rounds to.
    upper = builder.trunc(builder.ashr(product, _constant(wide, bits)), x.type)
    lower = builder.mul(x, y)
    top = builder.lshr(lower, _constant(x.type, bits - 2))
    one = _constant(x.type, 1)
    return builder.add(builder.shl(upper, one), builder.lshr(builder.add(top, one), one))


def _multiply_fraction_32(builder: Any, x: Any, y: Any) -> Any:
    """Even and odd lanes by themselves: as 64-bit products have them, none crosses the vector."""
    wide = ir.VectorType(ir.IntType(64), x.type.count // 2)
    half, one = _constant(wide, 32), _constant(wide, 1)
    rounding, upper = _constant(wide, 1 << 30), _constant(wide, -1 << 32)
    pairs = [builder.bitcast(operand, wide) for operand in (x, y)]
    even = [builder.ashr(builder.shl(pair, half), half) for pair in pairs]
    odd = [builder.ashr(pair, half) for pair in pairs]
    low = builder.lshr(builder.add(builder.mul(*even), rounding), _constant(wide, 31))
    high = builder.shl(builder.add(builder.mul(*odd), rounding), one)
    low = builder.and_(low, builder.not_(upper))
    return builder.bitcast(builder.or_(low, builder.and_(high, upper)), x.type)


multiply_fraction = _lanewise(_multiply_fraction)
"""x*y / 2^(bits-1), rounded half up: the product of a number and a fraction in [0, 1)."""


def _native_bits() -> int:
    """Widest vector that this processor multiplies and looks up 16-bit fractions in; 0: none."""
    from numba.core.registry import cpu_target

    features = cpu_target.target_context.codegen()._tm_features.split(",")
    for feature, bits in (("+avx512bw", 512), ("+avx2", 256), ("+ssse3", 128)):
        if feature in features:
            return bits
    return 0


def _in_parts(builder: Any, native: dict[int, str], *operands: Any) -> Any:
    """Call the processor's own instruction on parts of vectors that are as wide as it is."""
    whole = operands[0].type
    count = min(_native_bits() // whole.element.width, whole.count)
    name, part = native[count * whole.element.width], None
    for first in range(0, whole.count, count):
        cut = [_picked(builder, op, op, range(first, first + count)) for op in operands]
        result = _call(builder, name, *cut)
        part = result if part is None else _joined(builder, part, result)
    return part


def _picked(builder: Any, x: Any, y: Any, picks: Any) -> Any:
    numbers = list(picks)
    kind = ir.VectorType(ir.IntType(32), len(numbers))
    return builder.shuffle_vector(x, y, ir.Constant(kind, numbers))


def _joined(builder: Any, x: Any, y: Any) -> Any:
    """All of x, then all of y, which is no longer."""
    n, m = x.type.count, y.type.count
    if n != m:
        y = _picked(builder, y, y, [k % m for k in range(n)])
    return _picked(builder, x, y, range(n + m))


@intrinsic
def look_up(typing: Any, table: Vector, control: Vector) -> Any:
    """``look_up(octet, control)``: for each control word, ``control_word(k)``, element k."""
    kind = Vector(table.element, control.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if _shuffles(table):
            return _shuffle(builder, *args)
        table_, control_ = args
        result = _splat(builder, builder.extract_element(table_, _i32(0)), _llvm(kind))
        for k in range(1, OCTET):
            chosen = builder.icmp_signed("==", control_, _constant(control_.type, control_word(k)))
            element = builder.extract_element(table_, _i32(k))
            result = builder.select(chosen, _splat(builder, element, _llvm(kind)), result)
        return result

    return kind(table, control), generate


@intrinsic
def look_up_octet(typing: Any, table: Vector, control: Vector, first: types.Integer) -> Any:
    """``look_up_octet(octet, control, k)``: as ``look_up`` for elements k to k + 7, else 0."""
    kind = Vector(table.element, control.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        table_, control_, first_ = args
        byte = builder.trunc(builder.shl(first_, first_.type(1)), ir.IntType(8))
        bytes_ = ir.VectorType(ir.IntType(8), 2 * control.lanes)
        shifted = builder.bitcast(control_, bytes_)
        shifted = builder.sub(shifted, _splat(builder, byte, bytes_))
        if table.element.bitwidth == 16 and _native_bits():
            # The byte shuffle gives 0 where the top bit is set: for all that is beyond 15 here.
            beyond = _call(
                builder, f"llvm.uadd.sat.v{bytes_.count}i8", shifted, _constant(bytes_, 0x70)
            )
            return _byte_shuffle(builder, table_, builder.bitcast(beyond, control_.type))
        words = builder.bitcast(shifted, control_.type)
        result = _constant(_llvm(kind), 0)
        for k in range(OCTET):
            chosen = builder.icmp_signed("==", words, _constant(words.type, control_word(k)))
            element = _splat(builder, builder.extract_element(table_, _i32(k)), _llvm(kind))
            result = builder.select(chosen, element, result)
        return result

    return kind(table, control, first), generate


@intrinsic
def shuffle_octets(typing: Any, values: Vector, control: Vector) -> Any:
    """``shuffle_octets(values, control)``: as ``look_up``, each octet of values in itself."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values_, control_ = args
        if _shuffles(values):
            return _shuffle(builder, values_, control_)
        result, count = values_, values.lanes
        for k in range(OCTET):
            chosen = builder.icmp_signed("==", control_, _constant(control_.type, control_word(k)))
            picks = [lane // OCTET * OCTET + k for lane in range(count)]
            element = _picked(builder, values_, values_, picks)
            result = builder.select(chosen, element, result)
        return result

    return values(values, control), generate


def control_word(k: Any) -> Any:
    """What makes ``look_up`` choose element k: the numbers of its two bytes, lowest first."""
    return 2 * k + ((2 * k + 1) << 8)


def _i32(value: int) -> ir.Constant:
    return ir.Constant(ir.IntType(32), value)


def _shuffles(vector: Vector) -> bool:
    """Whether this processor has an instruction that looks such elements up in an octet."""
    return _native_bits() >= {16: 128, 32: 256}.get(vector.element.bitwidth, 1024)


def _shuffle(builder: Any, table: Any, control: Any) -> Any:
    return (_byte_shuffle if table.type.element.width == 16 else _word_shuffle)(
        builder, table, control
    )


def _byte_shuffle(builder: Any, table: Any, control: Any) -> Any:
    native = {512: "llvm.x86.avx512.pshuf.b.512", 256: "llvm.x86.avx2.pshuf.b",
              128: "llvm.x86.ssse3.pshuf.b.128"}  # fmt: skip
    bytes_ = ir.VectorType(ir.IntType(8), 2 * control.type.count)
    repeated = _repeated(builder, table, control.type.count)
    operands = [builder.bitcast(vector, bytes_) for vector in (repeated, control)]
    return builder.bitcast(_in_parts(builder, native, *operands), control.type)


def _word_shuffle(builder: Any, table: Any, control: Any) -> Any:
    native = {512: "llvm.x86.avx512.permvar.si.512", 256: "llvm.x86.avx2.permd"}
    count = control.type.count
    kind = ir.VectorType(table.type.element, count)
    # The lower byte of a control word is twice the element's number.
    byte = builder.and_(control, _constant(control.type, 0xFF))
    index = builder.zext(builder.lshr(byte, _constant(control.type, 1)), kind)
    words = min(_native_bits() // 32, count)
    octets = [lane % words // OCTET * OCTET for lane in range(count)]
    index = builder.add(index, ir.Constant(kind, octets))
    return _in_parts(builder, native, _repeated(builder, table, count), index)


def _repeated(builder: Any, table: Any, count: int) -> Any:
    return _picked(builder, table, table, [k % table.type.count for k in range(count)])


@intrinsic
def widen(typing: Any, vector: Vector) -> Any:
    """``widen(vector)``: the same numbers in lanes of twice the width."""
    kind = Vector(_integer(2 * vector.element.bitwidth), vector.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.sext(args[0], _llvm(kind))

    return kind(vector), generate


@intrinsic
def convert(typing: Any, like: types.Array, vector: Vector) -> Any:
    """``convert(array, vector)``: numbers that fit, in lanes as wide as the array's elements."""
    kind = Vector(like.dtype, vector.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        change = kind.element.bitwidth - vector.element.bitwidth
        if change > 0:
            return builder.sext(args[1], _llvm(kind))
        return builder.trunc(args[1], _llvm(kind)) if change < 0 else args[1]

    return kind(like, vector), generate


@intrinsic
def multiply_wide(typing: Any, left: Vector, right: Vector) -> Any:
    """``multiply_wide(x, y)``: full products, in lanes of twice the width."""
    kind = Vector(_integer(2 * left.element.bitwidth), left.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.mul(*(builder.sext(arg, _llvm(kind)) for arg in args))

    return kind(left, right), generate


@intrinsic
def shift_right(typing: Any, vector: Vector, shift: types.Integer) -> Any:
    """``shift_right(vector, shift)``: floor of each lane over 2^shift."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        amount = context.cast(builder, args[1], signature.args[1], vector.element)
        return builder.ashr(args[0], _splat(builder, amount, _llvm(vector)))

    return vector(vector, shift), generate


@intrinsic
def shift_left(typing: Any, vector: Vector, shift: types.Integer) -> Any:
    """``shift_left(vector, shift)``: each lane times 2^shift, which fits."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        amount = context.cast(builder, args[1], signature.args[1], vector.element)
        return builder.shl(args[0], _splat(builder, amount, _llvm(vector)))

    return vector(vector, shift), generate


@intrinsic
def odd(typing: Any, vector: Vector) -> Any:
    """``odd(vector)``: the last bit of each lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.and_(args[0], _constant(_llvm(vector), 1))

    return vector(vector), generate


@intrinsic
def where_less(typing: Any, x: Vector, y: Vector, then: Vector, otherwise: Vector) -> Any:
    """``where_less(x, y, a, b)``: lanes of a where x < y, of b elsewhere."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.icmp_signed("<", args[0], args[1]), *args[2:])

    return then(x, y, then, otherwise), generate


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
        return _picked(builder, x, y, picks)

    return emit


_low, _high = (_lanewise(_interleaved(half)) for half in (0, 1))
_low_octets, _high_octets = (_lanewise(_interleaved(half, OCTET)) for half in (0, 1))


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


@intrinsic
def pixel_words(
    typing: Any, like: types.Array, pixels: Vector, down: types.Integer, up: types.Integer
) -> Any:
    """``pixel_words(array, bytes, down, up)``: (byte >> down) << up, as wide as the elements."""
    kind = Vector(like.dtype, pixels.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.zext(args[1], _llvm(kind))
        amounts = [
            _splat(builder, context.cast(builder, arg, given, kind.element), _llvm(kind))
            for arg, given in zip(args[2:], signature.args[2:], strict=True)
        ]
        return builder.shl(builder.lshr(value, amounts[0]), amounts[1])

    return kind(like, pixels, down, up), generate


def _octet(which: int) -> Builder:
    def octet(typing: Any, vector: Vector) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return _picked(builder, args[0], args[0], range(OCTET * which, OCTET * which + OCTET))

        return Vector(vector.element, OCTET)(vector), generate

    return octet


first_octet = intrinsic(_octet(0))
second_octet = intrinsic(_octet(1))
third_octet = intrinsic(_octet(2))
fourth_octet = intrinsic(_octet(3))


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
        pointer = _pointer(context, builder, array, args[0], at, ir.IntType(8))
        kinds = [pointer.type, *[ir.IntType(32)] * 3]
        function = ir.FunctionType(ir.VoidType(), kinds)
        called = cgutils.get_or_insert_function(builder.module, function, "llvm.prefetch.p0")
        builder.call(called, [pointer, _i32(0), _i32(3), _i32(1)])
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
        pointer = _pointer(context, builder, array, args[0], at, ir.IntType(8))
        size = builder.mul(count, ir.Constant(count.type, array.dtype.bitwidth // 8))
        cgutils.memset(builder, pointer, size, 0)
        return context.get_dummy_value()

    return types.void(array, offset, n), generate
