"""One server for all who need it, ended with the last of them, however that one ends."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint
from dryfit.resources import places, server, supervisor
from dryfit.resources.kind import Launch
from dryfit.resources.server import attach, find

ECHO = """
import os, socket, sys
door = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    line, _ = door.accept()
    line.sendall(f"{os.getpid()} {os.getuid()} {sys.argv[2]}".encode())
    line.close()
"""

FILLING = """
number=0
while mkdir -p folder && : > folder/$number; do number=$((number + 1)); done
""".strip()
"""Goes on as an unpacking program does whose parent was killed; it ends where its directory is gone."""

CLIENT = (
    f"""
FILLING = {FILLING!r}
"""
    + """
import socket, subprocess, sys
from pathlib import Path
from dryfit.model.resource import Endpoint
from dryfit.resources import places
from dryfit.resources.kind import Launch
from dryfit.resources.server import attach
runtime, key, *command = sys.argv[1:]
places.runtime = lambda in_memory=False: Path(runtime)
def is_ready(endpoint):
    with socket.socket() as line:
        return line.connect_ex((endpoint.host, endpoint.port)) == 0
def fill(home):
    if key == "filled on and on":
        subprocess.run(["sh", "-c", FILLING], cwd=home)
    elif key == "never prepared":
        sys.stdin.read()
lease = attach(Launch(key, tuple(command), fill, lambda home, port: Endpoint("127.0.0.1", port), is_ready))
print(lease.home, flush=True)
sys.stdin.read()
"""
)


def echo(key: str = "echo", *, unprivileged: bool = False, command: tuple[str, ...] = ()) -> Launch:
    """A server that tells its process, user and mark to whoever connects."""
    return Launch(
        key=key,
        command=command or (sys.executable, "-c", ECHO, "{port}", "{mark}"),
        prepare=lambda home: home.joinpath("data").write_text("seed") and None,
        endpoint=lambda home, port: Endpoint("127.0.0.1", port),
        is_ready=lambda endpoint: ask(endpoint) is not None,
        unprivileged=unprivileged,
    )


def ask(endpoint: Endpoint) -> list[str] | None:
    try:
        with socket.create_connection((endpoint.host, endpoint.port), timeout=5) as line:
            return line.makefile().read().split()
    except OSError:
        return None


@pytest.fixture(autouse=True)
def own_runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory for this test's servers, short enough for sockets, and empty again at the end."""
    base = places.new_home("test")
    base.chmod(0o711)  # an ordinary user has to get through
    monkeypatch.setattr(places, "runtime", lambda in_memory=False: base)
    yield base
    assert eventually(lambda: not any(path.is_dir() for path in base.iterdir()))
    for path in base.iterdir():
        path.unlink()
    base.rmdir()


def eventually(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it comes true while other processes do their work."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.005)
    return True


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_all_share_one_server_which_ends_with_the_last() -> None:
    first, second = attach(echo()), attach(echo())
    pid = int((ask(first.endpoint) or [])[0])

    first.close()
    assert ask(second.endpoint) == [str(pid), str(os.getuid()), second.endpoint.mark]

    second.close()
    assert eventually(lambda: not lives(pid))
    assert eventually(lambda: not first.home.exists())


def test_other_needs_mean_another_server() -> None:
    leases = [attach(echo("echo 1")), attach(echo("echo 2"))]
    assert len({lease.endpoint.port for lease in leases}) == 2
    for lease in leases:
        lease.close()


def test_it_is_prepared_once_and_started_anew_after_its_end() -> None:
    first = attach(echo())
    assert (first.home / "data").read_text() == "seed"
    first.end()
    assert not first.home.exists()

    second = attach(echo())
    assert second.home != first.home
    second.close()


def test_nobody_else_is_told_of_a_server_that_is_not_complete() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def complete(home: Path) -> None:
        begun.set()
        may_end.wait(20)
        (home / "rest").write_text("seed")

    launch = replace(echo(), complete=complete)
    leases: list[server.Lease] = []
    first, second = (threading.Thread(target=lambda: leases.append(attach(launch))) for _ in range(2))
    first.start()
    assert begun.wait(20)
    second.start()
    second.join(0.05)
    assert not leases
    may_end.set()
    first.join()
    second.join()
    assert leases[0].home == leases[1].home
    assert (leases[0].home / "rest").exists()
    for lease in leases:
        lease.close()


def test_it_is_kept_on_request_until_it_is_let_go() -> None:
    lease = attach(echo())
    lease.keep()
    lease.close()

    kept = find(echo())
    assert kept is not None
    assert kept.home == lease.home
    assert ask(kept.endpoint) is not None

    kept.unkeep()
    kept.close()
    assert eventually(lambda: not lease.home.exists())
    assert find(echo()) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
def test_as_root_it_runs_as_an_ordinary_user() -> None:
    launch = replace(
        echo(unprivileged=True, command=("/bin/sh", "-c", "id -u >{home}/uid; exec sleep 600")),
        endpoint=lambda home, port: Endpoint("", port, socket=str(home)),
        is_ready=lambda endpoint: Path(endpoint.socket, "uid").exists(),
    )
    lease = attach(launch)
    assert (lease.home / "uid").owner() == (lease.home / "data").owner() == "nobody"
    lease.close()


def test_one_that_may_not_be_run_says_why() -> None:
    with pytest.raises(ResourceError, match=r"(?s)did not start; .*Permission denied.*/etc/passwd"):
        attach(echo(command=("/etc/passwd",)))


def test_one_that_fails_says_why(own_runtime: Path) -> None:
    launch = echo(command=("/bin/sh", "-c", "echo no such flag >&2; exit 3"))
    with pytest.raises(ResourceError, match="did not start; its log ends with:\nno such flag"):
        attach(launch)
    assert eventually(lambda: not homes(own_runtime))


def test_a_taken_port_is_tried_no_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    free_port = server._free_port
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        ports = iter([taken])
        monkeypatch.setattr(server, "_free_port", lambda: next(ports, None) or free_port())
        launch = echo()
        is_ready = lambda endpoint: endpoint.port != taken and launch.is_ready(endpoint)  # noqa: E731
        lease = attach(replace(launch, is_ready=is_ready))
        assert lease.endpoint.port != taken
        lease.close()


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.campaign)])
def test_many_kills_leave_nothing(own_runtime: Path, rounds: int) -> None:
    for _ in range(rounds):
        victims = [start_client(own_runtime, f"echo {number % 2}") for number in range(5)]
        assert len({told(victim) for victim in victims}) == 2
        for victim in victims:
            victim.kill()
        for victim in victims:
            victim.communicate()
    assert eventually(lambda: not homes(own_runtime) and not processes_of(own_runtime))


