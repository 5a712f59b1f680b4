"""Files that operations write are put back to what they were before."""

from __future__ import annotations

from pathlib import Path

import pytest

from dryfit.lab import files
from dryfit.lab.file_rewind import FileRewind


def test_a_file_goes_back_to_what_it_was_and_a_new_one_away(tmp_path: Path) -> None:
    old, new, removed = tmp_path / "old", tmp_path / "new", tmp_path / "removed"
    old.write_text("as it was")
    removed.write_text("still there")
    rewind = FileRewind(lambda path: True)

    for path in (old, new, removed, old):
        rewind.opening(path)
        path.write_text("changed")
    removed.unlink()

    assert rewind.back() == ""
    assert (old.read_text(), new.exists(), removed.read_text()) == ("as it was", False, "still there")


def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    rewind = FileRewind(lambda path: True)
    rewind.opening(tmp_path)

    assert rewind.back() == ""
    assert tmp_path.is_dir()


def test_a_large_file_is_not_remembered(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 3)
    (tmp_path / "large").write_text("more")
    rewind = FileRewind(lambda path: True)
    rewind.opening(tmp_path / "large")

    assert "large has more than" in rewind.back()


@pytest.mark.parametrize("is_there_before", [True, False])
def test_a_file_that_is_not_the_tests_own_is_never_touched(tmp_path: Path, is_there_before: bool) -> None:
    theirs = tmp_path / "log"
    if is_there_before:
        theirs.touch()
    rewind = FileRewind(lambda path: False)
    rewind.opening(theirs)
    theirs.write_text("of another process")

    assert "is not among the tests' temporary files" in rewind.back()
    assert theirs.read_text() == "of another process"
