"""Writes a run file while the tests run, and goes on in memory where it cannot."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from os import getpid
from pathlib import Path
from types import TracebackType

from dryfit.model.errors import StoreError
from dryfit.model.finding import Finding
from dryfit.model.run import CheckSummary, Run, RunInfo, SeamCoverage, TestCounts
from dryfit.model.structure import ProjectMap
from dryfit.model.trace import Behaviour, Observations
from dryfit.store import rows, runs, schema
from dryfit.store.merge import join_behaviours
from dryfit.store.reader import load_observations, lost_part, read_observations, read_run, worker_files


class RunWriter:
    """The file of one run, or of one worker of it, open for writing; a context manager.

    Where the file cannot be written, or no longer, ``warning`` names it and says why, ``path`` is ``None``, and what
    was seen is kept in memory: every method goes on as before, only nothing is left when the process ends.
    In a process that a test forked, nothing is written.
    """

    def __init__(self, file: Path, info: RunInfo, connection: sqlite3.Connection, claim: ExitStack) -> None:
        self.path: Path | None = file
        self.warning: str | None = None
        self._file = file
        self._info = info
        self._connection = connection
        self._claim = claim
        self._process = getpid()
        self._known: dict[str, Behaviour] = {}

    @classmethod
    def create(cls, root: Path, info: RunInfo, worker: str = "") -> RunWriter:
        """Begin the run ``info.id`` of the project at ``root``; ``worker`` names the process where there are several.

        Removes old runs, too. A full disk or a read-only directory raises nothing: see ``warning``.
        """
        file = runs.run_file(root, info.id, worker)
        is_new = not file.exists()
        claim = ExitStack()
        try:
            runs.make_room(file)
            if not worker:
                claim.enter_context(runs.claim(file.parent))
                runs.prune(root)
            writer = cls(file, info, schema.create(file), claim)
        except (OSError, sqlite3.Error) as error:
            writer = cls(file, info, schema.create(None), claim)
            writer._give_file_up(error)
        writer._save(info=schema.INFO.dumps(info))
        if writer.path is None and is_new:
            _remove(file)  # it holds nothing, and would pass for a run that was lost
        return writer

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End writing, and let other processes read or remove the run; a second call does nothing."""
        if getpid() != self._process:
            return
        with suppress(sqlite3.Error):  # then an empty journal stays beside the file
            self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.close()
        self._claim.close()

    def discard(self) -> None:
        """End writing, and leave nothing of this file behind, nor of the run if it has no other."""
        if getpid() != self._process:
            return
        self.close()
        _remove(self._file)
        with suppress(OSError):
            self._file.parent.rmdir()

    def begin_test(self, test: str) -> None:
        """Note that ``test`` is about to run; until its trace is appended it counts as cut off."""
        self._write(lambda connection: rows.put_test(connection, test))

    def append(self, observations: Observations) -> None:
        """Add what one test, or one worker, has shown: all of it, or nothing if the process is killed meanwhile."""
        news = self._news(observations.behaviours)
        self._write(lambda connection: rows.put(connection, observations, news.values(), self._known))
        self._known.update(news)

    def _news(self, behaviours: Iterable[Behaviour]) -> dict[str, Behaviour]:
        news: dict[str, Behaviour] = {}
        for behaviour in behaviours:
            known = news.get(behaviour.key) or self._known.get(behaviour.key)
            joined = join_behaviours(known, behaviour) if known else behaviour
            if joined != known:
                news[behaviour.key] = joined
        return news

    def combine(self, remains: Iterable[str] = ()) -> None:
        """Take over what the run's workers wrote, remove their files, and add what they kept in memory (``remains``).

        An unreadable file stays where it is, and becomes a warning among the observations.
        """
        for text in filter(None, remains):
            self.append(schema.OBSERVATIONS.loads(text))
        for file in worker_files(self._file):
            try:
                self.append(load_observations(file))
            except StoreError as error:
                self.append(lost_part(error))
            else:
                if self.path:  # otherwise it would be the only copy
                    _remove(file)

    def remains(self) -> str:
        """What a worker hands its controller: all that it saw where it has no file, and "" where it has one."""
        return "" if self.path else schema.OBSERVATIONS.dumps(self.observations())

    def save_project(self, project: ProjectMap) -> None:
        """Keep the static view."""
        self._save(project=schema.PROJECT.dumps(project))

    def save_results(
        self,
        *,
        coverage: tuple[SeamCoverage, ...],
        checks: tuple[CheckSummary, ...],
        findings: tuple[Finding, ...],
        tests: TestCounts,
        info: RunInfo,
    ) -> None:
        """Keep what was made of the observations, all at once; ``info`` replaces what ``create`` was given."""
        self._save(
            coverage=schema.COVERAGE.dumps(coverage),
            checks=schema.CHECKS.dumps(checks),
            findings=schema.FINDINGS.dumps(findings),
            tests=schema.COUNTS.dumps(tests),
            info=schema.INFO.dumps(info),
        )

    def observations(self) -> Observations:
        """What was appended so far."""
        return read_observations(self._connection)

    def load(self) -> Run:
        """The run as it stands now, wherever it is kept."""
        return read_run(self._connection)

    def _save(self, **documents: str) -> None:
        self._write(lambda connection: rows.put_documents(connection, documents))

    def _write(self, act: Callable[[sqlite3.Connection], object]) -> None:
        if getpid() != self._process:
            return
        try:
            schema.transact(self._connection, act)
        except sqlite3.Error as error:
            if self.path is None:
                raise
            self._move_to_memory(error)
            schema.transact(self._connection, act)

    def _move_to_memory(self, error: sqlite3.Error) -> None:
        memory = schema.create(None)
        try:
            self._connection.backup(memory)
        except sqlite3.Error:
            self._known.clear()  # unreadable as well: what was written so far is lost
            memory.close()
            memory = schema.create(None)
            rows.put_documents(memory, {"info": schema.INFO.dumps(self._info)})
        self._connection.close()
        self._connection = memory
        self._give_file_up(error)

    def _give_file_up(self, error: Exception) -> None:
        self.path = None
        self.warning = (
            f"{self._file}: cannot be written ({error}); the tests go on and this run is kept in memory only,"
            " so make room or make the directory writable before the next one"
        )


def _remove(file: Path) -> None:
    """Remove a run file, with the journal that a killed process leaves beside it."""
    for each in (file, file.with_name(f"{file.name}-journal")):
        with suppress(OSError):
            each.unlink()


def amend(root: Path, run: Run, seen: Observations | None = None) -> None:
    """Put what trials have added to a run into its file, if it has one that can be written.

    ``seen`` is what has come to the observations.
    """
    with suppress(OSError, sqlite3.Error, StoreError):
        connection = schema.open_existing(runs.run_file(root, run.info.id))
        documents = {
            "checks": schema.CHECKS.dumps(run.checks),
            "findings": schema.FINDINGS.dumps(run.findings),
            "tests": schema.COUNTS.dumps(run.tests),
            "verdicts": schema.VERDICTS.dumps(run.verdicts),
            "info": schema.INFO.dumps(run.info),
        }
        try:
            schema.transact(connection, lambda each: rows.put_documents(each, documents))
            if seen is not None:
                schema.transact(connection, lambda each: rows.put(each, seen, ()))
        finally:
            connection.close()
