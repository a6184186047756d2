"""Where trainings run and what remembers them: records, campaigns, clusters."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from trial_tools import campaign_here, process, scheduler, until, worker

from hwsim.errors import BadInput, Refused
from hwsim.trials.campaign import campaign
from hwsim.trials.cluster import Cluster
from hwsim.trials.place import choose
from hwsim.trials.records import Records, key_of


@dataclass(frozen=True)
class Doubling:
    """A training that doubles."""

    number: int

    def description(self):
        return {"number": self.number}

    def run(self):
        return {"double": 2 * self.number}


def test_a_training_has_one_name_whatever_the_order_of_its_keys():
    assert key_of({"a": 1, "b": [2]}) == key_of({"b": [2], "a": 1})
    assert key_of({"a": 1}) != key_of({"a": 2})


def test_what_is_recorded_is_not_run_again(tmp_path):
    path = tmp_path / "records.sqlite"
    first = campaign_here(path)
    steps = []
    found = first.run({"x": Doubling(1), "y": Doubling(2), "again": Doubling(1)}, steps.append)
    assert found == {"x": {"double": 2}, "y": {"double": 4}, "again": {"double": 2}}
    assert (first.place.runs, first.asked, first.found, sum(steps)) == (2, 3, 0, 3)
    first.records.close()
    second = campaign_here(path)
    assert second.run({2: Doubling(2), 3: Doubling(3)}) == {2: {"double": 4}, 3: {"double": 6}}
    assert (second.place.runs, second.asked, second.found, second.trained) == (1, 2, 1, 1)
    second.records.close()


def test_a_killed_run_leaves_whole_trainings_behind(tmp_path):
    path = tmp_path / "records.sqlite"

    class Dies(Doubling):
        def run(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        campaign_here(path).run({k: (Doubling, Dies)[k == 2](k) for k in range(4)})
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT what, result FROM training ORDER BY what").fetchall()
    assert rows == [('{"number": 0}', '{"double": 0}'), ('{"number": 1}', '{"double": 2}')]


def test_a_training_that_kills_its_process_is_said_to(tmp_path):
    class Nowhere:
        def execute(self, function, arguments):
            yield from dict.fromkeys(arguments).items()

        def close(self):
            pass

    runs = campaign_here()
    runs.place = Nowhere()
    with pytest.raises(Refused, match="a training kills its process"):
        runs.run({1: Doubling(1)})


def test_files_that_are_no_records_are_refused(tmp_path):
    (tmp_path / "text").write_text("no database at all, but more than a hundred bytes of it" * 3)
    with closing(sqlite3.connect(tmp_path / "other")) as database, database:
        database.execute("CREATE TABLE training (key TEXT)")
    (tmp_path / "folder").mkdir()
    for name, words in (
        ("text", "cannot be used: file is not a database"),
        ("other", "is a database of something else"),
        ("folder", "is a directory"),
    ):
        with pytest.raises(BadInput, match=rf"{name}: \w+: {words}; fix: "):
            Records(tmp_path / name)
    with pytest.raises(BadInput, match="is no regular file"):
        Records(Path("/dev/null"))
    with pytest.raises(BadInput, match="its directory does not exist"):
        Records(tmp_path / "none" / "records")


def test_a_file_is_made_when_there_is_something_to_keep(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    records = Records(Path(":memory:"))
    assert records.found(["a"]) == {} and not list(tmp_path.iterdir())
    records.keep("a", {}, {"n": 1})
    records.keep("a", {}, {"n": 2})
    assert records.found(["a", "b"]) == {"a": {"n": 1}}, "what is there stays"
    records.close()
    assert [path.name for path in tmp_path.iterdir()] == [":memory:"]


def test_a_file_that_fails_later_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setattr("hwsim.trials.records.PATIENCE_SECONDS", 0.1)
    path = tmp_path / "records"
    with closing(Records(path)) as records:
        records.keep("a", {}, {})
        with closing(sqlite3.connect(path)) as other:
            other.execute("UPDATE training SET result = '{' WHERE key = 'a'")
            other.commit()
            with pytest.raises(BadInput, match="records: cannot be used"):
                records.found(["a"])
            other.execute("BEGIN IMMEDIATE")
            for use in (lambda: records.keep("b", {}, {}), lambda: Records(path)):
                with pytest.raises(BadInput, match="another process holds it; fix: wait for it"):
                    use()


def test_another_version_trains_again(monkeypatch):
    ours = key_of({})
    monkeypatch.setattr("hwsim.trials.records.version", lambda name: "0")
    assert key_of({}) != ours


def test_a_place_is_chosen_by_one_option():
    with pytest.raises(BadInput, match=r"--jobs = 2: .*leave out --jobs or --scheduler"):
        choose(2, "tcp://127.0.0.1:1")
    assert choose(3, None).jobs == 3


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tcp://127.0.0.1:1", "no Dask scheduler answers there"),
        ("nonsense", "is no address of a scheduler"),
        ("tcp://127.0.0.1", "is no address of a scheduler"),
    ],
)
def test_a_scheduler_that_is_not_there_is_one_clear_line(address, words):
    code = f"""
