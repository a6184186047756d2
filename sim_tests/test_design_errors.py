"""Every rule of a design file and what its error says: file, key, value, rule and fix.

A design that is right is spoilt in one place (or two) and the whole message is compared.
"""

from __future__ import annotations

import copy

import numpy as np
import pytest

from hwsim.design_file import design_to_json, load_design, make_design
from hwsim.errors import BadInput
from hwsim.interleaver import draw_all

GOOD = {
    "format": 1,
    "network": {"layers": [12, 8, 6], "out_degrees": [2, 3]},
    "hardware": {"z": [4, 4]},
    "number": {},
    "pattern": {},
    "training": {},
}


def spoilt(changes):
    """GOOD with ``changes``: {"table.key": value}; None removes a key or table."""
    raw = copy.deepcopy(GOOD)
    for path, value in changes.items():
        *tables, key = path.split(".")
        table = raw
        for name in tables:
            table = table[name]
        if value is None:
            del table[key]
        else:
            table[key] = value
    return raw


def lines_of(raw):
    with pytest.raises(BadInput) as error:
        make_design(raw, source="my.toml")
    return error.value.lines


def test_the_design_to_spoil_is_good():
    make_design(GOOD)


LAYERS = "must be two or more positive integers; fix: e.g. layers = [64, 32, 10]"
DEGREES = "must be positive integers, one per junction; fix: e.g. out_degrees = [4, 10]"
Z = "must be positive integers, one per junction; fix: e.g. z = [64, 16]"
ACTIVATIONS = (
    "must be 'sigmoid' or 'relu', or a list of them, one per junction; "
    'fix: e.g. activations = ["relu", "sigmoid"]'
)
NATURAL = "must be an integer of 0 or more; fix: e.g. {key} = {example}"
REGISTERS = (
    "must be an integer of 0 or more, or a table of them by stage; "
    "fix: e.g. registers = 0 or { multiplier = 2, tree = 1 }"
)
BOOLEAN = "must be true or false; fix: e.g. {key} = {example}"
ETA = (
    "must be an integer of 0 or more, or a list of [first input, shift] pairs; "
    "fix: e.g. eta_shift = 3 or [[0, 3], [25000, 4]]"
)
LAST = (
    "the last junction cannot be 'relu': its outputs are compared with 0 and 1; "
    "fix: make the last one 'sigmoid'"
)


def natural(key, example):
    return NATURAL.format(key=key, example=example)


def boolean(key, example):
    return BOOLEAN.format(key=key, example=example)


