"""Morse data: what was drawn is read back from the samples, and obeys the parameters."""

from __future__ import annotations

import json
from collections import Counter
from itertools import groupby

import numpy as np
import pytest
from scipy import stats

from hwsim.cli.app import run
from hwsim.datasets.morse import Morse
from hwsim.datasets.morse_codes import codes
from hwsim.errors import BadInput
from hwsim.sparsity.network import Recipe, SparseNetwork

QUIET = {"noise": 0.0, "deviation": 0.0}
"""Dots and dashes are exactly as loud as they should be, and nothing else sounds."""

SHAPES = [
    {},
    {"leading": True},
    {"leading": True, "dash": (3, 9)},
    {"leading": True, "dash": (3, 9), "dilation": 4},
    {"dot": (2, 2), "dash": (5, 6), "space": (1, 4), "frame": 70, "leading": True},
]


def runs(frame):
    """(sounding, length) of every run of equal samples."""
    return [(bool(on), sum(1 for _ in run)) for on, run in groupby(frame != 0)]


def test_the_codes_are_sixty_four_and_distinct():
    assert len(codes()) == len(set(codes().values())) == 64
    assert all(set(code) <= set(".-") and code for code in codes().values())
    assert {codes()[c] for c in "ETSO05"} == {".", "-", "...", "---", "-----", "....."}
    assert max(Morse().longest(code) for code in codes().values()) <= 64


@pytest.mark.parametrize("shape", SHAPES)
def test_the_samples_spell_the_code(shape):
    """Every run of samples has a length that its mark can have, and the marks are the code's."""
    morse, rng = Morse(**shape, **QUIET), np.random.default_rng(1)
    k = morse.dilation
    for code in codes().values():
        for frame in morse.draw(code, 20, rng):
            assert set(np.unique(frame)) <= {np.float32(0), np.float32(0.75)}
            found = runs(frame)
            first = found.pop(0)[1] if not found[0][0] else 0
            last = found.pop()[1] if not found[-1][0] else 0
            assert morse.leading or first == 0
            assert first + last + sum(length for _, length in found) == morse.width
            allowed = {".": morse.dot, "-": morse.dash, " ": morse.space}
            for mark, (sounds, length) in zip(" ".join(code), found, strict=True):
                low, high = allowed[mark]
                assert sounds == (mark != " ")
                assert low * k <= length <= high * k


@pytest.mark.parametrize(("code", "at", "values"), [
    (".", 0, range(1, 4)), ("-", 0, range(4, 10)), (". .", 1, range(1, 4)), ("-.-", 2, range(1, 4)),
])  # fmt: skip
def test_lengths_are_drawn_evenly(code, at, values):
    frames = Morse(**QUIET).draw(code.replace(" ", ""), 6000, np.random.default_rng(2))
    found = Counter(runs(frame)[at][1] for frame in frames)
    assert stats.chisquare([found[value] for value in values]).pvalue > 1e-3
    assert sum(found.values()) == sum(found[value] for value in values)


def test_stretched_lengths_are_drawn_evenly_too():
    frames = Morse(dilation=4, **QUIET).draw(".", 9000, np.random.default_rng(8))
    found = Counter((frames != 0).sum(axis=1).tolist())
    assert set(found) == set(range(4, 13))
    assert stats.chisquare(list(found.values())).pvalue > 1e-3


def test_the_start_is_drawn_evenly_from_what_is_left():
    morse = Morse(leading=True, dot=(3, 3), **QUIET)
    frames = morse.draw(".", 20_000, np.random.default_rng(3))
    found = Counter((frames != 0).argmax(axis=1).tolist())
    assert set(found) == set(range(62))
    assert stats.chisquare(list(found.values())).pvalue > 1e-3


def test_loudness_and_noise_are_normal_and_independent():
    """Far from where samples are clipped."""
    loud = Morse(loudness=500.0, deviation=40.0, noise=30.0, top=1000.0)
    frames = 1000 * loud.draw("-----", 4000, np.random.default_rng(4))
    sounding = frames[:, 0]  # every symbol begins with a mark
    assert sounding.mean() == pytest.approx(500, abs=4)
    assert sounding.std() == pytest.approx(50, abs=2)  # 30 and 40 at right angles
    assert abs(np.corrcoef(frames[:, 0], frames[:, 1])[0, 1]) < 0.06


