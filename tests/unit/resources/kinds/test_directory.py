"""A directory that is as it was at the beginning, whatever a test did in it."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Leftover
from dryfit.resources.kinds.directory import WorkDirectory, kind

NAMES = st.sampled_from(["a", "b", "sub", "sub/c", "sub/new", "new"])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project with spaces")
    (root / "seed" / "sub").mkdir(parents=True)
    for name in ("a", "b", "sub/c"):
        (root / "seed" / name).write_text(f"content of {name}")
    return root


@pytest.fixture
def seeded(project: Path) -> Iterator[WorkDirectory]:
    declaration = Declaration("uploads", "directory", options={"seed": "seed"})
    with closing(kind.open(declaration, None, project, "one")) as directory:
        yield directory


def content(top: Path) -> dict[str, str | None]:
    return {
        str(path.relative_to(top)): path.read_text() if path.is_file() else None for path in top.rglob("*")
    }


def test_without_a_seed_it_is_empty(tmp_path: Path) -> None:
    with closing(kind.open(Declaration("scratch", "directory"), None, tmp_path, "one")) as directory:
        (directory.handle.path / "x").write_text("1")
        assert directory.clean() == (Leftover("scratch", ".", "files added", 1, ("x",)),)
        assert content(directory.handle.path) == {}
        assert directory.handle.url == str(directory.handle.path)


def test_clean_tells_what_is_new_changed_and_gone(seeded: WorkDirectory, project: Path) -> None:
    path = seeded.handle.path
    (path / "new").write_text("x")
    (path / "a").write_text("CONTENT OF a")
    (path / "sub" / "c").unlink()
    assert seeded.clean() == (
        Leftover("uploads", ".", "files added", 1, ("new",)),
        Leftover("uploads", ".", "files changed", 1, ("a",)),
        Leftover("uploads", ".", "files removed", 1, ("sub/c",)),
    )
    assert content(path) == content(project / "seed")
    assert seeded.clean() == ()


def test_a_change_that_no_time_tells_is_seen(seeded: WorkDirectory) -> None:
    path = seeded.handle.path / "a"
    for _ in range(20):  # as fast as can be, within one tick of the kernel's clock for files
        path.write_text(path.read_text().upper())
        assert [left.sample for left in seeded.clean()] == [("a",)]


@pytest.mark.parametrize(
    "change",
    [
        lambda path: os.chmod(path / "a", 0o600),
        lambda path: (path / "b").replace(path / "a"),
        lambda path: (path / "a").unlink() or (path / "a").symlink_to("b"),
        lambda path: (path / "sub" / "c").unlink() or (path / "sub").rmdir(),
        lambda path: os.mkfifo(path / "pipe"),
    ],
    ids=["mode", "renamed", "link", "directory", "pipe"],
)
def test_other_changes_are_undone_too(
    seeded: WorkDirectory, project: Path, change: Callable[[Path], object]
) -> None:
    mode = (seeded.handle.path / "a").stat().st_mode
    change(seeded.handle.path)
    assert seeded.clean() != ()
    assert content(seeded.handle.path) == content(project / "seed")
    assert (seeded.handle.path / "a").lstat().st_mode == mode


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(["write", "remove", "mkdir"]), NAMES), max_size=6))
def test_whatever_was_done_the_next_test_sees_the_beginning(
    seeded: WorkDirectory, project: Path, steps: list[tuple[str, str]]
) -> None:
    before = content(seeded.handle.path)
    for step, name in steps:
        act(step, seeded.handle.path / name)
    differs = content(seeded.handle.path) != before
    left = seeded.clean()
    assert left or not differs
    assert content(seeded.handle.path) == before == content(project / "seed")


def act(step: str, path: Path) -> None:
    if step == "mkdir" and not path.exists():
        path.mkdir(parents=True)
    elif step == "write" and not path.is_dir() and path.parent.is_dir():
        path.write_text("written")
    elif step == "remove" and path.is_file():
        path.unlink()


def test_a_seed_that_is_not_there_is_named(tmp_path: Path) -> None:
    declaration = Declaration("uploads", "directory", options={"seed": "nowhere"})
    with pytest.raises(ResourceError, match="nowhere is no directory; correct the key seed"):
        kind.open(declaration, None, tmp_path, "one")
