"""Products of vectors: of numbers, in one width or another, and of numbers and fractions.

The rounding multiplication of fractions, which LLVM does not find by itself, has a second form for
processors without it.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.extending import intrinsic

from hwsim.fast.llvm import Vector, constant, in_parts, llvm_type, native_bits
from hwsim.fast.vectors import integer, lanewise

multiply_low = lanewise(lambda builder, x, y: builder.mul(x, y))
"""The lower half of the product."""


@intrinsic
def multiply_wide(typing: Any, left: Vector, right: Vector) -> Any:
    """``multiply_wide(x, y)``: full products, in lanes of twice the width."""
    kind = Vector(integer(2 * left.element.bitwidth), left.lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.mul(*(builder.sext(arg, llvm_type(kind)) for arg in args))

    return kind(left, right), generate


def _multiply_fraction(builder: Any, x: Any, y: Any) -> Any:
    native = {512: "llvm.x86.avx512.pmul.hr.sw.512", 256: "llvm.x86.avx2.pmul.hr.sw",
              128: "llvm.x86.ssse3.pmul.hr.sw.128"}  # fmt: skip
    bits = x.type.element.width
    if bits == 16 and native_bits():
        return in_parts(builder, native, x, y)
    if bits == 32:
        return _multiply_fraction_32(builder, x, y)
    wide = ir.VectorType(ir.IntType(2 * bits), x.type.count)
    product = builder.mul(builder.sext(x, wide), builder.sext(y, wide))
    # Halves of the product, as SSE2 has them: twice the upper one and what the lower rounds to.
    upper = builder.trunc(builder.ashr(product, constant(wide, bits)), x.type)
    lower = builder.mul(x, y)
    top = builder.lshr(lower, constant(x.type, bits - 2))
    one = constant(x.type, 1)
    return builder.add(builder.shl(upper, one), builder.lshr(builder.add(top, one), one))


def _multiply_fraction_32(builder: Any, x: Any, y: Any) -> Any:
    """Even and odd lanes by themselves: as 64-bit products have them, none crosses the vector."""
    wide = ir.VectorType(ir.IntType(64), x.type.count // 2)
    half, one = constant(wide, 32), constant(wide, 1)
    rounding, upper = constant(wide, 1 << 30), constant(wide, -1 << 32)
    pairs = [builder.bitcast(operand, wide) for operand in (x, y)]
    even = [builder.ashr(builder.shl(pair, half), half) for pair in pairs]
    odd = [builder.ashr(pair, half) for pair in pairs]
    low = builder.lshr(builder.add(builder.mul(*even), rounding), constant(wide, 31))
    high = builder.shl(builder.add(builder.mul(*odd), rounding), one)
    low = builder.and_(low, builder.not_(upper))
    return builder.bitcast(builder.or_(low, builder.and_(high, upper)), x.type)


multiply_fraction = lanewise(_multiply_fraction)
"""x*y / 2^(bits-1), rounded half up: the product of a number and a fraction in [0, 1)."""