ONE_MISTAKE = [
    # The file as a whole.
    (
        {"format": None},
        "format: the key is missing; this version reads format 1; fix: write format = 1 at the top",
    ),
    ({"format": 2}, "format = 2: this version reads format 1; fix: write format = 1 at the top"),
    (
        {"format": True},
        "format = True: this version reads format 1; fix: write format = 1 at the top",
    ),
    ({"network": None}, "network: the table is missing; fix: add a [network] table"),
    ({"hardware": None}, "hardware: the table is missing; fix: add a [hardware] table"),
    ({"hardware": 7}, "hardware = 7: is not a table; fix: write it as [hardware]"),
    ({"netwrok": {}}, "netwrok = {}: unknown key; fix: did you mean 'network'?"),
    (
        {"xyz": 1},
        "xyz = 1: unknown key; fix: remove it; known are "
        "network, hardware, number, pattern, training, format",
    ),
    # Keys and types.
    ({"network.layers": None}, "network.layers: the key is missing; fix: add layers to [network]"),
    ({"hardware.z": None}, "hardware.z: the key is missing; fix: add z to [hardware]"),
    ({"hardware.forward": 1}, "hardware.forward = 1: unknown key; fix: did you mean 'forwarding'?"),
    ({"network.layers": [12]}, f"network.layers = [12]: {LAYERS}"),
    ({"network.layers": [12, 0, 6]}, f"network.layers = [12, 0, 6]: {LAYERS}"),
    ({"network.layers": [12, 8.0, 6]}, f"network.layers = [12, 8.0, 6]: {LAYERS}"),
    ({"network.layers": [12, True, 6]}, f"network.layers = [12, True, 6]: {LAYERS}"),
    ({"network.layers": "12"}, f"network.layers = '12': {LAYERS}"),
    ({"network.out_degrees": []}, f"network.out_degrees = []: {DEGREES}"),
    ({"network.out_degrees": [2, 0]}, f"network.out_degrees = [2, 0]: {DEGREES}"),
    ({"network.activations": "tanh"}, f"network.activations = 'tanh': {ACTIVATIONS}"),
    ({"network.activations": ["tanh"]}, f"network.activations = ['tanh']: {ACTIVATIONS}"),
    (
        {"network.cost": "hinge"},
        "network.cost = 'hinge': must be 'cross-entropy' or 'quadratic'; "
        "fix: choose one of the two",
    ),
    ({"hardware.z": [4, -4]}, f"hardware.z = [4, -4]: {Z}"),
    ({"hardware.z": 4}, f"hardware.z = 4: {Z}"),
    (
        {"hardware.scheme": "bubble"},
        "hardware.scheme = 'bubble': must be 'prototype' or 'zero-bubble'; "
        "fix: choose one of the two",
    ),
    ({"hardware.registers": -1}, f"hardware.registers = -1: {REGISTERS}"),
    ({"hardware.registers": 1.0}, f"hardware.registers = 1.0: {REGISTERS}"),
    ({"hardware.registers": True}, f"hardware.registers = True: {REGISTERS}"),
    ({"hardware.registers": [1]}, f"hardware.registers = [1]: {REGISTERS}"),
    (
        {"hardware.registers": {"tree": -1}},
        f"hardware.registers.tree = -1: {natural('tree', 0)}",
    ),
    (
        {"hardware.registers": {"tree": True}},
        f"hardware.registers.tree = True: {natural('tree', 0)}",
    ),
    (
        {"hardware.registers": {"trees": 1}},
        "hardware.registers.trees = 1: unknown key; fix: did you mean 'tree'?",
    ),
    (
        {"hardware.registers": {"x": 1}},
        "hardware.registers.x = 1: unknown key; fix: remove it; known are "
        "network, multiplier, product, tree, activation, step",
    ),
    (
        {"hardware.registers": 1001},
        "hardware.registers = 1001: more than 1000 registers; "
        "fix: registers = 0 to 10, as timing needs",
    ),
    (
        {"hardware.registers": {"network": 1001}},
        "hardware.registers.network = 1001: more than 1000 registers; "
        "fix: network = 0 to 10, as timing needs",
    ),
    ({"hardware.forwarding": 1}, f"hardware.forwarding = 1: {boolean('forwarding', 'true')}"),
    (
        {"number.int_bits": 0},
        "number.int_bits = 0: must be an integer >= 1: the target, one, must fit; "
        "fix: int_bits = 3",
    ),
    (
        {"number.frac_bits": 2},
        "number.frac_bits = 2: must be an integer >= 3; fix: e.g. frac_bits = 8",
    ),
    (
        {"number.profile": "exact"},
        "number.profile = 'exact': must be 'prototype' or 'default'; fix: choose one of the two",
    ),
    (
        {"pattern.type": 4},
        "pattern.type = 4: must be 1, 2 or 3; fix: choose a type, or give a file instead",
    ),
    (
        {"pattern.file": 3},
        'pattern.file = 3: must be the path of a pattern file; fix: e.g. file = "pattern.npz"',
    ),
    ({"pattern.dither": "no"}, f"pattern.dither = 'no': {boolean('dither', 'false')}"),
    ({"pattern.seed": -1}, f"pattern.seed = -1: {natural('seed', 1)}"),
    ({"pattern.phi": -1}, f"pattern.phi = -1: {natural('phi', 0)}"),
    ({"training.seed": "a"}, f"training.seed = 'a': {natural('seed', 1)}"),
    (
        {"training.initial": 1},
        'training.initial = 1: must be the path of a state file; fix: e.g. initial = "state.npz"',
    ),
    ({"training.eta_shift": -1}, f"training.eta_shift = -1: {ETA}"),
    ({"training.eta_shift": [[0]]}, f"training.eta_shift = [[0]]: {ETA}"),
    # How values fit together.
    (
        {"network.out_degrees": [2]},
        "network.out_degrees = [2]: needs one entry for each of the 2 junctions of 3 layers; "
        "fix: give 2, not 1",
    ),
    (
        {"hardware.z": [4, 4, 4]},
        "hardware.z = [4, 4, 4]: needs one entry for each of the 2 junctions of 3 layers; "
        "fix: give 2, not 3",
    ),
    (
        {"network.activations": ["sigmoid"]},
        "network.activations = ['sigmoid']: needs one entry for each of the 2 junctions of "
        "3 layers; fix: give 2, not 1",
    ),
    (
        {"pattern": [{}, {}, {}]},
        "pattern = 3: needs one entry for each of the 2 junctions of 3 layers; "
        "fix: give 2 [[pattern]] tables, or one",
    ),
    ({"network.activations": "relu"}, f"network.activations = 'relu': {LAST}"),
    (
        {"network.activations": ["sigmoid", "relu"]},
        f"network.activations = ['sigmoid', 'relu']: {LAST}",
    ),
    (
        {"hardware.z": [5, 4]},
        "hardware.z[1] = 5: z must divide the 12 left neurons of junction 1; "
        "fix: z = 2 or 3 or 4 or 6",
    ),
    (
        {"hardware.z": [4, 16]},
        "hardware.z[2] = 16: z must divide the 8 left neurons of junction 2; "
        "fix: z = 1 or 2 or 4 or 8",
    ),
    (
        {"network.out_degrees": [9, 3]},
        "network.out_degrees[1] = 9: out-degree exceeds the 8 right neurons of junction 1; "
        "fix: at most 8",
    ),
    (
        {"network.out_degrees": [3, 3]},
        "network.out_degrees[1] = 3: the 8 right neurons of junction 1 must divide its "
        "12 x 3 = 36 edges (in-degree 4.5); fix: out-degree 2 or 4",
    ),
    (
        {"network": {"layers": [1, 9000], "out_degrees": [9000]}, "hardware.z": [1]},
        "network.out_degrees[1] = 9000: out-degree exceeds 8192, where sums stay exact, "
        "in junction 1; fix: at most 8192",
    ),
    (
        {"number": {"int_bits": 9, "frac_bits": 15}},
        "number.frac_bits = 15: 1 + int_bits 9 + frac_bits = 25 bits exceed 24; "
        "fix: frac_bits + int_bits at most 23",
    ),
    (
        {"training.eta_shift": [[5, 3]]},
        "training.eta_shift = [[5, 3]]: the schedule must begin at input 0; fix: begin with [0, 3]",
    ),
    (
        {"training.eta_shift": []},
        "training.eta_shift = []: the schedule must begin at input 0; fix: begin with [0, 3]",
    ),
    (
        {"training.eta_shift": [[0, 3], [0, 4]]},
        "training.eta_shift = [[0, 3], [0, 4]]: first inputs must ascend; "
        "fix: sort the pairs, each start once",
    ),
    (
        {"training.eta_shift": 12},
        "training.eta_shift = 12: a shift beyond 11 leaves no bit of a 12-bit delta; "
        "fix: shifts of 0 to 11",
    ),
    # Patterns.
    (
        {"pattern": {"file": "Makefile", "type": 1}},
        "pattern.type = 1: type cannot stand beside file = 'Makefile'; fix: remove one of the two",
    ),
    (
        {"pattern": {"file": "Makefile", "phi": 0}},
        "pattern.phi = 0: phi cannot stand beside file = 'Makefile'; fix: remove one of the two",
    ),
    (
        {"pattern": {"file": "Makefile", "dither": True}},
        "pattern.dither = True: dither cannot stand beside file = 'Makefile'; "
        "fix: remove one of the two",
    ),
    (
        {"pattern": {"type": 1, "phi": 0}},
        "pattern.phi = 0: phi is a seed vector entry, and type = 1 has no seed vectors; "
        "fix: remove phi, or choose type 2 or 3",
    ),
    (
        {"pattern": [{"phi": 3}, {}]},
        "pattern[1].phi = 3: phi must be below the depth of junction 1, 12 / 4 = 3; "
        "fix: phi of 0 to 2",
    ),
    (
        {"hardware.forwarding": False, "hardware.registers": 1},
        "pattern.type = 2: no seed vectors without a delta hazard exist in junction 2: without "
        "forwarding its depth 2 must be at least 2 + registers = 3; "
        "fix: forwarding = true, registers <= 0, or a smaller z",
    ),
    (
        {"hardware.forwarding": False, "hardware.registers": {"multiplier": 1, "network": 2}},
        "pattern.type = 2: no seed vectors without a delta hazard exist in junction 2: without "
        "forwarding its depth 2 must be at least 5; "
        "fix: forwarding = true, fewer registers, or a smaller z",
    ),
    (
        {"hardware": {"z": [4, 8], "forwarding": False}, "pattern": [{}, {}]},
        "pattern[2].type = 2: no seed vectors without a delta hazard exist in junction 2: without "
        "forwarding its depth 1 must be at least 2 + registers = 2; "
        "fix: forwarding = true, or a smaller z",
    ),
]


