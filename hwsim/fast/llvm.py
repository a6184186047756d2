"""What the vectors of the kernels are made of: LLVM's types, and how to build with them.

Numba widens ``int16 * int16`` to 64 bits, which leaves a quarter of the lanes. These vectors keep
their width. They are plain LLVM vectors, so that any processor runs them: where it has no
instruction as wide, LLVM takes several. Only here, and in what builds on it (``vectors``,
``multiplication``, ``gather``, ``look_ups``, ``rearrangement``), is anything said in LLVM's words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import models, register_model

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
        super().__init__(manager, kind, llvm_type(kind))


def llvm_type(kind: Vector, bits: int | None = None) -> ir.VectorType:
    """The vector as LLVM has it, or one with as many lanes of other width."""
    return ir.VectorType(ir.IntType(bits or kind.element.bitwidth), kind.lanes)


def constant(vector: ir.VectorType, value: int) -> ir.Constant:
    """A vector of one known value."""
    return ir.Constant(vector, [value] * vector.count)


def in_every_lane(builder: Any, value: Any, vector: ir.VectorType) -> Any:
    """A vector of one value."""
    undefined = ir.Constant(vector, ir.Undefined)
    one = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    return builder.shuffle_vector(one, undefined, zeros)


def call(builder: Any, name: str, *operands: Any) -> Any:
    """Call LLVM's intrinsic ``name`` on vectors of one type."""
    kind = operands[0].type
    function = ir.FunctionType(kind, [operand.type for operand in operands])
    return builder.call(cgutils.get_or_insert_function(builder.module, function, name), operands)


def suffix(vector: ir.VectorType) -> str:
    """How names of LLVM's intrinsics end."""
    return f"v{vector.count}i{vector.element.width}"


def pointer_to(context: Any, builder: Any, kind: Any, array: Any, offset: Any, to: Any) -> Any:
    """Where element ``offset`` of a numba array lies, as a pointer to something of type ``to``."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [offset]), to.as_pointer())


def _codegen() -> Any:
    """What kernels are compiled for."""
    from numba.core.registry import cpu_target

    return cpu_target.target_context.codegen()


def native_bits() -> int:
    """Widest vector that this processor multiplies and looks up 16-bit fractions in; 0: none."""
    features = _codegen()._tm_features.split(",")
    for feature, bits in (("+avx512bw", 512), ("+avx2", 256), ("+ssse3", 128)):
        if feature in features:
            return bits
    return 0


def gathers() -> bool:
    """Whether this processor loads sixteen words from anywhere faster than one after the other."""
    return native_bits() == 512 and not _codegen()._get_host_cpu_name().startswith("znver")


def in_parts(builder: Any, native: dict[int, str], *operands: Any) -> Any:
    """Call the processor's own instruction on parts of vectors that are as wide as it is."""
    whole = operands[0].type
    count = min(native_bits() // whole.element.width, whole.count)
    name, part = native[count * whole.element.width], None
    for first in range(0, whole.count, count):
        cut = [picked(builder, op, op, range(first, first + count)) for op in operands]
        result = call(builder, name, *cut)
        part = result if part is None else joined(builder, part, result)
    return part


def picked(builder: Any, x: Any, y: Any, picks: Any) -> Any:
    """Elements of both by number, those of y counted on from those of x."""
    numbers = list(picks)
    kind = ir.VectorType(ir.IntType(32), len(numbers))
    return builder.shuffle_vector(x, y, ir.Constant(kind, numbers))


def joined(builder: Any, x: Any, y: Any) -> Any:
    """All of x, then all of y, which is no longer."""
    n, m = x.type.count, y.type.count
    if n != m:
        y = picked(builder, y, y, [k % m for k in range(n)])
    return picked(builder, x, y, range(n + m))


def i32(value: int) -> ir.Constant:
    """A number that LLVM wants as an index."""
    return ir.Constant(ir.IntType(32), value)
