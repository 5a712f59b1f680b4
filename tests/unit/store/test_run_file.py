"""The run file: what it holds, being killed, damage, other schemas, and a disk that does not take it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dryfit.model.errors import StoreError
from dryfit.model.finding import Fact, Finding
from dryfit.model.run import CheckSummary, Run, RunInfo, SeamCoverage, TestCounts
from dryfit.model.seam import Place, Seam
from dryfit.model.structure import Component, Module, ProjectMap
from dryfit.model.trace import Behaviour, Observations, Trace
from dryfit.store import schema
from dryfit.store.merge import merge
from dryfit.store.reader import load, load_info
from dryfit.store.writer import RunWriter

CUT_OFF = Trace("test_next", "cut off", 0.0)


def written(root: Path, info: RunInfo, seen: Observations) -> Path:
    with RunWriter.create(root, info) as writer:
        writer.append(seen)
    assert writer.path is not None
    return writer.path


def lossy(*evidence: Fact) -> Finding:
    seam, place = Seam("a", "b", "b.f"), Place("a.py", 1)
    return Finding(
        "DF101-000000", "DF101", "lossy-transfer", "data", "error", seam, place, "", "It is.", evidence
    )


def test_everything_comes_back(
    tmp_path: Path, info: RunInfo, seen: Observations, behaviour: Behaviour
) -> None:
    run = Run(
        info=replace(info, seconds=1.5),
        project=ProjectMap(str(tmp_path), (Component("order", 1, (Module("order", "order.py"),)),)),
        observations=seen,
        coverage=(SeamCoverage(behaviour.seam, "exercised", 1, 1, 1, 1, 0, 3, 1, 0.125),),
        checks=(CheckSummary("data", 0.5),),
        findings=(lossy(Fact("rows", 3), Fact("types", ("int", "str")), Fact("share", 0.5)),),
        tests=TestCounts(passed=1),
    )
    with RunWriter.create(tmp_path, info) as writer:
        writer.begin_test("test_pay")
        writer.append(seen)
        writer.save_project(run.project)
        writer.save_results(
            coverage=run.coverage, checks=run.checks, findings=run.findings, tests=run.tests, info=run.info
        )
        assert writer.load() == run
    assert writer.warning is None
    assert writer.path is not None
    assert load(writer.path) == run


def test_a_run_of_two_thousand_calls_is_as_big_as_one_of_two(
    tmp_path: Path, info: RunInfo, seen: Observations
) -> None:
    def size(name: str, times: int) -> int:
        with RunWriter.create(tmp_path, replace(info, id=name)) as writer:
            for _ in range(times):
                writer.append(seen)
        assert writer.path is not None
        return writer.path.stat().st_size

    assert size("long", 2000) == size("short", 2)


def test_git_does_not_see_it(tmp_path: Path, info: RunInfo, seen: Observations) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    written(tmp_path, info, seen)
    status = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path, check=True, capture_output=True)
    assert status.stdout == b""


# -- killed ----------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from dryfit.model.run import RunInfo
from dryfit.model.trace import Observations, Trace
from dryfit.store import schema
from dryfit.store.writer import RunWriter

writer = RunWriter.create(Path(sys.argv[1]), RunInfo("one", "2026-01-31T12:00:00+00:00", 0.0, "3", "", 0), sys.argv[2])
writer.begin_test("test_done")
writer.append(Observations(traces=(Trace("test_done", "passed", 0.5),)))
writer.begin_test("test_next")
writer._connection.execute("PRAGMA cache_size = 2")  # so that the unfinished transaction does reach the file
writer._connection.execute("BEGIN")
writer._connection.executemany("INSERT INTO note VALUES ('warning', ?)", [(f'"{n:0500}"',) for n in range(2000)])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("worker", ["", "gw0"])
def test_killed_within_a_transaction(tmp_path: Path, info: RunInfo, worker: str) -> None:
    with RunWriter.create(tmp_path, info) if worker else open(os.devnull):
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, tmp_path, worker], check=False, stderr=subprocess.PIPE
        )
    assert (killed.returncode, killed.stderr) == (-9, b"")
    observations = load(tmp_path / ".dryfit/runs/one/run.sqlite").observations
    assert observations == Observations(traces=(Trace("test_done", "passed", 0.5), CUT_OFF))


def test_nothing_stays_of_a_worker_that_was_killed_once_its_part_is_taken_over(
    tmp_path: Path, info: RunInfo
) -> None:
    between_transactions = "".join(
        line for line in KILLED.splitlines(keepends=True) if "_connection" not in line
    )
    with RunWriter.create(tmp_path, info) as writer:
        for worker, killed in {"gw0": KILLED, "gw1": between_transactions}.items():
            subprocess.run([sys.executable, "-c", killed, tmp_path, worker], check=False)
        writer.combine()
    observations = Observations(traces=(Trace("test_done", "passed", 0.5), CUT_OFF))
    assert load(tmp_path / ".dryfit/runs/one/run.sqlite").observations == observations
    assert [path.name for path in (tmp_path / ".dryfit/runs/one").iterdir()] == ["run.sqlite"]


def test_the_test_that_runs_counts_as_cut_off_until_its_trace_is_there(tmp_path: Path, info: RunInfo) -> None:
    with RunWriter.create(tmp_path, info) as writer:
        writer.begin_test("test_next")
        assert writer.observations().traces == (CUT_OFF,)
        writer.append(Observations(traces=(replace(CUT_OFF, outcome="failed"),)))
        assert [trace.outcome for trace in writer.observations().traces] == ["failed"]


def test_a_rerun_that_was_cut_off_does_not_hide_the_first_one(
    tmp_path: Path, info: RunInfo, seen: Observations
) -> None:
    with RunWriter.create(tmp_path, info) as writer:
        writer.append(seen)
        writer.begin_test("test_pay")
        assert writer.observations() == merge(seen)


def test_a_process_that_a_test_forks_writes_nothing(
    tmp_path: Path, info: RunInfo, seen: Observations
) -> None:
    with RunWriter.create(tmp_path, info) as writer:
        child = os.fork()
        if not child:
            writer.append(seen)
            writer.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        writer.begin_test("test_next")
        assert writer.observations().traces == (CUT_OFF,)
    assert writer.warning is None


# -- not to be read --------------------------------------------------------------------------------


def test_a_newer_schema(tmp_path: Path, info: RunInfo, seen: Observations) -> None:
    path = written(tmp_path, info, seen)
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    with pytest.raises(
        StoreError, match=r"run\.sqlite: written by a newer dryfit \(schema 2, this one reads 1\)"
    ):
        load(path)


def test_a_database_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE note(body)")
    connection.close()
    with pytest.raises(StoreError, match=r"other\.sqlite: not a run file of dryfit"):
        load(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such run file"):
        load(tmp_path / "run.sqlite")
    assert not (tmp_path / "run.sqlite").exists()


@pytest.mark.parametrize("content", [b"not a database" * 1000, b"\0" * 5000])
def test_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"run\.sqlite: cannot be read as a run file"):
        load(path)


@pytest.mark.parametrize("size", [0, 50, 100, 4096, 9000])
def test_cut_short(tmp_path: Path, info: RunInfo, seen: Observations, size: int) -> None:
    path = written(tmp_path, info, seen)
    os.truncate(path, size)
    with pytest.raises(StoreError, match=r"run\.sqlite: (cannot be read as|not) a run file"):
        load(path)


def test_a_body_that_is_no_value(tmp_path: Path, info: RunInfo, seen: Observations) -> None:
    path = written(tmp_path, info, seen)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE behaviour SET body = '{}'")
    connection.close()
    with pytest.raises(StoreError, match=r"run\.sqlite: cannot be read as a run file \(not a stored value"):
        load(path)


def test_a_damaged_file_of_one_worker_costs_only_what_that_one_saw(
    tmp_path: Path, info: RunInfo, seen: Observations
) -> None:
    path = written(tmp_path, info, seen)
    broken = path.with_name("worker-gw1.sqlite")
    broken.write_bytes(b"?" * 5000)
    observations = load(path).observations
    assert observations.traces == seen.traces
    assert "worker-gw1.sqlite: cannot be read as a run file" in observations.warnings[0]
    with RunWriter.create(tmp_path, replace(info, id="two")) as writer:
        assert writer.path is not None
        moved = broken.rename(writer.path.with_name("worker-gw1.sqlite"))
        writer.combine()
        assert len(writer.observations().warnings) == 1
        assert moved.exists()


# -- not to be written -----------------------------------------------------------------------------


def fill_disk(writer: RunWriter) -> None:
    """Let SQLite refuse to grow the file, as it does on a full disk."""
    (pages,) = writer._connection.execute("PRAGMA page_count").fetchone()
    writer._connection.execute(f"PRAGMA max_page_count = {pages}")


def many(prefix: str) -> Observations:
    return Observations(warnings=tuple(f"{prefix}{n:0400}" for n in range(100)))


def test_a_disk_that_fills_up(tmp_path: Path, info: RunInfo, seen: Observations) -> None:
    with RunWriter.create(tmp_path, info) as writer:
        writer.append(seen)
        fill_disk(writer)
        writer.append(many("a"))
        assert writer.warning is not None
        assert "run.sqlite: cannot be written (database or disk is full); the tests go on" in writer.warning
        assert writer.path is None
        writer.append(many("b"))
        assert writer.observations() == merge(seen, many("a"), many("b"))
        assert writer.load().info == info
    assert load(tmp_path / ".dryfit/runs/one/run.sqlite").observations == merge(seen)


@pytest.mark.parametrize("pages", [pytest.param(1, id="no tables"), pytest.param(12, id="tables alone")])
@pytest.mark.parametrize("worker", ["", "gw0"])
def test_a_disk_that_is_full_from_the_beginning(
    tmp_path: Path,
    info: RunInfo,
    seen: Observations,
    monkeypatch: pytest.MonkeyPatch,
    pages: int,
    worker: str,
) -> None:
    files: list[sqlite3.Connection] = []

    def connect(target: Path | str, isolation_level: None, check_same_thread: bool) -> sqlite3.Connection:
        connection = sqlite3.Connection(
            str(target), isolation_level=isolation_level, check_same_thread=check_same_thread
        )
        if isinstance(target, Path):
            files.append(connection)
            connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr("dryfit.store.schema.sqlite3.connect", connect)
    large = replace(info, revision="x" * 100_000)
    with RunWriter.create(tmp_path, large, worker) as writer:
        writer.append(seen)
        assert "cannot be written (database or disk is full)" in str(writer.warning)
        assert writer.observations() == merge(seen)
        assert files
        assert list((tmp_path / ".dryfit/runs/one").iterdir()) == []


def test_a_worker_whose_disk_fills_up_hands_over_what_it_saw_once(
    tmp_path: Path, info: RunInfo, seen: Observations
) -> None:
    with RunWriter.create(tmp_path, info) as whole, RunWriter.create(tmp_path, info, "gw0") as part:
        part.append(seen)
        fill_disk(part)
        part.append(many("a"))
        whole.combine([part.remains()])
        assert whole.observations() == merge(seen, many("a"))


def test_the_journal_of_a_worker_that_was_killed_goes_with_its_file(
    tmp_path: Path, info: RunInfo, seen: Observations
) -> None:
    with RunWriter.create(tmp_path, info) as whole:
        with RunWriter.create(tmp_path, info, "gw0") as part:
            part.append(seen)
        (tmp_path / ".dryfit/runs/one/worker-gw0.sqlite-journal").write_bytes(b"")
        whole.combine()
    assert [each.name for each in (tmp_path / ".dryfit/runs/one").iterdir()] == ["run.sqlite"]


def test_a_test_that_removes_the_directory(tmp_path: Path, info: RunInfo, seen: Observations) -> None:
    with RunWriter.create(tmp_path, info) as writer:
        writer.append(seen)
        (tmp_path / ".dryfit").rename(tmp_path / "gone")
        writer.append(many("a"))
        assert "run.sqlite: cannot be written" in str(writer.warning)
        assert writer.observations() == merge(seen, many("a"))


def test_a_file_that_a_test_destroys(tmp_path: Path, info: RunInfo, seen: Observations) -> None:
    with RunWriter.create(tmp_path, info) as writer:
        writer.append(many("a"))
        assert writer.path is not None
        writer.path.write_bytes(b"?" * 4096)
        writer.append(seen)
        assert "run.sqlite: cannot be written" in str(writer.warning)
        assert writer.observations() == merge(seen)
        assert writer.load().info == info


def test_a_trace_is_whole_though_what_was_known_of_its_crossings_was_lost_with_the_file(
    tmp_path: Path, info: RunInfo, seen: Observations
) -> None:
    crossed = next(trace for trace in seen.traces if trace.crossings)
    again = replace(crossed, test="test_again")
    with RunWriter.create(tmp_path, info) as writer:
        writer.append(seen)
        assert writer.path is not None
        writer.path.write_bytes(b"?" * 4096)
        writer.append(Observations(traces=(again,)))
        assert writer.observations().traces == (again,)


def test_a_directory_that_cannot_be_made(tmp_path: Path, info: RunInfo, seen: Observations) -> None:
    (tmp_path / ".dryfit").write_text("in the way")
    with RunWriter.create(tmp_path, info) as writer:
        writer.append(seen)
        assert writer.path is None
        assert "run.sqlite: cannot be written" in str(writer.warning)
        assert writer.load().observations == merge(seen)


def test_nothing_is_written_over_another_run(tmp_path: Path, info: RunInfo, seen: Observations) -> None:
    path = written(tmp_path, info, seen)
    with RunWriter.create(tmp_path, info) as writer:
        assert "run.sqlite: cannot be written" in str(writer.warning)
    assert load(path).observations == merge(seen)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_directory(tmp_path: Path, info: RunInfo, seen: Observations) -> None:
    tmp_path.chmod(0o555)
    with RunWriter.create(tmp_path, info) as writer:
        writer.append(seen)
        assert "Permission denied" in str(writer.warning)
        assert writer.load().observations == merge(seen)


def test_info_alone(tmp_path: Path, info: RunInfo, seen: Observations) -> None:
    assert load_info(written(tmp_path, info, seen)) == info


def test_what_is_discarded_leaves_nothing(tmp_path: Path, info: RunInfo, seen: Observations) -> None:
    with RunWriter.create(tmp_path, info) as writer:
        writer.append(seen)
        writer.discard()
    assert list((tmp_path / ".dryfit" / "runs").iterdir()) == []


def test_a_worker_s_part_is_discarded_alone(tmp_path: Path, info: RunInfo, seen: Observations) -> None:
    with RunWriter.create(tmp_path, info) as whole, RunWriter.create(tmp_path, info, "gw0") as part:
        whole.append(seen)
        part.discard()
        part.discard()
    assert whole.path is not None
    assert load(whole.path).observations == seen
