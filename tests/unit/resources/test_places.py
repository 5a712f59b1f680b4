"""Folders of this user's own: where there can be none, what is made again is made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from dryfit.resources import places


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_folder_of_the_cache_is_made_once(home: Path) -> None:
    assert places.kept("templates") == places.kept("templates") == home / "dryfit" / "templates"
    assert (home / "dryfit" / "templates").is_dir()


def test_a_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    home.mkdir()
    (home / "dryfit").symlink_to(tmp_path)
    assert places.kept("templates") is None
    assert [file.name for file in tmp_path.iterdir()] == ["home"]


def test_what_is_no_folder_stays_as_it_is(home: Path) -> None:
    home.write_text("a file")
    assert places.kept("templates") is None
    assert home.read_text() == "a file"


def test_a_file_of_that_name_is_left_alone(home: Path) -> None:
    (home / "dryfit").mkdir(parents=True)
    (home / "dryfit" / "templates").write_text("a file")
    assert places.kept("templates") is None
