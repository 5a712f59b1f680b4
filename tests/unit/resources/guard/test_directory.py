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
