"""A lock that is removed by whoever holds it keeps nobody's word any more."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest

from dryfit.resources import locks


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "some.lock"


def test_who_waited_for_a_lock_that_was_removed_takes_the_next_one(lock: Path, monkeypatch) -> None:
    waits, got = threading.Event(), threading.Event()
    flock = fcntl.flock

    def told(file: object, how: int) -> None:
        waits.set()
        flock(file, how)

    def wait() -> None:
        with locks.locked(lock):
            got.set()

    with locks.locked(lock):
        monkeypatch.setattr(fcntl, "flock", told)
        waiter = threading.Thread(target=wait)
        waiter.start()
        assert waits.wait(10)
        lock.unlink()
        waits.clear()
        with locks.locked(lock):  # stands again, and is ours, before the other one looks
            assert not got.is_set()
    waiter.join(10)
    assert got.is_set()


def test_only_an_empty_lock_that_nobody_holds_is_removed(lock: Path, tmp_path: Path) -> None:
    with locks.locked(lock):
        assert not locks.sweep(lock)
    notes = tmp_path / "notes.lock"
    notes.write_text("somebody's")
    link = tmp_path / "link.lock"
    link.symlink_to(lock)
    assert [locks.sweep(path) for path in (notes, link, lock, lock)] == [False, False, True, False]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.lock", "notes.lock"]
