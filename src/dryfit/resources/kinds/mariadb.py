"""MariaDB: a database for each worker, put back as it was seeded after each test."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources import scripts
from dryfit.resources.kind import Container, Launch
from dryfit.resources.mariadb import datadir
from dryfit.resources.mariadb.database import MariadbDatabase
from dryfit.resources.mariadb.session import Session
from dryfit.resources.programs import find_program, needs_library

LONGEST_NAME = 40

# Nothing here has to outlive the machine.
_FAST = (
    "--skip-log-bin",
    "--skip-innodb-doublewrite",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-buffer-pool-size=64M",
    "--performance-schema=OFF",
    "--skip-name-resolve",
    "--character-set-server=utf8mb4",
)


class MariadbKind:
    """``mariadbd`` on a copy of a data directory that is made once."""

    has_server = True
    options = (scripts.SCHEMA, scripts.SEED)

    def launch(self, declaration: Declaration, root: Path) -> Launch:
        """Raises ``ResourceError`` where its programs are not here."""
        program = find_program("mariadb", ("mariadbd",), "apt-get install mariadb-server")
        return Launch(
            key=f"mariadb {program}",
            command=(
                program, "--no-defaults", f"--datadir={{home}}/{datadir.DATA}", f"--init-file={{home}}/{datadir.INIT}",
                "--bind-address=127.0.0.1", "--port={port}", "--socket=server.sock", datadir.LOG_SIZE, *_FAST,
            ),
            prepare=lambda home: datadir.prepare(home, program),
            endpoint=lambda home, port: Endpoint(
                "127.0.0.1", port, user="root", password=(home / datadir.PASSWORD).read_text()
            ),
            is_ready=self.is_ready,
            unprivileged=True,
            in_memory=True,
        )  # fmt: skip

    def container(self, declaration: Declaration) -> Container:
        """The official image."""
        return Container(
            image="mariadb:11",
            port=3306,
            environment={"MARIADB_ROOT_PASSWORD": "dryfit"},
            command=("mariadbd", *_FAST),
            tmpfs=("/var/lib/mysql",),
            user="root",
            password="dryfit",
        )

    def is_ready(self, endpoint: Endpoint) -> bool:
        """Whether it lets us in."""
        with needs_library("mariadb", "mariadb"):
            import pymysql  # type: ignore[import-untyped,unused-ignore]

        try:
            Session(endpoint).close()
        except pymysql.err.MySQLError:
            return False
        return True

    def open(
        self, declaration: Declaration, endpoint: Endpoint | None, root: Path, space: str
    ) -> MariadbDatabase:
        """Make the database and run schema and seed; raises ``ResourceError`` that names the file which failed."""
        assert endpoint is not None, "mariadb has a server"
        return MariadbDatabase(declaration, endpoint, root, _database_name(space, declaration.name))


def _database_name(space: str, resource: str) -> str:
    name = re.sub(r"[^a-z0-9_]", "_", f"{space}_{resource}".lower())
    if len(name) > LONGEST_NAME:
        name = f"dryfit_{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return name if name.startswith("dryfit_") else f"dryfit_{name}"


kind = MariadbKind()
