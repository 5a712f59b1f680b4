"""Reads run files back into model values."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from dryfit.model.errors import StoreError
from dryfit.model.run import Run, RunInfo, TestCounts
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Behaviour, Observations, Trace, TracedCrossing
from dryfit.store import schema
from dryfit.store.codec import Codec
from dryfit.store.merge import EXCHANGE, INCIDENT, merge

T = TypeVar("T")


def load(path: Path) -> Run:
    """Everything that is known of a run, what its workers wrote beside it included; ``StoreError`` if it is unreadable.

    Of a run that was killed the results are missing, and the test that ran at that moment has the outcome "cut off".
    """
    run = _reading(path, read_run)
    parts = [_worker_part(file) for file in worker_files(path)]
    return replace(run, observations=merge(run.observations, *parts)) if parts else run


def load_observations(path: Path) -> Observations:
    """What the probes learned, from this one file alone; ``StoreError`` if it is unreadable."""
    return _reading(path, read_observations)


def load_behaviours(path: Path, callables: Collection[str]) -> tuple[Behaviour, ...]:
    """How some callables were crossed, without reading the rest; ``StoreError`` if the file is unreadable."""
    asked = json.dumps(sorted(callables))
    return _reading(path, lambda connection: _behaviours_of(connection, asked))


def _behaviours_of(connection: sqlite3.Connection, callables: str) -> tuple[Behaviour, ...]:
    rows = connection.execute(
        "SELECT body FROM behaviour WHERE body IS NOT NULL"
        " AND json_extract(body, '$.seam.callable') IN (SELECT value FROM json_each(?))",
        [callables],
    )
    return tuple(schema.BEHAVIOUR.loads(body) for (body,) in rows)


def load_info(path: Path) -> RunInfo:
    """Who, when and where, without reading the rest; ``StoreError`` if it is unreadable."""
    return _reading(path, _read_info)


def worker_files(path: Path) -> tuple[Path, ...]:
    """The files that the workers of the run in ``path`` wrote and that were not combined with it yet."""
    return tuple(sorted(path.parent.glob("worker-*.sqlite")))


def _worker_part(path: Path) -> Observations:
    try:
        return load_observations(path)
    except StoreError as error:
        return lost_part(error)


def lost_part(error: StoreError) -> Observations:
    """What stands in for an unreadable worker's file: a warning, since what the others saw holds nevertheless."""
    return Observations(warnings=(f"what one worker saw is lost: {error}",))


def _reading(path: Path, read: Callable[[sqlite3.Connection], T]) -> T:
    with closing(schema.open_existing(path)) as connection:
        try:
            return read(connection)
        except (sqlite3.Error, ValueError) as error:
            raise schema.unreadable(path, error) from error


def read_run(connection: sqlite3.Connection) -> Run:
    """All of an open run file; results that are not written yet are empty."""
    return Run(
        info=_read_info(connection),
        project=_document(connection, "project", schema.PROJECT) or ProjectMap(root=""),
        observations=read_observations(connection),
        coverage=_document(connection, "coverage", schema.COVERAGE) or (),
        checks=_document(connection, "checks", schema.CHECKS) or (),
        findings=_document(connection, "findings", schema.FINDINGS) or (),
        tests=_document(connection, "tests", schema.COUNTS) or TestCounts(),
        verdicts=_document(connection, "verdicts", schema.VERDICTS) or (),
    )


def _read_info(connection: sqlite3.Connection) -> RunInfo:
    info = _document(connection, "info", schema.INFO)
    if info is None:
        raise ValueError("it ends before it says which run it is")
    return info


def _document(connection: sqlite3.Connection, name: str, codec: Codec[T]) -> T | None:
    row = connection.execute("SELECT body FROM document WHERE name = ?", (name,)).fetchone()
    return codec.loads(row[0]) if row else None


def read_observations(connection: sqlite3.Connection) -> Observations:
    """The observations in an open run file, in the order that ``merge`` gives them."""
    bodies = connection.execute("SELECT body FROM behaviour WHERE body IS NOT NULL")
    return merge(
        Observations(
            behaviours=tuple(schema.BEHAVIOUR.loads(body) for (body,) in bodies),
            traces=_traces(connection),
            incidents=_notes(connection, "incident", INCIDENT),
            skipped=_notes(connection, "skipped", schema.SKIPPED),
            warnings=_notes(connection, "warning", schema.TEXT),
            exchanges=_notes(connection, "exchange", EXCHANGE),
        )
    )


def _notes(connection: sqlite3.Connection, kind: str, codec: Codec[T]) -> tuple[T, ...]:
    rows = connection.execute("SELECT body FROM note WHERE kind = ?", (kind,))
    return tuple(codec.loads(body) for (body,) in rows)


def _traces(connection: sqlite3.Connection) -> tuple[Trace, ...]:
    below: dict[int, list[TracedCrossing]] = defaultdict(list)
    keys = dict(connection.execute("SELECT id, key FROM behaviour"))
    rows = connection.execute('SELECT test, "index", parent, behaviour, count, seconds FROM crossing')
    for test, index, parent, behaviour, count, seconds in rows:
        below[test].append(TracedCrossing(index, parent, keys[behaviour], count, seconds))
    tests = connection.execute("SELECT id, name, outcome, seconds FROM test").fetchall()
    return tuple(
        Trace(schema.TEXT.loads(name), outcome, seconds, tuple(below[number]))
        for number, name, outcome, seconds in tests
    )


def read_trace(connection: sqlite3.Connection, number: int) -> Trace:
    """The trace of the test in row ``number``."""
    rows = connection.execute(
        'SELECT "index", parent, key, count, seconds FROM crossing JOIN behaviour ON behaviour.id = behaviour'
        ' WHERE test = ? ORDER BY "index"',
        (number,),
    )
    crossings = tuple(TracedCrossing(*row) for row in rows)
    name, outcome, seconds = connection.execute(
        "SELECT name, outcome, seconds FROM test WHERE id = ?", (number,)
    ).fetchone()
    return Trace(schema.TEXT.loads(name), outcome, seconds, crossings)
