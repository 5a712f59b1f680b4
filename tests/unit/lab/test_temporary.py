"""Of the files in the folder for temporary files, which is everybody's, only those that were made here are ours."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from dryfit.lab.temporary import Temporary


@dataclass(frozen=True, slots=True)
class Place:
    """``before`` is a folder with files that were there before anybody listened."""

    temporary: Temporary
    before: Path

    def holds(self, path: Path) -> bool:
        return self.temporary.holds(path)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    before, own = tmp_path_factory.mktemp("before"), tmp_path_factory.mktemp("own")
    for name in ("kept", "removed", "moved", "overwritten"):
        (before / name).write_text("theirs")
    temporary = Temporary(own)
    temporary.listen()  # for good: the interpreter forgets nobody who listens
    assert temporary.holds(own / "deep" / "file")
    return Place(temporary, before)


def test_what_was_made_here_is_ours_and_what_was_there_is_not(place: Place) -> None:
    made = Path(tempfile.mkdtemp(dir=place.before))
    descriptor, file = tempfile.mkstemp(dir=place.before)
    os.close(descriptor)
    assert place.holds(made)
    assert place.holds(made / "data.db")
    assert place.holds(Path(file))
    assert not place.holds(place.before / "kept")
    assert not place.holds(place.before / "never made")
    assert not place.holds(Path(__file__))


@pytest.mark.parametrize("address", ["{}", "file:{}?mode=rwc"])
def test_a_database_is_ours_from_its_first_connection_on(place: Place, address: str) -> None:
    path = place.before / f"data {len(address)}.db"
    with closing(sqlite3.connect(address.format(path), uri=True)):
        assert place.holds(path)
    with closing(sqlite3.connect(place.before / "kept")):
        assert not place.holds(place.before / "kept")


def test_what_was_removed_is_ours_no_more(place: Place) -> None:
    folder, file = place.before / "folder", place.before / "file"
    folder.mkdir()
    file.touch()
    shutil.rmtree(folder)
    file.unlink()
    assert not place.holds(folder / "data.db")
    assert not place.holds(file)


def test_what_was_theirs_never_becomes_ours(place: Place) -> None:
    (place.before / "removed").unlink()
    (place.before / "moved").rename(place.before / "away")
    for name in ("removed", "moved"):
        (place.before / name).write_text("new")
        assert not place.holds(place.before / name)
    assert not place.holds(place.before / "away")
    new = place.before / "new"
    new.touch()
    new.replace(place.before / "overwritten")
    assert not place.holds(place.before / "overwritten")


def test_what_is_ours_stays_so_under_another_name(place: Place) -> None:
    first, second = place.before / "first", place.before / "second"
    first.touch()
    first.rename(second)
    assert place.holds(second)
    assert not place.holds(first)


def test_a_link_is_what_it_leads_to(place: Place) -> None:
    link = place.before / "link"
    link.symlink_to(place.before / "kept")
    assert not place.holds(link)
