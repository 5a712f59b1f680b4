"""Programs that cannot be started, files that cannot be opened: what the system says, and what the probe says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest


def facts(error, folder):
    return {
        "class": f"{type(error).__module__}.{type(error).__qualname__}",
        "errno": error.errno,
        "strerror": error.strerror,
        "filename": os.fspath(error.filename),
        "filename2": error.filename2,
        "args": error.args,
        "text": re.sub(
            r"PosixPath\((.*)\)", r"\1", str(error)
        ),  # whether it is one depends on Python's version
        "left": sorted(os.listdir(folder)),
    }


@pytest.fixture
def tool(tmp_path):
    """A program that works, unless the test is about the real fault."""
    path = tmp_path / "tool"

    def lay(mode):
        path.unlink(missing_ok=True)
        if mode:
            shutil.copy("/bin/true", path)
            path.chmod(mode)
        return path

    return lay


@pytest.mark.parametrize("how", ["list", "text", "path", "executable"])
@pytest.mark.parametrize(("slug", "real_mode"), [("program-missing", 0), ("program-forbidden", 0o644)])
def test_a_program_cannot_be_started(same, failing, tool, tmp_path, how, slug, real_mode):
    async def scenario(call, real):
        path = tool(real_mode if real else 0o755)
        arguments, options = {
            "list": ([str(path), "x"], {}),
            "text": (str(path), {}),
            "path": ([path], {}),
            "executable": (["tool"], {"executable": str(path)}),
        }[how]
        error = await failing(call(lambda: subprocess.run(arguments, check=True, **options)))
        tool(0)
        return facts(error, tmp_path)

    bench = same(scenario, "subprocess.Popen.__init__", "before", slug)
    assert bench.slugs("subprocess.Popen.__init__") == [
        ("before", "program-missing"),
        ("before", "program-forbidden"),
    ]


def test_a_shell_is_always_there(faulty):
    with faulty("subprocess.Popen.__init__", "before", "program-missing") as bench:
        bench.store.call(lambda: subprocess.run("true", shell=True, check=True))
    assert bench.slugs("subprocess.Popen.__init__") == []
    assert (bench.fired, bench.why) == (0, "program-missing cannot happen before this call")


def opened(file):
    """Open it for writing, and close it."""
    with open(file, "w"):
        pass


FORBIDDEN = "/proc/sys/kernel/ostype"
"""Not even root may write to it."""


@pytest.mark.skipif(not os.path.exists(FORBIDDEN), reason="this system has no such file")
@pytest.mark.parametrize("as_path", [True, False])
def test_a_file_may_not_be_written(same, failing, tmp_path, as_path):
    name = Path(FORBIDDEN) if as_path else FORBIDDEN

    async def scenario(call, real):
        return facts(await failing(call(lambda: opened(name))), tmp_path)

    same(scenario, "builtins.open", "before", "file-forbidden")


@pytest.fixture
def full_folder(tmp_path):
    """A file system that has no room for one more file."""
    folder = tmp_path / "full"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "nr_inodes=1,size=64k", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_there_is_no_room_for_a_file(same, failing, full_folder, tmp_path):
    async def scenario(call, real):
        path = full_folder / "x" if real else tmp_path / "x"
        error = await failing(call(lambda: opened(path)))
        told = facts(error, path.parent)
        return told | {
            "filename": os.path.basename(told["filename"]),
            "text": told["text"].replace("/full/", "/"),
            "left": [each for each in told["left"] if each == "x"],
        }

    bench = same(scenario, "builtins.open", "before", "disk-full")
    assert bench.slugs("builtins.open") == [("before", "disk-full"), ("before", "file-forbidden")]


def test_a_file_that_is_there_is_opened_whatever_the_disk_holds(faulty, tmp_path):
    path = tmp_path / "x"
    path.write_text("")
    with faulty("builtins.open", "before", "disk-full") as bench:
        bench.store.call(lambda: opened(path))
    assert bench.slugs("builtins.open") == [("before", "file-forbidden")]
    assert bench.fired == 0
    assert bench.why == "disk-full cannot happen before this call"


def test_a_descriptor_has_no_name(faulty, tmp_path):
    with faulty("builtins.open", "before", "file-forbidden") as bench:
        descriptor = os.open(tmp_path / "x", os.O_CREAT | os.O_WRONLY)
        bench.store.call(lambda: opened(descriptor))
    assert bench.slugs("builtins.open") == []
