"""How every kernel of the fast engine is compiled, and when again.

Kernels are module-level functions and take number formats as arguments, so that one compilation
serves every design with words of the same width. What numba compiles it keeps on disk, by the time
stamp of the file that holds the outermost function; as ours call each other across files, all that
is kept is dropped when any of them changes.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numba
from numba.core import types
from numba.extending import intrinsic

from hwsim.errors import BadInput
from hwsim.files import write_text

_options = {"nogil": True, "error_model": "numpy", "boundscheck": False, "_nrt": False}

compiled = partial(numba.njit, no_cpython_wrapper=True, no_cfunc_wrapper=True, **_options)
"""Decorator of what only other kernels call: no check in the inner loops, nothing allocated and so
no reference counts."""

inlined = partial(compiled, forceinline=True)
"""Decorator of what passes many arrays on: a call would copy all their descriptors."""

kept = partial(numba.njit, cache=True, **_options)
"""Decorator of the outermost kernels: what is compiled is kept on disk."""


def forget_what_changed() -> None:
    """Drop kept code if a source file of this package is not the one it was compiled from."""
    package = Path(__file__).parent
    sources = hashlib.sha256(numba.__version__.encode())
    for path in sorted(package.glob("*.py")):
        sources.update(path.read_bytes())
    kept_in = Path(numba.config.CACHE_DIR or package / "__pycache__")
    stamp = kept_in / "clashfree-sources.sha256"
    # Where nothing can be written, numba keeps its code elsewhere, and nobody edits the sources.
    with contextlib.suppress(OSError, BadInput):
        if not stamp.exists() or stamp.read_text() != sources.hexdigest():
            for name in ("network.run_blocks", "batch.infer_batches"):
                for index in kept_in.rglob(f"{name}-*.nbi"):
                    index.unlink(missing_ok=True)
            write_text(stamp, sources.hexdigest())


@contextlib.contextmanager
def one_process_at_a_time() -> Iterator[None]:
    """Let others wait while kernels are compiled: they will find them on disk."""
    with contextlib.ExitStack() as stack:
        # Where nothing can be written, each process compiles for itself.
        with contextlib.suppress(OSError):
            lock = stack.enter_context((Path(__file__).parent / "__pycache__/lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@intrinsic
def if_as_wide(typing: Any, x: types.Array, y: types.Array, then: Any, otherwise: Any) -> Any:
    """``if_as_wide(x, y, then, otherwise)``: one of two functions, by the width of elements.

    The other one is not compiled.
    """
    chosen = then if x.dtype.bitwidth == y.dtype.bitwidth else otherwise

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.get_dummy_value()

    return chosen(x, y, then, otherwise), generate
