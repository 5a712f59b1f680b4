"""One server for all the workers and all the runs of a user that need the same: join it, or start it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import marshal
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint
from dryfit.resources import locks, places, supervisor
from dryfit.resources.kind import Launch
from dryfit.resources.locks import locked

START_SECONDS = 120.0
POLL_SECONDS = 0.002
ATTEMPTS = 5
"""A free port may be taken by another program before the server has it; then it is tried with another one."""


_NAME = re.compile("[0-9a-f]{16}")
"""What the entry of a server is called, and the lock beside it."""

ALIVE = "alive"
"""A file in a server's directory, locked by the supervisor as long as it lives."""


class Lease:
    """The right to use a server, for as long as this process lives or until it is closed."""

    def __init__(self, endpoint: Endpoint, home: Path, line: socket.socket) -> None:
        self.endpoint = endpoint
        self.home = home
        self._line = line
        # A forked process would hold the lease beyond the life of its parent.
        os.register_at_fork(after_in_child=line.close)

    def close(self) -> None:
        """Let go; the server ends when nobody else holds a lease."""
        self._line.close()

    def keep(self) -> None:
        """Let the server live on without leases, until ``end``."""
        self._line.sendall(supervisor.KEEP)

    def unkeep(self) -> None:
        """Let it end with the last lease again."""
        self._line.sendall(supervisor.RELEASE)

    def log(self) -> str:
        """What the server has written so far."""
        return (self.home / supervisor.LOG).read_text(errors="replace")

    def end(self) -> None:
        """End the server, whoever else uses it; returns when its directory is gone."""
        self._line.sendall(supervisor.END)
        _wait_for_end(self._line, self.home)


def attach(launch: Launch) -> Lease:
    """Join the server that ``launch`` describes, or start it; raises ``ResourceError`` with the end of its log."""
    entry = _entry(launch.key)
    with locked(_lock(entry)):
        return _join(entry) or _started(launch, entry)


def find(launch: Launch) -> Lease | None:
    """Join the server that ``launch`` describes if it is running."""
    entry = _entry(launch.key)
    with locked(_lock(entry)):
        return _join(entry)


def _entry(key: str) -> Path:
    return places.runtime() / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"


def _lock(entry: Path) -> Path:
    return entry.with_suffix(".lock")


def _join(entry: Path) -> Lease | None:
    """A lease on the server that runs already, if it does."""
    try:
        known = json.loads(entry.read_text())
    except (OSError, ValueError):
        return None
    home, line = Path(known["home"]), socket.socket(socket.AF_UNIX)
    try:
        line.connect(str(home / supervisor.DOOR))
    except OSError:
        line.close()
        return None
    return Lease(Endpoint(**known["endpoint"]), home, line)


def _started(launch: Launch, entry: Path) -> Lease:
    _sweep()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _start(launch, entry)
        except _PortTakenError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


class _PortTakenError(ResourceError):
    pass


def _start(launch: Launch, entry: Path) -> Lease:
    home = places.new_home(launch.key.partition(" ")[0], in_memory=launch.in_memory)
    owner = places.unprivileged() if launch.unprivileged else None
    port, mark = _free_port(), secrets.token_hex(16)
    spec = {
        "lock": str(_lock(entry)),
        "entry": str(entry),
        "command": [_filled(word, home, port, mark) for word in launch.command],
        "environment": _environment(launch.environment, home, port, mark),
        "stop_signal": launch.stop_signal,
        "user": owner.pw_uid if owner else None,
        "group": owner.pw_gid if owner else None,
    }
    ours, theirs = socket.socketpair()
    try:
        with closing(theirs), _claimed(home) as alive:
            spawned = _spawn(home, spec, theirs.fileno(), alive)
        with spawned:  # it gets ready meanwhile, and is told when the server can start
            launch.prepare(home)
            if owner:
                places.give(home, owner)
            with suppress(OSError):  # that it is gone is told below
                ours.sendall(supervisor.GO)
            launch.complete(home)
        found = launch.endpoint(home, port)
        endpoint = replace(found, mark=mark, password=_filled(found.password, home, port, mark))
        _wait_until_ready(launch, endpoint, ours)
        _write(entry, {"home": str(home), "endpoint": asdict(endpoint)})
    except BaseException:
        ours.close()
        shutil.rmtree(home, ignore_errors=True)
        raise
    return Lease(endpoint, home, ours)