import hwsim.trials.cluster as cluster
from hwsim.errors import BadInput
cluster.PATIENCE_SECONDS = 0.3
try:
    cluster.Cluster({address!r})
except BadInput as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"--scheduler = {address!r}: {words}; fix: " in done.stdout and done.stderr == ""


PRELOAD = """
import os, time
from pathlib import Path
from hwsim.search.training import SearchTraining
from hwsim.trials.records import key_of

folder = Path(os.environ["FOLDER"])

def logged(self):
    key = key_of(self.description())
    if "BLOCKED" in os.environ:
        (folder / f"begun {key}").touch()
        time.sleep(1000)
    result = self.train()
    with (folder / "ended").open("a") as log:
        log.write(key + "\\n")
    return result

if not hasattr(SearchTraining, "train"):  # Dask loads this twice
    SearchTraining.train, SearchTraining.run = SearchTraining.run, logged
"""

SEARCH = ("search", "--data", "digits", "--penalty", "clocks", "--trials", "9", "--epochs", "2",
          "--hidden", "2", "--widest", "32", "--json")  # fmt: skip


def test_a_worker_that_is_killed_loses_nothing_and_nothing_is_trained_twice(tmp_path):
    """A search on a real scheduler; one worker dies in a training, the other one goes on."""
    (tmp_path / "preload.py").write_text(PRELOAD)
    preload = ("--preload", str(tmp_path / "preload.py"))
    records = tmp_path / "cluster.sqlite"
    with (
        scheduler(tmp_path) as (address, _),
        worker(address, tmp_path, *preload, FOLDER=str(tmp_path), BLOCKED="1") as victim,
    ):
        arguments = [*SEARCH, "--scheduler", address, "--records", str(records)]
        with process("hwsim.cli", *arguments) as searching:
            until(lambda: list(tmp_path.glob("begun *")))
            with worker(address, tmp_path, *preload, FOLDER=str(tmp_path)):
                until(lambda: (tmp_path / "ended").exists())
                victim.kill()
                assert searching.wait(120) == 0
    ended = (tmp_path / "ended").read_text().split()
    with closing(sqlite3.connect(records)) as database:
        kept = [key for (key,) in database.execute("SELECT key FROM training")]
    assert sorted(ended) == sorted(kept) and len(set(ended)) == 9
    (begun,) = tmp_path.glob("begun *")
    assert begun.name.split()[1] in ended, "what the victim was doing, the other one did"


def test_a_cluster_gives_what_this_machine_gives(tmp_path):
    function, arguments = os.path.basename, {str(n): f"/a/{n}" for n in range(5)}
    with (
        scheduler(tmp_path) as (address, _),
        worker(address, tmp_path),
        closing(Cluster(address)) as it,
    ):
        until(lambda: it.workers)
        assert dict(it.execute(function, arguments)) == {str(n): str(n) for n in range(5)}
        with pytest.raises(TypeError, match="expected str"):
            list(it.execute(function, {"": 3}))
        with campaign(None, address, None) as runs:
            assert runs.run({1: Doubling(4)}) == {1: {"double": 8}}


def test_a_scheduler_that_dies_is_said_to(tmp_path):
    with (
        scheduler(tmp_path) as (address, started),
        worker(address, tmp_path),
        closing(Cluster(address)) as it,
    ):
        results = it.execute(time.sleep, {"short": 0, "long": 300})
        assert next(results) == ("short", None)
        started.kill()
        with pytest.raises(Refused, match=r"the scheduler at tcp://.* is gone"):
            next(results)
