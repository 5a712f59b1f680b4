"""What every test may use."""

from __future__ import annotations

import compileall
import contextlib
import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import dryfit

pytest_plugins = ["pytester"]

# How long an example takes says nothing on a busy machine.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    """Compile dryfit: where no bytecode is written, each of hundreds of processes would do it anew."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(Path(dryfit.__file__).parent, quiet=2)


Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True, scope="module")
def _few_objects() -> None:
    """Whoever goes through all objects, as weaving does, need not go through those of thousands of other tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def run_dryfit() -> Iterator[Command]:
    """Runs ``python -m dryfit``, or pytest, in a process of its own that need not import anything first."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("warm.py")), str(theirs.fileno())],
        stdin=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
    )
    theirs.close()

    def run(
        arguments: Sequence[str], cwd: Path, env: Mapping[str, str], timeout: float, module: str = "dryfit"
    ) -> subprocess.CompletedProcess[str]:
        asked = {"module": module, "arguments": [*arguments], "cwd": str(cwd), "env": dict(env)}
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            socket.send_fds(ours, [json.dumps(asked).encode()], [out.fileno(), err.fileno()])
            pid = int(ours.recv(32))
            ours.settimeout(timeout)
            try:
                status = int(ours.recv(32))
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                ours.settimeout(None)
                ours.recv(32)
                raise subprocess.TimeoutExpired(asked["arguments"], timeout) from None
            for written in (out, err):
                written.seek(0)
            return subprocess.CompletedProcess(asked["arguments"], status, out.read(), err.read())

    yield run
    ours.close()
    server.wait()


@pytest.fixture(scope="session")
def server_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of this session's own, at a path with spaces, for all servers that fixtures of the session share."""
    folder = tmp_path_factory.mktemp("a cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def redis_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of the session's own, on a Unix socket."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server on this machine")
    path = tmp_path_factory.mktemp("redis") / "socket"
    options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no"]
    server = subprocess.Popen([program, *options], cwd=path.parent, stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if "eady to accept connections" in line:
            break
    yield str(path)
    server.terminate()
    with contextlib.closing(server.stdout):
        server.wait()
