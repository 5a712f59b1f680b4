"""A project's source as it was at a git revision."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dryfit.discover.revisions import changed_files, checked_out, file_at, find_revision
from dryfit.model.errors import UsageError


def git(root: Path, *arguments: str) -> str:
    named = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", str(root), *named, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits: ``a.py`` says 1, then 2."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    for text in ("1", "2"):
        (root / "a.py").write_text(text)
        (root / "notes.txt").write_text(text)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", text)
    return root


def test_the_source_of_the_revision_is_there_and_nothing_else(repository: Path) -> None:
    with checked_out(repository, "HEAD~1") as folder:
        assert {path.name: path.read_text() for path in folder.iterdir()} == {"a.py": "1"}
    assert not folder.exists()


def test_the_work_tree_the_index_and_the_repository_stay_as_they_are(repository: Path) -> None:
    (repository / "a.py").write_text("3")
    (repository / "b.py").write_text("new")
    git(repository, "add", "b.py")
    before = state(repository)
    with checked_out(repository, "HEAD~1"):
        pass
    assert state(repository) == before


def state(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_no_filter_and_no_attribute_has_a_part_in_it(repository: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (repository / ".gitattributes").write_text("a.py filter=spy export-ignore\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "attributes")
    git(repository, "config", "filter.spy.smudge", f"touch {ran}; cat")
    with checked_out(repository, "HEAD") as folder:
        assert (folder / "a.py").read_text() == "2"
    assert not ran.exists()


def test_a_link_is_left_out(repository: Path) -> None:
    (repository / "link.py").symlink_to("/etc/hostname")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "link")
    with checked_out(repository, "HEAD") as folder:
        assert [path.name for path in folder.iterdir()] == ["a.py"]


def test_a_project_below_the_top_of_its_repository_is_taken_from_there(repository: Path) -> None:
    inner = repository / "service"
    (inner / "pkg").mkdir(parents=True)
    (inner / "pkg" / "b.py").write_text("b")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "inner")
    with checked_out(inner, "HEAD") as folder:
        assert [str(path.relative_to(folder)) for path in folder.rglob("*.py")] == ["pkg/b.py"]


def test_a_revision_that_does_not_exist(repository: Path) -> None:
    with pytest.raises(UsageError, match=r"revision v9: git knows no such revision; `git log"):
        find_revision(repository, "v9")


@pytest.mark.parametrize("revision", ["--all", "-h", "HEAD:a.py", "", "HEAD~9"])
def test_what_is_no_revision_is_never_taken_for_an_option(repository: Path, revision: str) -> None:
    with pytest.raises(UsageError, match="git knows no such revision"):
        find_revision(repository, revision)


def test_a_shallow_clone_without_the_revision(repository: Path, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(repository, "clone", "-q", "--depth", "1", repository.as_uri(), str(shallow))
    with pytest.raises(UsageError, match="shallow clone; fetch it: git fetch --unshallow"):
        find_revision(shallow, git(repository, "rev-parse", "HEAD~1"))


def test_a_folder_that_is_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="is no git work tree"):
        find_revision(tmp_path, "HEAD")


def test_no_git(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="git cannot be run"):
        find_revision(repository, "HEAD")


def test_a_revision_without_source(repository: Path) -> None:
    git(repository, "checkout", "-q", "--orphan", "empty")
    git(repository, "rm", "-q", "--cached", "a.py")
    git(repository, "commit", "-q", "-m", "only notes")
    with pytest.raises(UsageError, match="holds no Python file"), checked_out(repository, "HEAD"):
        pass


def test_one_file_of_a_revision(repository: Path) -> None:
    assert file_at(repository, "HEAD~1", "notes.txt") == "1"
    with pytest.raises(UsageError, match=r"revision HEAD: has no other\.txt"):
        file_at(repository, "HEAD", "other.txt")


def test_changed_is_what_is_not_as_it_was(repository: Path) -> None:
    assert changed_files(repository, "HEAD") == frozenset()
    assert changed_files(repository, "HEAD~1") == {"a.py", "notes.txt"}
    (repository / "new.py").write_text("")
    (repository / ".gitignore").write_text("*.log")
    (repository / "ran.log").write_text("")
    git(repository, "mv", "a.py", "é b.py")
    assert changed_files(repository, "HEAD") == {"new.py", ".gitignore", "a.py", "é b.py"}


def test_what_others_have_changed_since_the_branch_began_is_not_its_own(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "feature", "HEAD~1")
    (repository / "feature.py").write_text("")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "feature")
    assert changed_files(repository, "@{-1}") == {"feature.py"}


def test_changed_files_are_named_from_a_project_below_the_top(repository: Path) -> None:
    (repository / "part").mkdir()
    (repository / "part" / "c.py").write_text("")
    (repository / "d.py").write_text("")
    git(repository, "add", "-A")
    assert changed_files(repository / "part", "HEAD") == {"c.py"}


def test_an_object_that_git_has_not_here(repository: Path) -> None:
    blob = git(repository, "rev-parse", "HEAD:a.py")
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with (
        pytest.raises(UsageError, match="git has not all of its files here"),
        checked_out(repository, "HEAD"),
    ):
        pass
