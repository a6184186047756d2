"""Training and test data, fitted to a design: 8-bit pixels and integer labels.

Three sources: ``digits`` (scikit-learn's handwritten digits, 1797 images of 8x8), an ``.npz`` file
with ``xtr ytr`` and, if there is a test set, ``xte yte``, or a directory of idx files under their
MNIST names, plain or ``.gz``.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwsim.design import Design
from hwsim.errors import MISSING, BadInput, Mistake, bad

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
Arrays = dict[str, NDArray]

DIGITS = "digits"
SPLITS = (("xtr", "ytr"), ("xte", "yte"))
IDX_NAMES = {
    "xtr": "train-images-idx3-ubyte",
    "ytr": "train-labels-idx1-ubyte",
    "xte": "t10k-images-idx3-ubyte",
    "yte": "t10k-labels-idx1-ubyte",
}
SPLIT_NAMES = {"xtr": "training images", "ytr": "training labels"} | {
    "xte": "test images",
    "yte": "test labels",
}


@dataclass(frozen=True)
class Data:
    """Inputs as the first layer takes them.

    ``xtr`` (n, layers[0]) and ``xte`` are uint8 pixels, zero-padded at the end; ``ytr`` (n,) and
    ``yte`` are labels from 0 to layers[-1] - 1. Without a test set, xte and yte have no rows.
    """

    xtr: Pixels
    ytr: Labels
    xte: Pixels
    yte: Labels


def load_data(source: str | Path, design: Design) -> Data:
    """Read the data of ``source`` and fit it to the first and the last layer of ``design``.

    Args:
        source: "digits", the path of an ``.npz`` file, or a directory of idx files.
        design: says how many pixels and labels there may be.

    Raises:
        BadInput: one line per mistake in the data.
    """
    return fit_data(read_data(source), source, design)


def fit_data(arrays: Arrays, source: str | Path, design: Design) -> Data:
    """As ``load_data``, from what ``read_data`` has read; one reading can serve many designs."""
    n_left, n_right = design.network.layers[0], design.network.layers[-1]
    check_data(arrays, source, n_left=n_left, n_right=n_right)
    fitted = {}
    for x, y in SPLITS:
        images = arrays.get(x, np.zeros((0, n_left), np.uint8))
        fitted[x] = _pad(_to_pixels(_flat(images)), n_left)
        fitted[y] = np.asarray(arrays.get(y, []), dtype=np.int64)
    return Data(**fitted)


def check_data(
    arrays: Arrays, source: str | Path, *, n_left: float = math.inf, n_right: float = math.inf
) -> None:
    """Find out what is wrong with what ``read_data`` has read.

    Args:
        arrays: xtr, ytr, and perhaps xte, yte.
        source: where they are from, for messages.
        n_left: most pixels of an image.
        n_right: labels there can be.

    Raises:
        BadInput: one line per mistake.
    """
    if mistakes := list(_broken(arrays, n_left, n_right)):
        raise BadInput(source, mistakes)


def read_data(source: str | Path) -> Arrays:
    """The arrays of ``source`` as they are: xtr, ytr, xte and yte, or those of them it has.

    Raises:
        BadInput: if they cannot be read.
    """
    if str(source) == DIGITS:
        return _read_digits()
    path = Path(source)
    return _read_idx_directory(path) if path.is_dir() else _read_npz(path)


def fingerprint(arrays: Arrays) -> str:
    """SHA-256 of the arrays: names, types, shapes and contents."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _read_digits() -> Arrays:
    # Imported here because scikit-learn takes a second to load, and only this source needs it.
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    x = np.rint(x * 255 / 16).astype(np.uint8)
    xtr, xte, ytr, yte = train_test_split(x, y, test_size=360, random_state=0, stratify=y)
    return {"xtr": xtr, "ytr": ytr, "xte": xte, "yte": yte}


def _read_npz(path: Path) -> Arrays:
    try:
        # Opened here because numpy leaves the file open where the archive turns out damaged.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return {key: file[key] for pair in SPLITS for key in pair if key in file.files}
    except OSError as error:
        fix = "give digits, an .npz file, or a directory of idx files"
        raise bad(path, "--data", str(path), error.strerror or "cannot be read", fix) from None
    except Exception:  # whatever numpy, zipfile and zlib say of a file that is none of theirs
        fix = "write it with numpy.savez: xtr ytr xte yte, numbers only"
        raise bad(path, "--data", str(path), "is no .npz file, or a damaged one", fix) from None


def _read_idx_directory(directory: Path) -> Arrays:
    arrays = {}
    for key, name in IDX_NAMES.items():
        forms = (name, name.replace("-idx", ".idx"))
        paths = [directory / (form + end) for form in forms for end in ("", ".gz")]
        found = next((path for path in paths if path.is_file()), None)
        if found:
            arrays[key] = _read_idx(found)
        elif key in SPLITS[0]:
            fix = f"put {name} or {name}.gz there"
            raise bad(directory, name, MISSING, f"the {SPLIT_NAMES[key]} are missing", fix)
    return arrays


