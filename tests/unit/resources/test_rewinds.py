"""Each connection's state is put back by what it leads to, and by nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dryfit.model.resource import Declaration
from dryfit.model.target import Target
from dryfit.resources.kinds.sqlite import kind
from dryfit.resources.rewinds import Refused, Together, rewind_of


def nothing(path: Path) -> bool:
    """None of the files is the tests' own."""
    return False


def file(path: Path) -> Target:
    return Target("sqlite", path.name, str(path))


def below(folder: Path) -> Callable[[Path], bool]:
    """All that lies in a folder is."""
    return lambda path: path.is_relative_to(folder)


def test_a_file_in_the_tests_folder_may_be_written_to(tmp_path):
    assert rewind_of(file(tmp_path / "a" / "data.db"), (), below(tmp_path)).take() == ""


def test_a_file_elsewhere_may_not(tmp_path):
    (tmp_path / "link.db").symlink_to("/somewhere/else.db")
    for path in (Path("/somewhere/else.db"), tmp_path / "link.db", tmp_path / ".." / "data.db"):
        assert "put it below tmp_path" in rewind_of(file(path), (), below(tmp_path)).take()


def test_a_resource_of_dryfits_own_is_known_by_its_path(tmp_path):
    with closing(kind.open(Declaration("data", "sqlite"), None, tmp_path, "a")) as resource:
        rewind = rewind_of(file(resource.handle.path), [resource], nothing)
        assert rewind.take() == ""
        with closing(sqlite3.connect(resource.handle.path)) as connection:
            connection.execute("CREATE TABLE things (id)")
            assert rewind.back() == ""
            assert connection.execute("SELECT * FROM sqlite_schema").fetchall() == []
            connection.close()
        assert resource.clean() == ()


def test_a_database_in_memory_is_reached_by_its_connection():
    with closing(sqlite3.connect(":memory:")) as connection:
        rewind = rewind_of(Target("sqlite", ":memory: 1", "", lambda: connection), (), nothing)
        assert rewind.take() == ""
        connection.execute("CREATE TABLE things (id)")
        assert rewind.back() == ""
        assert connection.execute("SELECT * FROM sqlite_schema").fetchall() == []
    gone = rewind_of(Target("sqlite", ":memory: 1", "", lambda: None), (), nothing)
    assert (gone.take(), gone.back()) == ("", "")


def test_of_a_database_in_memory_that_is_closed_nothing_is_left():
    connection = sqlite3.connect(":memory:")
    target = Target("sqlite", ":memory: 1", "", lambda: connection)
    closed_meanwhile = rewind_of(target, (), nothing)
    assert closed_meanwhile.take() == ""
    connection.close()

    assert "closed by the operations" in closed_meanwhile.back()
    assert rewind_of(target, (), nothing).take() == ""


@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_a_server_of_somebody_elses_is_refused(kind):
    rewind = rewind_of(Target(kind, "theirs", ""), (), nothing)
    assert rewind.take() == f"{kind} theirs is none of dryfit's own; declare it in [tool.dryfit.resources]"
    assert rewind.back() == rewind.take()


def test_several_are_put_back_until_one_refuses(tmp_path):
    good = rewind_of(file(tmp_path / "data.db"), (), below(tmp_path))
    assert (Together((good, good)).take(), Together((good,)).back()) == ("", "")
    assert (Together((good, Refused("no"))).take(), Together((Refused("no"), good)).back()) == ("no", "no")
