"""The tables of a run file, and how one is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from dryfit.model.errors import StoreError
from dryfit.model.finding import Finding
from dryfit.model.run import CheckSummary, RunInfo, SeamCoverage, TestCounts
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Behaviour, Observations, Skipped
from dryfit.model.trial import Verdict
from dryfit.store.codec import Codec

APPLICATION = 0x64664954
"""SQLite's application id of a run file: "dfIT" in ASCII."""

VERSION = 1
"""Kept in ``user_version``; counts up whenever an older dryfit could no longer read the file rightly."""

TABLES = """
CREATE TABLE document(name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE behaviour(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body TEXT);
CREATE TABLE test(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, outcome TEXT NOT NULL, seconds REAL NOT NULL);
CREATE TABLE crossing(
    test INTEGER NOT NULL REFERENCES test, "index" INTEGER NOT NULL, parent INTEGER NOT NULL,
    behaviour INTEGER NOT NULL REFERENCES behaviour, count INTEGER NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY(test, "index")
) WITHOUT ROWID;
CREATE TABLE note(kind TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY(kind, body)) WITHOUT ROWID;
"""

TEXT: Codec[str] = Codec(str)  # SQLite cannot keep a lone surrogate, which a test's name may hold; JSON can
INFO: Codec[RunInfo] = Codec(RunInfo)
PROJECT: Codec[ProjectMap] = Codec(ProjectMap)
BEHAVIOUR: Codec[Behaviour] = Codec(Behaviour)
OBSERVATIONS: Codec[Observations] = Codec(Observations)
SKIPPED: Codec[Skipped] = Codec(Skipped)
COVERAGE: Codec[tuple[SeamCoverage, ...]] = Codec(tuple[SeamCoverage, ...])
CHECKS: Codec[tuple[CheckSummary, ...]] = Codec(tuple[CheckSummary, ...])
FINDINGS: Codec[tuple[Finding, ...]] = Codec(tuple[Finding, ...])
COUNTS: Codec[TestCounts] = Codec(TestCounts)
VERDICTS: Codec[tuple[Verdict, ...]] = Codec(tuple[Verdict, ...])


def create(target: Path | None) -> sqlite3.Connection:
    """Make a new run file, or one in memory; ``sqlite3.Error`` where there is one already or none can be written."""
    connection = sqlite3.connect(target or ":memory:", isolation_level=None, check_same_thread=False)
    try:
        # What a killed process had written is safe in the system's cache, and nobody needs a run after a power cut.
        connection.execute("PRAGMA synchronous = OFF")
        # Not WAL: a process that tests fork would fold the log into the file when it ends. PERSIST is the next fastest.
        connection.execute("PRAGMA journal_mode = PERSIST")
        transact(connection, _lay_out)
    except BaseException:
        connection.close()
        raise
    return connection


def _lay_out(connection: sqlite3.Connection) -> None:
    for statement in TABLES.split(";\n"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def transact(connection: sqlite3.Connection, act: Callable[[sqlite3.Connection], object]) -> None:
    """Do all of ``act`` or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        act(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk makes SQLite roll back by itself
            connection.execute("ROLLBACK")
        raise


def open_existing(path: Path) -> sqlite3.Connection:
    """Open a run file for reading; ``StoreError`` where it is none, or one of another schema."""
    if not path.is_file():
        raise StoreError(
            f"{path}: no such run file; run `pytest --dryfit` or `dryfit check` first", slug="run-file"
        )
    # Not mode=ro: where the writer was killed within a transaction, SQLite has to roll it back first.
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
    try:
        _expect_schema(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise unreadable(path, error) from error
    except StoreError:
        connection.close()
        raise
    return connection


def _expect_schema(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise StoreError(f"{path}: not a run file of dryfit; name one under .dryfit/runs/", slug="run-file")
    if version != VERSION:
        age = "a newer" if version > VERSION else "an older"
        raise StoreError(
            f"{path}: written by {age} dryfit (schema {version}, this one reads {VERSION});"
            " use that dryfit, or run the tests again with this one",
            slug="run-file",
        )


def unreadable(path: Path, error: Exception) -> StoreError:
    """What to tell of a file that is damaged, cut short, or no database at all."""
    return StoreError(f"{path}: cannot be read as a run file ({error}); run the tests again", slug="run-file")
