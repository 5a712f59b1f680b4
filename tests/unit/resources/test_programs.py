"""What a kind needs on this machine is found, or named with the way to get it."""

import sys
from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.programs import find_program, needs_library
from dryfit.resources.registry import kind_named


def test_a_program_is_found_in_the_path_and_where_servers_are_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("bin", "sbin"):
        program = tmp_path / folder / f"in-{folder}"
        program.parent.mkdir()
        program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("dryfit.resources.programs.SERVER_FOLDERS", (str(tmp_path / "sbin"),))
    assert find_program("kind", ("missing", "in-bin"), "") == str(tmp_path / "bin" / "in-bin")
    assert find_program("kind", ("in-sbin",), "") == str(tmp_path / "sbin" / "in-sbin")


def test_a_missing_program_is_named_with_the_way_to_get_it() -> None:
    message = "queue: no program no-such-a or no-such-b on this machine; apt-get install queue"
    with pytest.raises(ResourceError, match=message):
        find_program("queue", ("no-such-a", "no-such-b"), "apt-get install queue")


def test_a_missing_library_is_named_with_the_extra_that_brings_it() -> None:
    message = r'queue: the library no_such_library is not installed; pip install "dryfit\[queue\]"'
    with pytest.raises(ResourceError, match=message), needs_library("queue", "queue"):
        import no_such_library  # noqa: F401


@pytest.mark.parametrize(
    ("kind", "library"), [("postgres", "psycopg"), ("redis", "redis"), ("mariadb", "pymysql")]
)
def test_a_kind_that_lacks_its_driver_says_so_at_the_first_question(
    kind: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)  # as if it were not installed
    install = rf'{library}.* not installed.*pip install "dryfit\[{kind}\]"'
    with pytest.raises(ResourceError, match=install):
        kind_named(kind).is_ready(Endpoint("127.0.0.1", 1))


def test_postgresql_without_its_driver_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ResourceError, match=r'pip install "dryfit\[postgres\]"'):
        kind_named("postgres").open(
            Declaration("database", "postgres"), Endpoint("127.0.0.1", 1), tmp_path, ""
        )