@contextmanager
def _claimed(home: Path) -> Iterator[int]:
    """A lock by which those who sweep up see that the directory is in use; the supervisor inherits it."""
    with (home / "claim").open("w") as claim:
        fcntl.flock(claim, fcntl.LOCK_EX)
        Path(claim.name).rename(home / ALIVE)  # nobody sees it unlocked
        yield claim.fileno()


def _spawn(home: Path, spec: dict[str, Any], lease: int, alive: int) -> subprocess.Popen[bytes]:
    # Isolated and without site: it starts sooner, and nothing of the user's environment comes in. It would be slower to
    # import what reads JSON; the directory is said openly, for people who look at processes.
    return subprocess.Popen(
        [sys.executable, "-I", "-S", supervisor.__file__, str(home), str(lease), marshal.dumps(spec).hex()],
        pass_fds=[lease, alive],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )


def _wait_until_ready(launch: Launch, endpoint: Endpoint, lease: socket.socket) -> None:
    deadline = time.monotonic() + START_SECONDS
    lease.settimeout(POLL_SECONDS)
    while not launch.is_ready(endpoint):
        with suppress(TimeoutError):
            raise _failure(launch, lease.recv(supervisor.LOG_TAIL).decode(errors="replace"))
        if time.monotonic() > deadline:
            raise ResourceError(
                f"{_called(launch)}: no answer after {START_SECONDS:.0f} s; see what else keeps this machine busy",
                slug="resources",
            )
    lease.settimeout(None)


def _failure(launch: Launch, log: str) -> ResourceError:
    text = f"{_called(launch)}: did not start; its log ends with:\n{log.strip()}"
    taken = "address already in use" in log.lower() or "could not bind" in log.lower()
    return (_PortTakenError if taken else ResourceError)(text, slug="resources")


def _called(launch: Launch) -> str:
    return launch.called or launch.command[0]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _filled(text: str, home: Path, port: int, mark: str) -> str:
    return text.replace("{home}", str(home)).replace("{port}", str(port)).replace("{mark}", mark)


def _environment(given: Mapping[str, str], home: Path, port: int, mark: str) -> dict[str, str]:
    base = {name: os.environ[name] for name in ("PATH", "TMPDIR", "TZ") if name in os.environ}
    return {
        **base,
        "HOME": str(home),
        "LC_ALL": "C",
        **{k: _filled(v, home, port, mark) for k, v in given.items()},
    }


def _write(entry: Path, known: object) -> None:
    part = entry.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(json.dumps(known))
    part.replace(entry)


def _sweep() -> None:
    """Remove the directories of supervisors that were killed themselves, and the locks of servers that are no more."""
    for base in {places.runtime(), places.runtime(in_memory=True)}:
        for alive in base.glob(f"*/{ALIVE}"):
            with suppress(OSError), alive.open("r") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(alive.parent, ignore_errors=True)
    for lock in places.runtime().glob("*.lock"):
        if _NAME.fullmatch(lock.stem) and not lock.with_suffix(".json").exists():
            locks.sweep(lock)


def _wait_for_end(line: socket.socket, home: Path) -> None:
    line.settimeout(supervisor.STOP_SECONDS)
    with suppress(OSError):
        while line.recv(supervisor.LOG_TAIL):
            pass
    deadline = time.monotonic() + supervisor.STOP_SECONDS
    while home.exists() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