@pytest.mark.parametrize("changes, line", ONE_MISTAKE, ids=lambda value: str(value)[:50])
def test_one_mistake(changes, line):
    assert lines_of(spoilt(changes)) == [f"my.toml: {line}"]


def test_all_mistakes_of_a_file_are_reported_at_once():
    changes = {
        "format": 3,
        "extra": 1,
        "network.layers": "many",
        "network.wide": 1,
        "hardware.registers": -2,
        "number.int_bits": 0,
        "number.profile": "x",
        "pattern.phi": "x",
        "training.eta_shift": [[1, 30]],
    }
    assert [line.split(":")[1].split(" = ")[0].strip() for line in lines_of(spoilt(changes))] == [
        "format",
        "extra",
        "network.layers",
        "network.wide",
        "hardware.registers",
        "number.int_bits",
        "number.profile",
        "pattern.phi",
        "training.eta_shift",  # where it begins; its limit depends on [number], which is wrong too
    ]


def test_every_junction_is_reported():
    lines = lines_of(spoilt({"network.out_degrees": [3, 7], "hardware.z": [5, 3]}))
    assert [line.split(" ")[1] for line in lines] == [
        "hardware.z[1]",
        "network.out_degrees[1]",
        "hardware.z[2]",
        "network.out_degrees[2]",
    ]


