"""Marks of directories."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.resources.guard import directory, register


def test_a_directory_is_made_emptied_and_removed(tmp_path: Path) -> None:
    mark, data = directory.create(tmp_path)
    assert os.listdir(data) == []
    (data / "deep" / "er").mkdir(parents=True)
    (data / "deep" / "er" / "file").write_text("left")
    (data / "file").write_text("left")
    directory.empty(mark, data)
    assert os.listdir(data) == []
    directory.remove(mark, data)
    directory.remove(mark, data)
    assert not data.parent.exists()
    assert register.find(mark.identity, mark.token) is None


def test_links_are_removed_and_what_they_lead_to_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    mark, data = directory.create(tmp_path)
    (data / "folder").symlink_to(tmp_path / "mine")
    (data / "file").symlink_to(tmp_path / "mine" / "file")
    directory.empty(mark, data)
    assert os.listdir(data) == []
    assert (tmp_path / "mine" / "file").read_text() == "mine"


def test_a_path_that_was_not_made_is_refused(tmp_path: Path) -> None:
    mark, data = directory.create(tmp_path)
    for path in (Path("/"), Path.home(), data.parent, tmp_path, tmp_path / "missing" / "data"):
        with pytest.raises(ResourceError, match="nothing was changed"):
            directory.empty(mark, path)


def test_what_a_test_has_removed_comes_back_empty(tmp_path: Path) -> None:
    mark, data = directory.create(tmp_path)
    data.rmdir()
    directory.empty(mark, data)
    assert os.listdir(data) == []
    data.rmdir()
    directory.remove(mark, data)
    assert list(tmp_path.glob("dryfit_*")) == []


def test_rights_that_a_test_has_taken_away_do_not_matter(tmp_path: Path) -> None:
    mark, data = directory.create(tmp_path)
    (data / "outer" / "inner").mkdir(parents=True)
    (data / "outer" / "inner").chmod(0)
    (data / "outer").chmod(0)
    data.chmod(0)
    directory.empty(mark, data)
    assert os.listdir(data) == []
