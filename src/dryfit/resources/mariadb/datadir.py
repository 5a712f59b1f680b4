"""A server's data directory: made once by MariaDB's own program, which takes seconds, and then copied."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

from dryfit.model.errors import ResourceError
from dryfit.resources import places
from dryfit.resources.programs import find_program

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
DATA, PASSWORD, INIT = "data", "password", "init.sql"
LOG_SIZE = "--innodb-log-file-size=16M"
"""Small, for every start copies it; the server has to be told the same."""


def prepare(home: Path, server: str) -> None:
    """Fill a server's directory; ``INIT`` sets the administrator's password, which is in ``PASSWORD``."""
    shutil.copytree(_cached(server), home / DATA)
    password = secrets.token_hex(16)
    # Whom the server takes a connection of loopback for depends on how it is set up; each has a root of its own.
    init = "".join(
        f"ALTER USER IF EXISTS root@'{host}' IDENTIFIED BY '{password}';\n" for host in LOCAL_HOSTS
    )
    for name, text in ((PASSWORD, password), (INIT, init)):
        file = home / name
        file.touch(mode=0o600)
        file.write_text(text)


def _cached(server: str) -> Path:
    program = Path(server).resolve()
    key = hashlib.sha256(f"{program} {program.stat().st_mtime_ns} {LOG_SIZE}".encode()).hexdigest()[:16]
    cached = places.cache() / f"mariadb-{key}"
    if not cached.exists():
        made = Path(tempfile.mkdtemp(dir=places.cache()))
        # Not there at once: the installer is a shell script that does not bear a space in a path.
        fresh = places.new_home("mariadb")
        _install(fresh)
        shutil.copytree(fresh, made, dirs_exist_ok=True)
        shutil.rmtree(fresh)
        try:
            made.rename(cached)
        except OSError:  # somebody else has made it meanwhile
            shutil.rmtree(made)
    return cached


def _install(folder: Path) -> None:
    program = find_program(
        "mariadb", ("mariadb-install-db", "mysql_install_db"), "apt-get install mariadb-server"
    )
    words = [
        program, "--no-defaults", f"--datadir={folder}", "--auth-root-authentication-method=normal", "--skip-test-db",
        LOG_SIZE,
    ]  # fmt: skip
    if places.unprivileged():  # that is, if we are root
        words.append("--user=root")
    made = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if made.returncode:
        shutil.rmtree(folder)
        raise ResourceError(f"{program}: failed:\n{made.stderr.strip()}", slug="resources")
