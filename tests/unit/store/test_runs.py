"""Runs beside each other, the latest one, and the old ones that go."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dryfit.model.errors import StoreError
from dryfit.model.run import RunInfo
from dryfit.model.trace import Behaviour, Observations
from dryfit.store import runs
from dryfit.store.reader import load
from dryfit.store.writer import RunWriter


def begin(root: Path, name: str, day: int) -> RunWriter:
    return RunWriter.create(root, RunInfo(name, f"2026-01-{day:02}T12:00:00+00:00", 0.0, "3.11.7", "", 0))


def names(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".dryfit/runs").iterdir())


def test_two_runs_at_once(tmp_path: Path) -> None:
    with begin(tmp_path, "one", 1) as one, begin(tmp_path, "two", 2) as two:
        one.append(Observations(warnings=("one",)))
        two.append(Observations(warnings=("two",)))
    assert [load(runs.find(tmp_path, name)).observations.warnings for name in ("one", "two")] == [
        ("one",),
        ("two",),
    ]


def test_the_latest_began_last_whatever_its_name(tmp_path: Path) -> None:
    begin(tmp_path, "zzz", 1).close()
    begin(tmp_path, "aaa", 3).close()
    begin(tmp_path, "mmm", 2).close()
    assert runs.latest(tmp_path) == runs.find(tmp_path, "aaa")


def test_the_latest_is_none_that_is_still_written(tmp_path: Path) -> None:
    begin(tmp_path, "old", 1).close()
    with begin(tmp_path, "new", 2):
        assert runs.latest(tmp_path) == runs.find(tmp_path, "old")
    assert runs.latest(tmp_path) == runs.find(tmp_path, "new")


def test_no_run_at_all(tmp_path: Path) -> None:
    assert runs.latest(tmp_path) is None
    with pytest.raises(StoreError, match=r"no such run; kept under .*: none yet"):
        runs.find(tmp_path, "one")


def test_a_run_that_has_not_ended(tmp_path: Path) -> None:
    with begin(tmp_path, "one", 1), pytest.raises(StoreError, match="has not ended yet"):
        runs.find(tmp_path, "one")


def test_an_unknown_run(tmp_path: Path) -> None:
    begin(tmp_path, "one", 1).close()
    begin(tmp_path, "two", 2).close()
    with pytest.raises(StoreError, match=r"no such run; kept under .*: two, one"):
        runs.find(tmp_path, "three")


def test_the_newest_ten_stay(tmp_path: Path) -> None:
    for day in range(1, 13):
        begin(tmp_path, f"run-{day:02}", day).close()
    assert names(tmp_path) == [f"run-{day:02}" for day in range(3, 13)]


def test_a_run_that_is_written_stays_however_old(tmp_path: Path) -> None:
    with begin(tmp_path, "oldest", 1) as writer:
        for day in range(2, 14):
            begin(tmp_path, f"run-{day:02}", day).close()
        writer.append(Observations(warnings=("still here",)))
        assert writer.warning is None
    assert load(runs.find(tmp_path, "oldest")).observations.warnings == ("still here",)


def test_a_claim_ends_although_a_forked_process_lives_on(tmp_path: Path) -> None:
    done, go = os.pipe()
    with begin(tmp_path, "one", 1):
        child = os.fork()
        if not child:
            os.close(go)
            os.read(done, 1)  # until the parent has looked
            os._exit(0)
    try:
        assert runs.latest(tmp_path) == runs.find(tmp_path, "one")
    finally:
        os.close(go)
        os.waitpid(child, 0)
        os.close(done)


def test_without_locks_nothing_is_removed_and_all_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(handle: int, operation: int) -> None:
        raise OSError("no locks available")

    monkeypatch.setattr(runs.fcntl, "flock", refuse)
    for day in range(1, 13):
        begin(tmp_path, f"run-{day:02}", day).close()
    assert len(names(tmp_path)) == 12
    assert runs.latest(tmp_path) == runs.find(tmp_path, "run-12")


def test_a_run_of_a_newer_dryfit_counts_by_the_age_of_its_directory(tmp_path: Path) -> None:
    begin(tmp_path, "now", 1).close()
    begin(tmp_path, "foreign", 2).close()
    path = runs.find(tmp_path, "foreign")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 1000")
    connection.close()
    os.utime(path.parent, (0, 0))
    assert runs.latest(tmp_path) == runs.find(tmp_path, "now")
    os.utime(path.parent)
    assert runs.latest(tmp_path) == path


# What earlier runs showed.


def show(root: Path, name: str, day: int, shown: Behaviour) -> None:
    with begin(root, name, day) as writer:
        writer.append(Observations(behaviours=(replace(shown, key=name),)))


def test_the_last_few_runs_are_asked_and_not_the_run_itself(tmp_path: Path, behaviour: Behaviour) -> None:
    for day in range(1, runs.EARLIER + 3):
        show(tmp_path, f"run-{day}", day, behaviour)
    last = f"run-{runs.EARLIER + 2}"
    info = load(runs.find(tmp_path, last)).info
    asked = {behaviour.seam.callable}
    keys = [each.key for each in runs.earlier(tmp_path, info, asked)]
    assert keys == [f"run-{day}" for day in range(runs.EARLIER + 1, 1, -1)]
    assert [each.key for each in runs.earlier(tmp_path, info, asked, most=1)] == keys[:1]
    assert runs.earlier(tmp_path, info, {"another.callable"}) == ()


def test_what_cannot_be_read_shows_nothing(tmp_path: Path, behaviour: Behaviour) -> None:
    show(tmp_path, "old", 1, behaviour)
    show(tmp_path, "broken", 2, behaviour)
    runs.find(tmp_path, "broken").write_bytes(b"no database")
    with begin(tmp_path, "now", 3) as now, begin(tmp_path, "open", 4) as writer:
        writer.append(Observations(behaviours=(behaviour,)))
        assert now.warning is None
        info = RunInfo("now", "2026-01-03T12:00:00+00:00", 0.0, "3.11.7", "", 0)
        asked = {behaviour.seam.callable}
        assert [each.key for each in runs.earlier(tmp_path, info, asked)] == ["old"]
    assert runs.earlier(tmp_path / "elsewhere", info, asked) == ()


def test_ids_differ_in_the_same_second() -> None:
    moment = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    ids = {runs.new_id(moment) for _ in range(50)}
    assert len(ids) == 50
    assert all(id_.startswith("20260131T235959-") for id_ in ids)
