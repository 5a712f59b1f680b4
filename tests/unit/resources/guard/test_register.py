"""The local half of the marks, and whose they are."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.resources.guard import register
from dryfit.resources.guard.mark import Identity, Mark, token_of
from dryfit.resources.guard.owner import Owner

IDENTITY = Identity("postgres", "7350", "16384")
TOKEN = "1f" * 16


@pytest.fixture
def entry(state: Path) -> Path:
    """The file of the one mark that is entered."""
    register.enter(IDENTITY, TOKEN)
    (path,) = (state / "dryfit" / "marks").iterdir()
    return path


def test_only_this_user_can_read_an_entry(entry: Path) -> None:
    assert entry.stat().st_mode & 0o777 == 0o600
    assert entry.parent.stat().st_mode & 0o777 == 0o700
    assert TOKEN not in entry.name
    assert register.find(IDENTITY, TOKEN) == register.Entry(Mark(IDENTITY, TOKEN), Owner.current())


@pytest.mark.parametrize(
    "other",
    [replace(IDENTITY, part="16385"), replace(IDENTITY, server="7351"), replace(IDENTITY, kind="redis")],
)
def test_an_entry_proves_nothing_for_another_thing(entry: Path, other: Identity) -> None:
    assert register.find(other, TOKEN) is None
    with pytest.raises(ResourceError, match="does not know to be its own"):
        register.confirm(Mark(other, TOKEN), f"dryfit {TOKEN}", "database app")


def test_a_copied_entry_proves_nothing(entry: Path) -> None:
    other = replace(IDENTITY, part="16385")
    register.enter(other, TOKEN)
    (its_file,) = set(entry.parent.iterdir()) - {entry}
    shutil.copyfile(entry, its_file)
    assert register.find(other, TOKEN) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"mark": 1}', "\0"])
def test_a_broken_entry_proves_nothing(entry: Path, text: str) -> None:
    entry.write_text(text)
    assert register.find(IDENTITY, TOKEN) is None
    assert list(register.entries("postgres", "7350")) == []
    register.tidy()


def test_an_entry_that_others_could_have_written_proves_nothing(entry: Path) -> None:
    entry.chmod(0o666)
    assert register.find(IDENTITY, TOKEN) is None


def test_a_link_in_the_place_of_an_entry_proves_nothing(entry: Path, tmp_path: Path) -> None:
    entry.rename(tmp_path / "elsewhere")
    entry.symlink_to(tmp_path / "elsewhere")
    assert register.find(IDENTITY, TOKEN) is None


def test_a_directory_that_others_could_write_to_is_an_error(entry: Path) -> None:
    entry.parent.chmod(0o777)
    with pytest.raises(ResourceError, match="others than this user"):
        register.find(IDENTITY, TOKEN)


def test_old_entries_of_dead_runs_are_dropped(
    entry: Path, dead_process: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = replace(Owner.current(), pid=dead_process)
    monkeypatch.setattr(Owner, "current", lambda: dead)
    register.enter(replace(IDENTITY, part="2"), TOKEN)
    register.enter(replace(IDENTITY, part="3"), TOKEN, for_good=True)
    register.tidy()
    assert len(list(entry.parent.iterdir())) == 3
    for path in entry.parent.iterdir():
        os.utime(path, (0, 0))
    register.tidy()
    assert {e.mark.identity.part for e in register.entries("postgres", "7350")} == {"16384", "3"}


def test_processes_are_told_apart_by_their_start(dead_process: int) -> None:
    here = Owner.current()
    assert here.lives
    assert not replace(here, pid=dead_process).lives
    assert not replace(here, started="1").lives  # another one has got the number
    assert not replace(here, boot="an earlier one").lives
    assert replace(here, host="another", boot="another").lives  # a machine with the same home directory
    assert replace(here, processes="another", pid=dead_process).lives  # a container of this machine


@pytest.mark.parametrize(
    "text", [None, "", "dryfit", "dryfit " + "x" * 32, f"dryfit {TOKEN} ", f"Dryfit {TOKEN}", TOKEN]
)
def test_what_is_no_mark(text: object) -> None:
    assert token_of(text) == ""


def test_a_mark_is_read_from_text_and_bytes() -> None:
    assert token_of(f"dryfit {TOKEN}") == token_of(f"dryfit {TOKEN}".encode()) == TOKEN


def test_entries_of_other_servers_are_not_opened(entry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = register.enter(replace(IDENTITY, server="7351"), TOKEN)
    opened = []
    monkeypatch.setattr(register, "_read", lambda path: opened.append(path) or register.Entry(other, None))
    assert list(register.entries("postgres", "7350")) == []
    assert opened == [entry]
