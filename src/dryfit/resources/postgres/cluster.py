"""A data directory with schema and seed that is made once, kept in the cache, and copied for every server."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Endpoint
from dryfit.resources import locks, places
from dryfit.resources.locks import locked
from dryfit.resources.postgres.programs import Programs

USER = "dryfit"
LAYOUT = "4"
"""Part of the key: to be raised when what is kept in the cache changes."""

MOST_KEPT = 8
IN_USE_SECONDS = 3600.0
"""So long after its last use a copy stays in any case: other runs that go on now may need it again."""

START_SECONDS = 60.0
POLL_SECONDS = 0.002

SETTINGS: Mapping[str, str] = {
    # Data for tests need not survive a crash.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # It would write to the log, and clean up at moments that no test expects.
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # The log is read after each test; it must not have been recycled by then.
    "wal_keep_size": "64MB",
    "wal_init_zero": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "jit": "off",
    "listen_addresses": "127.0.0.1",
}


# Of the log only what comes next: what has been written so far is in the files, and each start would copy it.
_LEAVES_NO_LOG = ("-c", "wal_keep_size=0", "-c", "wal_recycle=off")

_READS = {"TAR_OPTIONS": "--blocking-factor=2048"}
"""For GNU tar, a megabyte at once instead of ten kilobytes; the others, which may have no such option, do not look."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a data directory is made from. ``content`` identifies schema and seed; ``fill`` writes them.

    ``fill`` gets the endpoint of a server that runs on the new directory; it has to give its user the password. It
    tells the oids of the databases that nobody connects to while a server starts.
    """

    programs: Programs
    content: str
    fill: Callable[[Endpoint], Collection[int]]
    settings: Mapping[str, str]

    @property
    def key(self) -> str:
        """The same for the same programs, settings, schema and seed."""
        parts = (
            LAYOUT,
            self.programs.version,
            self.programs.origin,
            repr(sorted(self.settings.items())),
            self.content,
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def prepare(self, home: Path) -> None:
        """Put the administrator's password into ``home``, and of the data directory what the server needs to start."""
        kept = self._kept()
        if not kept.exists():
            with locked(kept.with_suffix(".lock")):
                if not kept.exists():
                    self._make(kept)
        kept.touch()
        _unpack(kept, home)

    def complete(self, home: Path) -> None:
        """Put the rest of the data directory into ``home``, before anybody is told of the server."""
        _unpack(_rest(self._kept()), home)

    def _kept(self) -> Path:
        return _folder() / f"{self.key}.tar"

    def _make(self, kept: Path) -> None:
        with _scratch() as home:
            _unpack(self._base(), home)
            (home / "password").write_text(secrets.token_hex(16))
            _configure(home, {**SETTINGS, **self.settings})
            with _server(self.programs, home) as port:
                later = self.fill(endpoint(home, port))
            folders = [f"data/base/{oid}" for oid in later]
            _pack(home, _rest(kept), *folders)
            for folder in folders:
                shutil.rmtree(home / folder)
            _pack(home, kept)
            _prune(kept)

    def _base(self) -> Path:
        """An empty data directory, which costs a second to make; one for every version."""
        kept = (
            _folder() / f"base-{LAYOUT}-{hashlib.sha256(self.programs.origin.encode()).hexdigest()[:16]}.tar"
        )
        with locked(kept.with_suffix(".lock")):
            if not kept.exists():
                with _scratch() as home:
                    _initdb(self.programs, home)
                    _pack(home, kept)
        return kept


def command(programs: Programs) -> tuple[str, ...]:
    """What starts a server on a prepared home; ``{home}``, ``{port}`` and ``{mark}`` are to be filled in."""
    settings = ("-c", "cluster_name=dryfit {mark}", "-c", "unix_socket_permissions=0700")
    return (programs.path("postgres"), "-D", "{home}/data", "-k", "{home}", "-p", "{port}", *settings)


def password(home: Path) -> str:
    """The administrator's password of the server that lives in ``home``."""
    return (home / "password").read_text()


def endpoint(home: Path, port: int) -> Endpoint:
    """The server that lives in ``home``."""
    return Endpoint(host="127.0.0.1", port=port, socket=str(home), user=USER, password=password(home))


def is_ready(endpoint: Endpoint) -> bool:
    """Whether the server takes connections; as it says in its directory, so that nobody has to connect."""
    return _is_ready(Path(endpoint.socket))


