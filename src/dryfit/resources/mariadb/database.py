"""One worker's database, and beside it a copy of every table as it was seeded."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint, Handle, Leftover
from dryfit.resources import scripts
from dryfit.resources.guard import mariadb as guard
from dryfit.resources.guard.mark import Mark
from dryfit.resources.mariadb.differences import changed_tables, differences
from dryfit.resources.mariadb.session import Session, quoted
from dryfit.resources.mariadb.state import Pulse, State, pulse, read
from dryfit.resources.mariadb.table import tables
from dryfit.resources.mariadb.transactions import end_transactions
from dryfit.resources.programs import find_program

PASSES = 3


class MariadbDatabase:
    """Looks after each test what has changed, table by table, and puts back only that."""

    def __init__(self, declaration: Declaration, endpoint: Endpoint, root: Path, name: str) -> None:
        self._declaration, self._endpoint, self._root = declaration, endpoint, root
        self.handle = _handle(declaration, endpoint, name)
        self._database, self._copy = name, f"{name}_seed"
        self._session = Session(endpoint)
        guard.sweep(self._session.connection)
        self._mark = self._made()
        self._copy_mark = guard.create(self._session.connection, self._copy)
        self._pulse = pulse(self._session)
        self._defined = self._pulse.defined
        self._seed = self._state = read(self._session, name)
        self._tables = tables(self._session, name, self._copy)
        self._copy_tables()

    def clean(self) -> tuple[Leftover, ...]:
        """Put rows, positions and definitions back; end the transactions that are still open."""
        now_beats = pulse(self._session)
        if now_beats == self._pulse and self._seed.only_innodb:
            return ()
        left = list(end_transactions(self._session, self._declaration.name, self._database))
        now = self._read(now_beats)
        if now != self._seed:
            left += differences(self._session, self._declaration.name, self._tables, self._seed, now)
            self._restore(now)
        return tuple(left)

    def close(self) -> None:
        """Drop the database and its copy."""
        guard.drop(self._session.connection, self._mark)
        guard.drop(self._session.connection, self._copy_mark)
        self._session.close()

    def _made(self) -> Mark:
        mark = guard.create(self._session.connection, self._database)
        try:
            scripts.apply(self._declaration, self._root, self.handle.url, self._run_script())
        except BaseException:
            guard.drop(self._session.connection, mark)
            self._session.close()
            raise
        return mark

    def _run_script(self) -> Callable[[str, Path], None]:
        """With MariaDB's own client, which knows what dumps are made of: DELIMITER, SOURCE, conditional comments."""

        def run(text: str, script: Path) -> None:
            at = self._endpoint
            program = find_program("mariadb", ("mariadb", "mysql"), "apt-get install mariadb-client")
            ran = subprocess.run(
                [program, "--no-defaults", f"-h{at.host}", f"-P{at.port}", f"-u{at.user}", "--protocol=tcp",
                 "--default-character-set=utf8mb4", self._database],
                env={**os.environ, "MYSQL_PWD": at.password},
                cwd=script.parent,
                input=text,
                capture_output=True,
                text=True,
            )  # fmt: skip
            if ran.returncode:
                raise ResourceError(f"{script}: {ran.stderr.strip()}", slug="resources")

        return run

    def _read(self, now_beats: Pulse) -> State:
        """The state as of a pulse, or later; definitions are read again only if somebody else has changed any."""
        is_defined_alike = now_beats.defined == self._defined
        self._pulse, self._defined = now_beats, now_beats.defined
        self._state = read(self._session, self._database, known=self._state if is_defined_alike else None)
        return self._state

    def _copy_tables(self) -> None:
        self._session.rows(
            "SET foreign_key_checks = 0, unique_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO'"
        )
        for name in self._seed.checksums:
            self._session.all_rows(self._tables[name].copying())
        self._pulse = pulse(self._session)
        self._defined = self._pulse.defined

    def _restore(self, now: State) -> None:
        if self._put_back(now):
            return
        guard.drop(self._session.connection, self._mark)
        self._mark = self._made()  # right for every change, and slow
        if not self._put_back(self._read(pulse(self._session))):
            raise ResourceError(
                f"{self._declaration.name}: the database is not as it was seeded, even when it is made anew; "
                "see whether something still writes to it, or schema and seed make something else each time",
                slug="resources",
            )

    def _put_back(self, now: State) -> bool:
        """Whether the rows could be put back; several times, for triggers may change other tables meanwhile."""
        for _ in range(PASSES):
            if now == self._seed or now.definitions != self._seed.definitions:
                break
            self._put_back_once(now)
            now = self._read(pulse(self._session))
        return now == self._seed

    def _put_back_once(self, now: State) -> None:
        changed = changed_tables(self._seed, now)
        positions = [
            self._positioning(what, name, position)
            for (what, name), position in self._seed.positions.items()
            if now.positions[what, name] != position or name in changed
        ]
        rows = [statement for name in changed for statement in self._tables[name].putting_back()]
        self._session.all_rows([*rows, *positions])
        self._defined += len(positions)  # they are the only changes of definitions that are ours

    def _positioning(self, what: str, name: str, position: int) -> str:
        table = quoted(self._database, name)
        if what == "sequence":
            return f"ALTER SEQUENCE {table} RESTART WITH {position}"
        return f"ALTER TABLE {table} AUTO_INCREMENT = {position}"


def _handle(declaration: Declaration, endpoint: Endpoint, name: str) -> Handle:
    login = f"{quote(endpoint.user)}:{quote(endpoint.password)}"
    return Handle(
        name=declaration.name,
        kind="mariadb",
        url=f"mysql://{login}@{endpoint.host}:{endpoint.port}/{name}",
        host=endpoint.host,
        port=endpoint.port,
        user=endpoint.user,
        password=endpoint.password,
        database=name,
    )