@pytest.mark.parametrize("key", ["never ready", "never prepared", "filled on and on"])
def test_one_killed_while_it_starts_leaves_nothing(own_runtime: Path, key: str) -> None:
    for _ in range(3):
        victim = start_client(own_runtime, key, ("sleep", "600"))
        assert eventually(lambda: bool(processes_of(own_runtime, supervisor.__file__)))
        if key == "filled on and on":
            assert eventually(lambda: any(own_runtime.glob("*/folder/9")))
        victim.kill()
        victim.communicate()
    assert eventually(lambda: not homes(own_runtime) and not processes_of(own_runtime))


def test_where_the_supervisor_is_killed_the_server_dies_and_the_next_start_sweeps_up(
    own_runtime: Path,
) -> None:
    lease = attach(echo())
    pid = int((ask(lease.endpoint) or [""])[0])
    (guard,) = processes_of(own_runtime, supervisor.__file__)
    os.kill(guard, signal.SIGKILL)
    assert eventually(lambda: not lives(pid))

    again = attach(echo())
    assert again.home != lease.home
    assert homes(own_runtime) == [again.home]
    lease.close()
    again.close()


def test_locks_of_servers_that_are_no_more_are_swept_up(own_runtime: Path) -> None:
    idle, other = own_runtime / f"{'0' * 16}.lock", own_runtime / "other.lock"
    running = own_runtime / f"{'1' * 16}.lock"
    for path in (idle, other, running, running.with_suffix(".json")):
        path.touch()
    attach(echo()).close()
    assert eventually(lambda: not homes(own_runtime))
    # Its own lock the server's supervisor has removed.
    assert sorted(own_runtime.iterdir()) == sorted((other, running, running.with_suffix(".json")))


def test_a_forked_process_does_not_hold_the_server() -> None:
    lease = attach(echo())
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    lease.close()
    assert eventually(lambda: not lease.home.exists())
    os.close(writer)
    os.waitpid(child, 0)
    os.close(reader)


def test_many_that_come_at_once_get_one_server(own_runtime: Path) -> None:
    clients = [start_client(own_runtime, "echo") for _ in range(6)]
    assert len({told(client) for client in clients}) == 1
    for client in clients:
        client.communicate()
    assert eventually(lambda: not homes(own_runtime))


def start_client(
    runtime: Path, key: str, command: tuple[str, ...] = (sys.executable, "-c", ECHO, "{port}", "{mark}")
) -> "subprocess.Popen[str]":
    """A process that attaches, tells where, and stays until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(runtime), key, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(client: "subprocess.Popen[str]") -> str:
    assert client.stdout is not None
    return client.stdout.readline()


def homes(runtime: Path) -> list[Path]:
    return [path for path in runtime.iterdir() if path.is_dir()]


def processes_of(runtime: Path, part: str = "") -> list[int]:
    """The supervisors and servers of a directory whose command line has ``part`` in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (process / "cmdline").read_text()
            place = os.readlink(process / "cwd")
            if str(runtime) in line + place and part in line and CLIENT not in line:
                found.append(int(process.name))
    return found