def _folder() -> Path:
    folder = places.cache() / "postgres"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def _scratch() -> Iterator[Path]:
    home = places.new_home("postgres-build", in_memory=True)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _initdb(programs: Programs, home: Path) -> None:
    _give(home)
    checksums = (
        ["--no-data-checksums"] if programs.major >= 18 else []
    )  # with them, even reading writes to the log
    words = [
        "-D",
        str(home / "data"),
        "-U",
        USER,
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--no-instructions",
    ]
    methods = [
        "--auth-local=trust",
        "--auth-host=md5",
        "--wal-segsize=1",
    ]  # md5 takes a SCRAM password as well
    done = subprocess.run(
        [programs.path("initdb"), *words, *methods, *checksums],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=home,
        env=_environment(home),
        user=_user(),
        group=_group(),
        extra_groups=_no_groups(),
    )
    if done.returncode:
        raise ResourceError(f"{programs.path('initdb')}: failed:\n{done.stderr.strip()}", slug="resources")
    if programs.major >= 16:
        # The password is random and the server gone soon: thousands of rounds would only slow down each connection.
        _configure(home, {"scram_iterations": "1"})


@contextmanager
def _server(programs: Programs, home: Path) -> Iterator[int]:
    _give(home)
    port = _free_port()
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                *(programs.path("postgres"), "-D", str(home / "data"), "-k", str(home), "-p", str(port)),
                *_LEAVES_NO_LOG,
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            env=_environment(home),
            user=_user(),
            group=_group(),
            extra_groups=_no_groups(),
        )
    try:
        _wait_until_ready(server, home)
        yield port
    finally:
        server.send_signal(signal.SIGINT)  # a fast shutdown, which leaves complete files
        server.wait()
        (home / "log").unlink()


def _wait_until_ready(server: subprocess.Popen[bytes], home: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(home):
        if server.poll() is not None or time.monotonic() > deadline:
            log = (home / "log").read_text(errors="replace").strip()
            raise ResourceError(f"PostgreSQL: did not start; its log says:\n{log}", slug="resources")
        time.sleep(POLL_SECONDS)


def _is_ready(home: Path) -> bool:
    try:
        return (home / "data" / "postmaster.pid").read_text().rstrip().endswith("ready")
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _pack(home: Path, kept: Path, *names: str) -> None:
    part = kept.with_suffix(".part")
    part.touch(mode=0o600)
    subprocess.run(["tar", "-cf", part, "-C", home, *(names or ["."])], check=True)
    part.replace(kept)


def _prune(kept: Path) -> None:
    """Remove what has not been used for longest, and not lately (each directory takes some 50 MB), and idle locks."""
    with suppress(FileNotFoundError):  # another process is at it already
        used = {file: file.stat().st_mtime for file in kept.parent.glob("*.tar")}
        for old in sorted(used, key=lambda file: used[file], reverse=True)[MOST_KEPT:]:
            if time.time() - used[old] > IN_USE_SECONDS:
                old.unlink()
                _rest(old).unlink(missing_ok=True)
    for lock in kept.parent.glob("*.lock"):
        locks.sweep(lock)


def _rest(kept: Path) -> Path:
    """What is kept beside a copy: the databases that a server can start without."""
    return kept.with_suffix(".rest")


def _unpack(kept: Path, home: Path) -> None:
    """Unpack it as whoever will run the server; the archive itself is for this user's eyes only."""
    owner = places.unprivileged()
    if owner:
        os.chown(home, owner.pw_uid, owner.pw_gid)
    # One large file is read much faster than two thousand small ones are copied.
    with kept.open("rb") as archive:
        subprocess.run(
            ["tar", "-x", "-f", "-", "-m", "--no-same-owner"],
            stdin=archive,
            env={**os.environ, **_READS},
            cwd=home,
            check=True,
            user=_user(),
            group=_group(),
            extra_groups=_no_groups(),
        )
    home.chmod(0o700)


def _configure(home: Path, settings: Mapping[str, str]) -> None:
    with (home / "data" / "postgresql.conf").open("a") as file:
        for name, value in settings.items():
            file.write("{} = '{}'\n".format(name, value.replace("'", "''")))


def _environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}


def _give(home: Path) -> None:
    owner = places.unprivileged()
    if owner:
        places.give(home, owner)


def _user() -> int | None:
    owner = places.unprivileged()
    return owner.pw_uid if owner else None


def _group() -> int | None:
    owner = places.unprivileged()
    return owner.pw_gid if owner else None


def _no_groups() -> list[int] | None:
    return [] if places.unprivileged() else None