def test_samples_are_clipped_and_rounded():
    frames = Morse.variant("1.4").draw(".", 4000, np.random.default_rng(5))
    assert frames.dtype == np.float32
    assert frames.min() == 0
    assert frames.max() == 1
    silent = frames[:, 3:]
    assert (silent == 0).mean() == pytest.approx(0.5, abs=0.01)
    deviation = np.hypot(4 / 3, 4)
    assert (frames[:, 0] == 1).mean() == pytest.approx(stats.norm.sf(4 / deviation), abs=0.02)
    thousandths = 1000 * frames.astype(np.float64)
    assert np.abs(thousandths - np.rint(thousandths)).max() < 1e-4
    assert silent[silent > 0].std() == pytest.approx(4 / 16 * np.sqrt(1 - 2 / np.pi), rel=0.02)


def test_black_and_white_flips_up_to_so_many_samples():
    clean = Morse(style="black-and-white").draw("...", 50, np.random.default_rng(6))
    assert set(np.unique(clean)) == {0, 1}
    assert [runs(frame)[0][0] for frame in clean] == [True] * 50
    dots = {"dot": (1, 1), "space": (1, 1), "style": "black-and-white"}
    frames = Morse(**dots, maxflip=5).draw(".", 6000, np.random.default_rng(7))
    flips = Counter((frames != np.eye(64)[0]).sum(axis=1).tolist())
    assert set(flips) == set(range(6))
    assert stats.chisquare(list(flips.values())).pvalue > 1e-3
    places = (frames != np.eye(64)[0]).sum(axis=0)
    assert stats.chisquare(places).pvalue > 1e-3


def test_the_variants():
    assert Morse.variant("1.0") == Morse()
    assert Morse.variant("2.3") == Morse(leading=True, noise=3.0)
    assert Morse.variant("3.1") == Morse(leading=True, dash=(3, 9), noise=1.0)
    assert Morse.variant("4.2") == Morse(leading=True, dash=(3, 9), dilation=4, noise=2.0)
    assert Morse.variant("4.0").width == 256
    assert Morse.variant("3.1", dash=(5, 6)).dash == (5, 6)
    assert Morse().n_inputs == 448_000


def test_splits_are_disjoint_draws_of_all_classes_in_random_order():
    morse = Morse.variant("2.1").sized(0.004)
    arrays = morse.generate(seed=3)
    assert {name: len(array) for name, array in arrays.items()} == {
        "xtr": 1280, "ytr": 1280, "xva": 256, "yva": 256, "xte": 256, "yte": 256,
    }  # fmt: skip
    for name in ("ytr", "yva", "yte"):
        assert len(set(Counter(arrays[name].tolist()).values())) == 1
        assert not np.array_equal(arrays[name], np.sort(arrays[name]))
    again, other = morse.generate(seed=3), morse.generate(seed=4)
    assert all(np.array_equal(arrays[name], again[name]) for name in arrays)
    assert not np.array_equal(arrays["xtr"], other["xtr"])
    assert set(Morse(training=2, validation=0, test=0).generate()) == {"xtr", "ytr"}


def test_every_label_is_that_of_its_samples():
    arrays = Morse(training=3, validation=0, test=0, **QUIET).generate()
    for frame, label in zip(arrays["xtr"], arrays["ytr"], strict=True):
        marks = ["-" if length > 3 else "." for sounds, length in runs(frame) if sounds]
        assert "".join(marks) == list(codes().values())[label]