def _read_idx(path: Path) -> NDArray:
    """Read an idx file: two zeros, a type (8 is uint8), the rank, big-endian sizes, the bytes."""
    try:
        blob = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        what = getattr(error, "strerror", None) or "is a damaged gzip file"
        raise bad(path, "file", path.name, what, "download it again") from None
    if len(blob) < 4 or blob[:3] != b"\0\0\x08":
        shown = blob[:4].hex()
        raise bad(path, "magic", shown, "is no idx file of bytes", "it must begin with 000008")
    start = 4 + 4 * blob[3]
    shape = [int.from_bytes(blob[at : at + 4], "big") for at in range(4, start, 4)]
    if len(blob) != start + math.prod(shape) or not blob[start:]:
        rule = f"sizes {shape} need {start + math.prod(shape)} bytes"
        raise bad(path, "length", len(blob), rule, "download it again, it is damaged")
    return np.frombuffer(blob, np.uint8, offset=start).reshape(shape)


def _broken(arrays: Arrays, n_left: float, n_right: float) -> Iterator[Mistake]:
    """Everything that is wrong with the arrays."""
    for x, y in SPLITS:
        if x not in arrays and y not in arrays and x == "xte":
            continue
        missing = [key for key in (x, y) if key not in arrays]
        for key in missing:
            yield Mistake(key, MISSING, f"the {SPLIT_NAMES[key]} are missing", f"add {key}")
        if missing:
            continue
        form = [*_broken_images(x, arrays[x], n_left), *_broken_labels(y, arrays[y], n_right)]
        yield from form
        if not form and len(arrays[x]) != len(arrays[y]):
            rule = f"{len(arrays[y])} labels for {len(arrays[x])} images in {x}"
            yield Mistake(y, len(arrays[y]), rule, "give one label per image")
    widths = [_flat(arrays[x]).shape[1] for x, _ in SPLITS if x in arrays and arrays[x].ndim > 1]
    if len(set(widths)) > 1:
        rule = f"images of {widths[1]} pixels beside {widths[0]} in xtr"
        yield Mistake("xte", widths[1], rule, "give both the same number of pixels")


def _broken_images(key: str, images: NDArray, n_left: float) -> Iterator[Mistake]:
    shown = f"{images.dtype}{list(images.shape)}"
    if images.ndim not in (2, 3):
        yield Mistake(key, shown, "images must be (n, features) or (n, h, w)", "reshape it")
        return
    features = _flat(images).shape[1]
    if features > n_left:
        rule = f"images of {features} pixels, and the first layer has {n_left} neurons"
        yield Mistake(key, features, rule, f"layers[0] >= {features}, or smaller images")
    if features == 0 or (key == "xtr" and len(images) == 0):
        yield Mistake(key, shown, "holds no pixels", "give at least one image")
    elif images.dtype.kind == "f":
        yield from _out_of_unit(key, images)
    elif images.dtype != np.uint8:
        rule = "pixels must be uint8, or float in [0, 1]"
        yield Mistake(key, shown, rule, "save it with .astype('uint8'), or divided by 255")


def _out_of_unit(key: str, images: NDArray) -> Iterator[Mistake]:
    outside = ~((images >= 0) & (images <= 1))  # true of NaN too
    if outside.any():
        at = np.unravel_index(int(outside.argmax()), images.shape)
        value, where = float(images[at]), ", ".join(str(int(i)) for i in at)
        rule = "is not a number" if math.isnan(value) else "float pixels must be from 0 to 1"
        fix = "replace it by a number" if math.isnan(value) else "divide by the largest value"
        yield Mistake(f"{key}[{where}]", value, rule, fix)


def _broken_labels(key: str, labels: NDArray, n_right: float) -> Iterator[Mistake]:
    shown = f"{labels.dtype}{list(labels.shape)}"
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        yield Mistake(key, shown, "labels must be one integer per image", "shape (n,), int64")
        return
    outside = (labels < 0) | (labels >= n_right)
    if outside.any():
        at = int(outside.argmax())
        rule = "labels go from 0"
        rule += f" to {n_right - 1}, one per neuron of the last layer" * math.isfinite(n_right)
        fix = f"layers[-1] > {int(labels.max())}" if labels.max() >= n_right else "count from 0"
        yield Mistake(f"{key}[{at}]", int(labels[at]), rule, fix)


def _flat(images: NDArray) -> NDArray:
    """(n, features), the rows of an image one after the other."""
    return images.reshape(len(images), math.prod(images.shape[1:]))


def _to_pixels(images: NDArray) -> Pixels:
    is_float = images.dtype.kind == "f"
    return np.rint(images.astype(np.float64) * 255).astype(np.uint8) if is_float else images


def _pad(pixels: Pixels, width: int) -> Pixels:
    return np.pad(pixels, ((0, 0), (0, width - pixels.shape[1])))
