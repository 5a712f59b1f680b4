"""A SQLite file that is read time and again keeps its connection, and nobody can tell but by the time it takes."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from contextlib import closing

import pytest

from dryfit.resources.digest import sqlite
from dryfit.resources.digest.sqlite_files import MOST_KEPT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="elsewhere no connection is kept")


def change(path, *statements):
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def made(path, *rows):
    change(
        path,
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT)",
        *(f"INSERT INTO orders (note) VALUES ('{row}')" for row in rows),
    )
    return path


def opened(path):
    """How often this process has the file open."""
    folder = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"
    found = os.stat(path)
    count = 0
    for each in os.listdir(folder):
        try:
            there = os.fstat(int(each))
        except OSError:  # the one that lists them
            continue
        count += (there.st_dev, there.st_ino) == (found.st_dev, found.st_ino)
    return count


@pytest.fixture
def known():
    known = sqlite.Known()
    known.kept.may_keep = True
    yield known
    known.kept.close()


def notes(path, known):
    places = sqlite.read_file(path, "db", known).places
    return [note for _, note in places["db", "orders"].rows] if ("db", "orders") in places else None


@pytest.fixture
def file(tmp_path, known):
    path = made(tmp_path / "orders.db", "first")
    for _ in range(4):
        assert notes(path, known) == ['"first"']
    assert opened(path) == 1
    return path


def test_what_is_written_is_read(file, known):
    for number in range(3):
        change(file, f"INSERT INTO orders (note) VALUES ('{number}')")
        assert notes(file, known)[-1] == f'"{number}"'
    change(file, "CREATE TABLE more (id INTEGER)", "DROP TABLE orders")
    assert notes(file, known) is None


def test_it_holds_no_lock(file, known):
    with closing(sqlite3.connect(file, timeout=0)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("DELETE FROM orders")
        connection.commit()
        connection.execute("VACUUM")
    assert notes(file, known) == []


def test_a_file_that_is_copied_over_is_read_anew(file, known, tmp_path):
    # Both files count their changes up to the same number, which is all that SQLite itself compares.
    template = tmp_path / "template.db"
    shutil.copyfile(file, template)
    for note in ("one", "other"):
        shutil.copyfile(template, file)
        change(file, f"UPDATE orders SET note = '{note}'")
        assert notes(file, known) == [f'"{note}"']


def test_so_is_one_with_other_tables(file, known, tmp_path):
    template = tmp_path / "template.db"
    shutil.copyfile(file, template)
    for table in ("one", "two"):
        shutil.copyfile(template, file)
        change(file, f"CREATE TABLE {table} (id INTEGER)", f"INSERT INTO {table} VALUES (7)")
        assert sqlite.read_file(file, "db", known).places["db", table].rows == (("7",),)


def test_a_file_that_takes_its_place_is_read(file, known, tmp_path):
    os.replace(made(tmp_path / "new.db", "second"), file)
    assert notes(file, known) == ['"second"']
    file.unlink()
    assert notes(file, known) is None


def test_a_write_ahead_log_goes_with_the_last_connection(file, known):
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO orders (note) VALUES ('second')")
        connection.commit()
        for _ in range(4):
            assert notes(file, known) == ['"first"', '"second"']
    assert sorted(each.name for each in file.parent.iterdir()) == ["orders.db"]


def test_another_thread_reads_by_itself(file, known):
    read: list[object] = []
    thread = threading.Thread(target=lambda: read.append(notes(file, known)))
    thread.start()
    thread.join()
    assert read == [['"first"']]
    assert notes(file, known) == ['"first"']


def test_none_is_kept_while_a_test_may_count_what_is_open(tmp_path, known):
    path = made(tmp_path / "orders.db", "first")
    known.kept.may_keep = False
    for _ in range(5):
        notes(path, known)
    assert opened(path) == 0


def test_only_some_are_kept_and_none_at_the_end(tmp_path, known):
    files = [made(tmp_path / f"{number}.db", "first") for number in range(MOST_KEPT + 2)]
    for file in files:
        for _ in range(4):
            notes(file, known)
    assert [opened(file) for file in files] == [0, 0, *[1] * MOST_KEPT]
    known.kept.close()
    assert [opened(file) for file in files] == [0] * len(files)


def test_one_that_breaks_is_let_go(file, known):
    file.write_bytes(b"no database any more" * 1000)
    with pytest.raises(sqlite3.Error):
        sqlite.read_file(file, "db", known)
    assert opened(file) == 0