@pytest.mark.parametrize(("given", "text"), [
    ({"dash": (0, 9)}, "dash = '0..9': lengths go from 1 up, the smaller one first; fix: such"),
    ({"dot": (3, 1)}, "dot = '3..1': lengths go from 1 up, the smaller one first"),
    ({"frame": 62}, "frame = 62: CL (-.-..-..) can be 63 samples long; fix: frame >= 63"),
    ({"style": "red"}, "style = 'red': no such style; fix: one of grey, black-and-white"),
    ({"maxflip": 3}, "maxflip = 3: flips 0 and 1; fix: style = 'black-and-white'"),
    ({"maxflip": 65, "style": "black-and-white"}, "maxflip = 65: an input has 64 samples"),
    ({"training": 0}, "training = 0: must be at least 1"),
    ({"test": -1}, "test = -1: must be a number, and not negative"),
    ({"noise": float("nan")}, "noise = nan: must be a number"),
    ({"loudness": float("inf")}, "loudness = inf: must be a number"),
    ({"top": 0.0}, "top = 0.0: must be a number above 0"),
    ({"style": "black-and-white", "noise": 1.0}, "noise = 1.0: black-and-white samples are"),
])  # fmt: skip
def test_parameters_that_do_not_do(given, text):
    with pytest.raises(BadInput) as error:
        Morse(**given)
    assert len(error.value.lines) == 1
    assert error.value.lines[0].startswith(f"morse: {text}")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "published", "epochs"), [
    ("1.0", 97.6, 12), ("2.0", 90.4, 50), ("3.0", 65.1, 25), ("4.0", 81.2, 25),
])  # fmt: skip
def test_fully_connected_nets_reach_what_is_published(name, published, epochs):
    """64-1024-64, or 256-1024-64: not more than 2 points below."""
    morse = Morse.variant(name)
    arrays = morse.generate()
    network = SparseNetwork([np.ones((morse.width, 1024), bool), np.ones((1024, 64), bool)])
    network.train(arrays["xtr"], arrays["ytr"], Recipe(epochs=epochs))
    accuracy = 100 * network.accuracy(arrays["xte"], arrays["yte"])
    print(f"Morse {name}: {accuracy:.2f} %, published {published} %")
    assert accuracy >= published - 2


def test_the_command_writes_what_other_commands_read(tmp_path, capsys):
    path, design = tmp_path / "morse.npz", tmp_path / "d.toml"
    arguments = ["data", "morse", "--variant", "3.1", "--size", "0.002", "--dash", "5..6"]
    assert run([*arguments, "-o", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["dash"], found["noise"], found["seed"]) == ([5, 6], 1.0, 1)
    assert found["arrays"]["xtr"] == [640, 64]
    design.write_text(
        "format = 1\n[network]\nlayers = [64, 32, 64]\nout_degrees = [8, 16]\n"
        "[hardware]\nz = [16, 16]\n"
    )
    assert run(["train", str(design), "--data", str(path)]) == 0


@pytest.mark.parametrize(("arguments", "text"), [
    (["--variant", "5.0"], "morse: variant = '5.0': variants are x.y"),
    (["--variant", "1"], "morse: variant = '1': variants are x.y"),
    (["--dot", "x"], "clashfree data morse: Invalid value for '--dot': 'x' is no range"),
    (["--size", "0"], "clashfree data morse: Invalid value for '--size'"),
    (["--size", "nan"], "command line: --size = nan: must be a number"),
    (["--size", "inf"], "command line: --size = inf: must be a number"),
])  # fmt: skip
def test_the_command_refuses_with_one_line(arguments, text, tmp_path, capsys):
    assert run(["data", "morse", *arguments, "-o", str(tmp_path / "m.npz")]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert err.startswith(text)
    assert list(tmp_path.iterdir()) == []


def test_the_command_shows_the_codes(capsys):
    assert run(["data", "codes"]) == 0
    assert len([line for line in capsys.readouterr().out.splitlines() if "│" in line]) == 64
    assert run(["data", "codes", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["codes"]
    assert [(entry["symbol"], entry["code"]) for entry in found] == list(codes().items())
    assert [entry["label"] for entry in found] == list(range(64))


def test_the_group_wants_a_command(capsys):
    assert run(["data"]) == 2
    assert capsys.readouterr().err == "clashfree data: Missing command; see clashfree data --help\n"
