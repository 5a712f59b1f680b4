"""A directory is read by path, size and content."""

from dryfit.model.digest import diff
from dryfit.resources.digest import directory


def test_files_and_links_are_read(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").write_text("hello")
    (tmp_path / "link").symlink_to("a")
    (contents,) = directory.read(tmp_path, "uploads").contents
    assert [row[0] for row in contents.rows] == ['"a/b.txt"', '"link"']
    assert contents.rows[0][1] == "5"
    assert contents.rows[1][2] == '"→ a"'


def test_a_change_is_told(tmp_path):
    (tmp_path / "b.txt").write_text("hello")
    before = directory.read(tmp_path, "uploads")
    (tmp_path / "b.txt").write_text("hallo")
    (tmp_path / "c.txt").write_text("")
    told = [str(change) for change in diff(before, directory.read(tmp_path, "uploads"))]
    assert told == [
        'files: 1 row added (path="c.txt", size=0, content="e3b0c44298fc")',
        'files: 1 row changed (path="b.txt": content "2cf24dba5fb0" → "d3751d33f9cd")',
    ]


def test_a_directory_that_is_not_there_is_empty(tmp_path):
    (contents,) = directory.read(tmp_path / "none", "uploads").contents
    assert contents.rows == ()


def test_too_many_files_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(directory, "MOST_FILES", 1)
    for name in "ab":
        (tmp_path / name).touch()
    assert directory.read(tmp_path, "uploads").skipped == ((("uploads", "files"), "more than 1 files"),)
