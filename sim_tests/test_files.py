"""Files appear whole or not at all, and places that cannot be written are named."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hwsim.errors import BadInput
from hwsim.files import check_writable, write_bytes, write_npz, write_text


def test_writing_replaces_the_whole_file_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old\r\n")
    with path.open("rb") as reader:
        write_bytes(path, b"new")
        assert reader.read() == b"old\r\n"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.txt"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.npz"
    write_npz(path, {"a": np.arange(3)})
    before = path.read_bytes()
    with pytest.raises(ValueError, match="inhomogeneous"):
        write_npz(path, {"a": [[1], [1, 2]]})
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.npz"]


def test_links_and_devices_stay_what_they_are(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_text(tmp_path / "link", "x")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == "x"
    write_text("/dev/null", "x")
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("write", [check_writable, lambda path: write_text(path, "")])
def test_places_that_cannot_be_written(tmp_path, write):
    for path, line in [
        (tmp_path, f"{tmp_path}: output: is a directory; fix: name a file in it"),
        (
            tmp_path / "no" / "a",
            f"{tmp_path}/no/a: output: its directory does not exist; "
            f"fix: create {tmp_path}/no, or choose another place",
        ),
    ]:
        with pytest.raises(BadInput) as error:
            write(path)
        assert error.value.lines == [line]
