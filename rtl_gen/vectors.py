"""Golden vectors: inputs, and every memory after each block, for those with RTL of their own."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np

from hwsim.backprop import sum_width
from hwsim.design import Design
from hwsim.fixed_point import Raw
from hwsim.memory import BankedMemory
from hwsim.pipeline import Pipeline
from hwsim.schedule import Schedule

Progress = Callable[[int], None]


def golden_vectors(
    design: Design, schedule: Schedule, pixels: Raw, labels: Raw, progress: Progress | None = None
) -> dict[str, bytes]:
    """Files by name.

    ``vectors/vectors.npz`` holds ``pixels`` (n, n_left_1), ``labels``, ``train``, ``eta_shift`` and
    ``prediction`` (n,), and for each memory (blocks, copies, size): row 0 before the first block,
    row b after block b, until all inputs have left. ``vectors/<memory>.hex`` holds the same for
    ``$readmemh``: rows, copies and elements in this order, one two's complement number a line;
    element k is word k // banks of bank k % banks.
    """
    model = Pipeline(design, schedule)
    rows = {name: [memory.values.copy()] for name, memory in model.memories.items()}

    def record() -> None:
        for name, memory in model.memories.items():
            rows[name].append(memory.values.copy())

    training = not schedule.inference
    predictions = model.run(pixels, labels, train=training, progress=progress, on_block=record)
    arrays = {name.replace(" ", "_"): np.stack(row) for name, row in rows.items()}
    files = {
        f"vectors/{name.replace(' ', '_')}.hex": to_hex(np.stack(rows[name]), bits(design, memory))
        for name, memory in model.memories.items()
    }
    shifts = [design.eta_shift_at(i) for i in range(len(labels))]
    arrays |= {"pixels": pixels, "labels": labels, "prediction": predictions}
    arrays |= {"eta_shift": np.array(shifts), "train": np.full(len(labels), training)}
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return files | {"vectors/vectors.npz": content.getvalue()}


def bits(design: Design, memory: BankedMemory) -> int:
    """Width of a word of one of the model's memories."""
    if memory.name == "layer 0 activation":
        return design.input_bits
    if memory.name.startswith("layer") and memory.name.endswith("delta"):
        shape = design.shapes[int(memory.name.split()[1])]
        per_edge = design.number.profile == "prototype"
        return sum_width(design.fixed_point, shape.d_out, per_edge=per_edge)
    return design.fixed_point.width


def to_hex(values: Raw, width: int) -> bytes:
    """One number a line, in two's complement of ``width`` bits."""
    digits, mask = -(-width // 4), (1 << width) - 1
    return "".join(f"{int(v) & mask:0{digits}x}\n" for v in values.ravel()).encode()
