"""``hwsim.data``: three sources, one form, and one line for every mistake."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from small_designs import make

from hwsim.data import load_data
from hwsim.errors import BadInput

DESIGN = make([12, 6], [3], [4])  # 12 pixels, labels 0 to 5
X = np.arange(24, dtype=np.uint8).reshape(2, 12)
Y = np.array([0, 5])


def save(folder: Path, **arrays) -> Path:
    path = folder / "data.npz"
    np.savez(path, **arrays)
    return path


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def test_digits_are_all_there_in_eight_bits():
    data = load_data("digits", make([70, 14], [2], [70]))
    assert data.xtr.shape == (1437, 70) and data.xte.shape == (360, 70)
    assert data.xtr.dtype == np.uint8 and data.ytr.dtype == np.int64
    assert not data.xtr[:, 64:].any() and not data.xte[:, 64:].any()
    pixels, labels = load_digits(return_X_y=True)
    wanted = np.column_stack([np.rint(pixels * 255 / 16), labels])
    got = np.column_stack([np.vstack([data.xtr, data.xte])[:, :64], np.append(data.ytr, data.yte)])
    assert sorted(map(tuple, got.tolist())) == sorted(map(tuple, wanted.tolist()))


def test_digits_are_split_the_same_way_every_time_and_evenly():
    design = make([64, 16], [2], [64])
    first, second = load_data("digits", design), load_data("digits", design)
    np.testing.assert_array_equal(first.xte, second.xte)
    share = np.bincount(first.yte) / np.bincount(np.append(first.ytr, first.yte))
    assert np.all(np.abs(share - 360 / 1797) < 0.005)
    assert first.ytr[:8].tolist() == [3, 9, 1, 3, 1, 9, 4, 4]  # random_state 0


def test_bytes_are_taken_as_they_are_and_padded_at_the_end(tmp_path):
    data = load_data(save(tmp_path, xtr=X[:, :9], ytr=Y, xte=X[:1, :9], yte=Y[:1]), DESIGN)
    np.testing.assert_array_equal(data.xtr[:, :9], X[:, :9])
    assert not data.xtr[:, 9:].any() and data.xtr.shape == (2, 12)
    np.testing.assert_array_equal(data.xte, data.xtr[:1])
    assert data.ytr.tolist() == [0, 5] and data.yte.tolist() == [0]


def test_images_are_flattened_row_by_row(tmp_path):
    data = load_data(save(tmp_path, xtr=X.reshape(2, 3, 4), ytr=Y.astype(np.uint8)), DESIGN)
    np.testing.assert_array_equal(data.xtr, X)
    assert data.ytr.dtype == np.int64


def test_a_test_set_is_optional(tmp_path):
    data = load_data(save(tmp_path, xtr=X, ytr=Y), DESIGN)
    assert data.xte.shape == (0, 12) and data.yte.shape == (0,)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_rounded_to_the_nearest_255th_and_halves_to_even(tmp_path, dtype):
    x = np.array([[0, 1, 0.5, 0.1, 0.25, 0.7]], dtype=dtype)
    data = load_data(save(tmp_path, xtr=x, ytr=Y[:1]), DESIGN)
    assert data.xtr[0, :6].tolist() == [round(255 * float(value)) for value in x[0]]
    assert data.xtr[0, 2] == 128  # 127.5


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("dot", [False, True])
def test_idx_files_are_read_plain_and_zipped(tmp_path, zipped, dot):
    arrays = {"train-images-idx3": X.reshape(2, 3, 4), "train-labels-idx1": Y}
    arrays |= {"t10k-images-idx3": X[1:].reshape(1, 3, 4), "t10k-labels-idx1": Y[1:]}
    for name, array in arrays.items():
        file = name.replace("-idx", ".idx" if dot else "-idx") + "-ubyte"
        blob = idx(array)
        (tmp_path / (file + ".gz" * zipped)).write_bytes(gzip.compress(blob) if zipped else blob)
    data = load_data(tmp_path, DESIGN)
    np.testing.assert_array_equal(data.xtr, X)
    np.testing.assert_array_equal(data.xte, X[1:])
    assert data.ytr.tolist() == [0, 5] and data.yte.tolist() == [5]


WRONG = {
    "too many features": (
        {"xtr": np.zeros((2, 13), np.uint8), "ytr": Y},
        "xtr = 13: images of 13 pixels, and the first layer has 12 neurons; fix: layers[0] >= 13",
    ),
    "label too large": (
        {"xtr": X, "ytr": [0, 6]},
        "ytr[1] = 6: labels go from 0 to 5, one per neuron of the last layer; fix: layers[-1] > 6",
    ),
    "negative label": ({"xtr": X, "ytr": [-1, 1]}, "ytr[0] = -1: labels go from 0 to 5"),
    "float labels": ({"xtr": X, "ytr": [0.0, 1.0]}, "ytr = 'float64[2]': labels must be one int"),
    "one-hot labels": ({"xtr": X, "ytr": np.eye(2, dtype=int)}, "labels must be one integer per"),
    "above one": ({"xtr": X / 11, "ytr": Y}, "xtr[1, 0] = 1.09090909090909"),
    "below zero": ({"xtr": X / -255, "ytr": Y}, "float pixels must be from 0 to 1; fix: divide"),
    "not a number": ({"xtr": X * np.nan, "ytr": Y}, "xtr[0, 0] = nan: is not a number"),
    "wide integers": (
        {"xtr": X.astype(int), "ytr": Y},
        "xtr = 'int64[2, 12]': pixels must be uint8",
    ),
    "truth values": ({"xtr": X > 3, "ytr": Y}, "xtr = 'bool[2, 12]': pixels must be uint8"),
    "lengths": ({"xtr": X, "ytr": [1]}, "ytr = 1: 1 labels for 2 images in xtr; fix: give one"),
    "test lengths": ({"xtr": X, "ytr": Y, "xte": X, "yte": [1]}, "yte = 1: 1 labels for 2 images"),
    "no labels": ({"xtr": X}, "ytr: the training labels are missing; fix: add ytr"),
    "no images": ({"ytr": Y}, "xtr: the training images are missing; fix: add xtr"),
    "half a test set": ({"xtr": X, "ytr": Y, "yte": Y}, "xte: the test images are missing"),
    "flat images": ({"xtr": X[0], "ytr": Y}, "xtr = 'uint8[12]': images must be (n, features)"),
    "empty": ({"xtr": X[:0], "ytr": Y[:0]}, "xtr = 'uint8[0, 12]': holds no pixels"),
    "widths": (
        {"xtr": X, "ytr": Y, "xte": X[:, :7], "yte": Y},
        "xte = 7: images of 7 pixels beside 12 in xtr; fix: give both the same number of pixels",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_named_in_one_line(tmp_path, case):
    arrays, text = WRONG[case]
    path = save(tmp_path, **arrays)
    with pytest.raises(BadInput) as caught:
        load_data(path, DESIGN)
    (line,) = caught.value.lines
    assert line.startswith(f"{path}: ") and text in line and "; fix: " in line


def test_all_mistakes_are_named_at_once(tmp_path):
    path = save(tmp_path, xtr=X.astype(int), ytr=[0, 9], xte=X / 1.0, yte=Y)
    with pytest.raises(BadInput) as caught:
        load_data(path, DESIGN)
    keys = [mistake.key for mistake in caught.value.mistakes]
    assert keys == ["xtr", "ytr[1]", "xte[0, 2]"]


def test_no_file():
    with pytest.raises(BadInput, match=r"nowhere.npz: --data .* No such file"):
        load_data("nowhere.npz", DESIGN)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut off"])
def test_what_is_no_npz_is_said_to_be_none(tmp_path, content):
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"is no .npz file, or a damaged one"):
        load_data(path, DESIGN)


def test_a_damaged_member_and_pickles_are_bad_input(tmp_path):
    path = save(tmp_path, xtr=X, ytr=Y)
    path.write_bytes(path.read_bytes().replace(X.tobytes(), X[::-1].tobytes()))
    with pytest.raises(BadInput, match="damaged"):
        load_data(path, DESIGN)
    with pytest.raises(BadInput, match="numbers only"):
        load_data(save(tmp_path, xtr=np.array([{}]), ytr=Y), DESIGN)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\0\0\x0d\x01\0\0\0\0", "magic = '00000d01': is no idx file of bytes"),
        (b"", "magic = '': is no idx file of bytes"),
        (idx(Y)[:-1], "length = 9: sizes [2] need 10 bytes"),
        (idx(Y) + b"!", "length = 11: sizes [2] need 10 bytes"),
    ],
)
def test_a_damaged_idx_file_is_named(tmp_path, content, text):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(X.reshape(2, 3, 4)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(content)
    with pytest.raises(BadInput) as caught:
        load_data(tmp_path, DESIGN)
    (line,) = caught.value.lines
    assert "train-labels-idx1-ubyte" in line and text in line


def test_a_damaged_gzip_file_is_named(tmp_path):
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(X))[:-9])
    with pytest.raises(BadInput, match=r"train-images-idx3-ubyte.gz: .* damaged gzip file"):
        load_data(tmp_path, DESIGN)


def test_a_directory_without_data_says_what_belongs_there(tmp_path):
    with pytest.raises(BadInput, match="fix: put train-images-idx3-ubyte or train-images-idx3"):
        load_data(tmp_path, DESIGN)
