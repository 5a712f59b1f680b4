"""A directory of one worker, which goes with it in any case."""

import subprocess
import sys
from pathlib import Path

import pytest

from dryfit.resources import places
from dryfit.resources.folder import Folder
from dryfit.resources.guard import register

HOLDER = """
import sys
from dryfit.resources.folder import Folder
from dryfit.resources.guard import register
print(Folder("held").path, flush=True)
sys.stdin.read()
"""


def test_it_is_empty_can_be_emptied_and_is_gone_at_the_end() -> None:
    folder = Folder("ours")
    assert list(folder.path.iterdir()) == []
    (folder.path / "sub").mkdir()
    (folder.path / "sub" / "file").write_text("x")
    (folder.path / "sub").chmod(0)
    folder.empty()
    assert list(folder.path.iterdir()) == []
    folder.close()
    assert not folder.path.parent.parent.exists()


def test_what_links_lead_to_is_not_removed(tmp_path: Path) -> None:
    folder = Folder("ours")
    (tmp_path / "precious").write_text("x")
    (folder.path / "link").symlink_to(tmp_path, target_is_directory=True)
    folder.empty()
    folder.close()
    assert (tmp_path / "precious").read_text() == "x"


def test_the_folder_of_a_killed_process_is_removed_by_the_next_and_that_of_a_living_one_is_not() -> None:
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        held = Path(holder.stdout.readline().strip())
        device, inode = held.parent.stat().st_dev, str(held.parent.stat().st_ino)
        Folder("next").close()
        assert held.is_dir()
        assert inode in marked(device)
        holder.kill()
    Folder("next").close()
    assert not held.parent.parent.exists()
    assert inode not in marked(device)


def marked(device: int) -> set[str]:
    return {entry.mark.identity.part for entry in register.entries("directory", str(device))}


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="this system has no /dev/shm")
def test_it_is_in_memory_where_there_is_room() -> None:
    folder = Folder("ours")
    expected = places.runtime(in_memory=True)
    assert folder.path.is_relative_to(expected)
    folder.close()