def test_a_value_of_many_lines_stays_on_one():
    assert len(lines_of(spoilt({"network.cost": "a\nb\r\nc"}))[0].splitlines()) == 1


@pytest.mark.parametrize(
    "content, line",
    [
        (b"format = ", "syntax: Invalid value (at end of document); fix: correct the line"),
        (b"\xff", "file: is not UTF-8 text; fix: give a TOML design file"),
        (None, "file: No such file or directory; fix: give the path of a design file"),
    ],
)
def test_files_that_are_no_design(tmp_path, content, line):
    path = tmp_path / "my.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        load_design(path)
    assert error.value.lines == [f"{path}: {line}"]


def test_json_round_trip(tmp_path):
    patterns = [{"type": 1, "dither": True}, {"type": 3, "phi": 1}]
    changes = {"pattern": patterns, "training.eta_shift": [[0, 3], [9, 4]], "number.frac_bits": 9}
    design = make_design(spoilt(changes))
    path = tmp_path / "design.json"
    path.write_text(design_to_json(design))
    assert load_design(path) == design


# Pattern files.


def test_pattern_files_name_the_array(tmp_path):
    def lines(**arrays):
        np.savez(tmp_path / "p.npz", **arrays)
        design = make_design(spoilt({"pattern": {"file": "p.npz"}}), directory=tmp_path)
        with pytest.raises(BadInput) as error:
            draw_all(design)
        return [line.removeprefix(f"{tmp_path / 'p.npz'}: ") for line in error.value.lines]

    left_1, left_2 = np.zeros((6, 4), int), np.zeros((6, 4), int)
    assert lines(left_2=left_2)[0].endswith(
        "the array is missing; fix: add left_1, (6, 4) integers"
    )
    assert lines(left_1=left_1[:5], left_2=left_2) == [
        "left_1 = 'int64[5, 4]': pattern must have shape (6, 4), not (5, 4); "
        "fix: regenerate it for this design"
    ]
    assert lines(left_1=left_1 + 12, left_2=left_2) == [
        "left_1 = 'int64[6, 4]': left neurons must be 0 to 11, not 12; "
        "fix: regenerate it for this design"
    ]
    assert lines(left_1=left_1 * 1.0, left_2=left_2[0]) == [
        "left_1 = 'float64[6, 4]': is not an integer table; fix: (clocks, z) integers",
        "left_2 = 'int64[4]': is not an integer table; fix: (clocks, z) integers",
    ]


def test_files_that_are_not_there_are_named_with_their_keys(tmp_path):
    changes = {"pattern": {"file": "p.npz"}, "training": {"initial": "s.npz"}}
    with pytest.raises(BadInput) as error:
        make_design(spoilt(changes), source="my.toml", directory=tmp_path)
    fix = f"there is no such file; fix: give a path relative to {tmp_path}"
    assert error.value.lines == [
        f"my.toml: pattern.file = 'p.npz': {fix}",
        f"my.toml: training.initial = 's.npz': {fix}",
    ]


def test_rules_of_one_section_do_not_hide_those_of_another():
    """A wrong number of out-degrees, a z that divides nothing and too many bits, in one run."""
    raw = spoilt({})
    raw["network"]["out_degrees"] = raw["network"]["out_degrees"][:1]
    raw["hardware"]["z"] = [5, *raw["hardware"]["z"][1:]]
    raw["number"] = {"int_bits": 12, "frac_bits": 20}
    keys = [mistake.key for mistake in mistakes_of(raw)]
    assert keys == ["network.out_degrees", "hardware.z[1]", "number.frac_bits"]


def mistakes_of(raw):
    with pytest.raises(BadInput) as error:
        make_design(raw)
    return error.value.mistakes


@pytest.mark.parametrize(
    "content, what",
    [(b"PK", "is not an .npz file"), (b"", "is not an .npz")],
)
def test_pattern_files_that_are_none(tmp_path, content, what):
    (tmp_path / "p.npz").write_bytes(content)
    design = make_design(spoilt({"pattern": {"file": "p.npz"}}), directory=tmp_path)
    with pytest.raises(BadInput) as error:
        draw_all(design)
    assert what in error.value.lines[0] and len(error.value.lines) == 1
