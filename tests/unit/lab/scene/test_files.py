"""What an entry does to files that it opens for writing: seen as they were before, and as they are afterwards."""

from __future__ import annotations

import pytest

from dryfit.model.digest import diff


@pytest.fixture
def export(stage):
    stage.write(
        export="""
        import os

        def write(path, text, fails=False):
            with open(path, "w") as file:
                file.write(text)
                if fails:
                    raise ValueError(text)

        def write_and_remove(path):
            write(path, "draft")
            os.remove(path)

        def look(path):
            with open(path) as file:
                return file.read()
    """
    )
    return stage.load("export")


def changes(trial):
    return [
        (change.source, change.place, change.what)
        for each in trial.boundaries
        for change in diff(each.before, each.after)
    ]


def test_a_new_file_and_one_that_is_overwritten(stage, export, tmp_path):
    with stage.trial() as trial:
        export.write(tmp_path / "new.txt", "a")
        export.write(str(tmp_path / "new.txt"), "b")
    assert changes(trial) == [("files", "new.txt", "rows added"), ("files", "new.txt", "rows changed")]


def test_a_file_that_is_half_written_is_another_one_than_the_whole(stage, export, tmp_path):
    with stage.trial() as whole:
        export.write(tmp_path / "list.txt", "ann, bob")
    (tmp_path / "list.txt").unlink()
    with stage.trial() as half, pytest.raises(ValueError, match="ann"):
        export.write(tmp_path / "list.txt", "ann", fails=True)
    assert changes(whole) == changes(half) == [("files", "list.txt", "rows added")]
    assert whole.boundaries[0].after.places != half.boundaries[0].after.places


def test_a_file_that_is_gone_by_the_end_is_no_change(stage, export, tmp_path):
    with stage.trial() as trial:
        export.write_and_remove(tmp_path / "draft.txt")
    assert changes(trial) == []


def test_to_read_a_file_changes_nothing(stage, export, tmp_path):
    (tmp_path / "list.txt").write_text("ann")
    with stage.trial() as trial:
        assert export.look(tmp_path / "list.txt") == "ann"
    assert [each.before.contents for each in trial.boundaries] == [()]


def test_two_files_of_one_name_are_two_places(stage, export, tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    with stage.trial() as trial:
        export.write(tmp_path / "here" / "a.txt", "1")
        export.write(tmp_path / "there" / "a.txt", "2")
    assert changes(trial) == [("files", "a.txt", "rows added")] * 2
