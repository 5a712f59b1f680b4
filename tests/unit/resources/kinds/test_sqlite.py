"""A SQLite file that is as it was seeded, whatever a test did to it."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Leftover
from dryfit.resources.kinds.sqlite import SqliteFile, kind

SCHEMA = """
CREATE TABLE customer (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE, password TEXT);
CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer ON DELETE CASCADE, price);
CREATE TABLE tag (word TEXT PRIMARY KEY, weight REAL) WITHOUT ROWID;
CREATE TABLE note (text);
CREATE VIEW rich AS SELECT * FROM customer;
CREATE TRIGGER noted AFTER INSERT ON purchase BEGIN INSERT INTO note VALUES (new.id); END;
"""
SEED = "INSERT INTO customer VALUES (1, 'Anna', 'x'), (2, 'Ben', 'y'); INSERT INTO tag VALUES ('new', 0.5);"
STATEMENTS = [
    "INSERT INTO customer (name) VALUES ('Carl')",
    "INSERT INTO purchase (customer, price) VALUES (1, 9.9)",
    "DELETE FROM customer WHERE id = 2",
    "UPDATE customer SET name = 'ANNA' WHERE id = 1",
    "UPDATE tag SET weight = NULL",
    "INSERT OR REPLACE INTO tag VALUES ('old', 1)",
    "DROP TABLE note",
    "CREATE TABLE extra AS SELECT * FROM customer",
    "ALTER TABLE tag ADD COLUMN more",
    "PRAGMA user_version = 7",
    "PRAGMA journal_mode = WAL",
    "VACUUM",
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "seed.sql").write_text(SEED)
    (tmp_path / "seeds.py").write_text(
        "import sqlite3\n"
        "def more(url):\n"
        "    connection = sqlite3.connect(url.removeprefix('sqlite:///'))\n"
        "    connection.execute(\"INSERT INTO note VALUES ('from Python')\")\n"
        "    connection.commit()\n"
    )
    return tmp_path


@pytest.fixture
def shop(project: Path) -> Iterator[SqliteFile]:
    with closing(opened(project, schema="schema.sql", seed=["seed.sql", "seeds:more"])) as file:
        yield file


def opened(project: Path, **options: object) -> SqliteFile:
    return kind.open(Declaration("shop", "sqlite", options=options), None, project, "one")


def run(file: SqliteFile, *statements: str) -> None:
    with closing(sqlite3.connect(file.handle.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        for statement in statements:
            connection.execute(statement)


def content(file: SqliteFile) -> tuple[list[str], int]:
    with closing(sqlite3.connect(file.handle.path)) as connection:
        return list(connection.iterdump()), connection.execute("PRAGMA user_version").fetchone()[0]


def changes(left: tuple[Leftover, ...]) -> set[tuple[str, str, int]]:
    return {(leftover.place, leftover.change, leftover.count) for leftover in left}


def test_it_holds_schema_and_seed_from_files_and_callables(shop: SqliteFile) -> None:
    with closing(sqlite3.connect(shop.handle.database)) as connection:
        assert connection.execute("SELECT name FROM customer ORDER BY id").fetchall() == [("Anna",), ("Ben",)]
        assert connection.execute("SELECT * FROM note").fetchall() == [("from Python",)]
    assert shop.handle.url == f"sqlite:///{shop.handle.path}"


def test_a_test_that_only_read_leaves_nothing(shop: SqliteFile) -> None:
    content(shop)
    assert shop.clean() == ()


def test_clean_tells_rows_and_restores_them(shop: SqliteFile) -> None:
    before = content(shop)
    run(
        shop,
        "INSERT INTO customer (name, password) VALUES ('Carl', 'secret')",
        "UPDATE customer SET name = 'ANNA' WHERE id = 1",
        "DELETE FROM tag",
        "INSERT INTO purchase VALUES (1, 3, 9.9)",
    )
    left = shop.clean()
    assert changes(left) == {
        ("customer", "rows added", 1),
        ("customer", "rows changed", 1),
        ("customer", "sequence moved", 1),
        ("note", "rows added", 1),
        ("purchase", "rows added", 1),
        ("tag", "rows removed", 1),
    }
    (sample,) = [leftover.sample for leftover in left if leftover.change == "rows changed"]
    assert sample == ("id=1, name='ANNA', password=***",)
    assert content(shop) == before
    assert shop.clean() == ()


def test_changes_of_the_schema_are_told_and_undone(shop: SqliteFile) -> None:
    before = content(shop)
    run(shop, "CREATE TABLE extra (x)", "ALTER TABLE tag ADD COLUMN more", "DROP TABLE note")
    assert changes(shop.clean()) == {
        ("extra", "tables added", 1),
        ("note", "tables removed", 1),
        ("tag", "tables changed", 1),
    }
    assert content(shop) == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statements=st.lists(st.sampled_from(STATEMENTS), max_size=5))
def test_whatever_was_done_the_next_test_sees_the_seed(shop: SqliteFile, statements: list[str]) -> None:
    before = content(shop)
    with closing(sqlite3.connect(shop.handle.path, isolation_level=None)) as connection:
        for statement in statements:
            with suppress(sqlite3.OperationalError):  # what was dropped or added already
                connection.execute(statement)
    shop.clean()
    assert content(shop) == before
    assert shop.clean() == ()


def test_the_journal_mode_is_as_it_was_where_no_connection_lives_on(shop: SqliteFile) -> None:
    for _ in range(2):
        run(shop, "PRAGMA journal_mode = WAL", "INSERT INTO note VALUES ('x')")
        assert changes(shop.clean()) == {("note", "rows added", 1)}
        with closing(sqlite3.connect(shop.handle.path)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert shop.clean() == ()


def test_a_connection_that_has_chosen_a_log_keeps_it(shop: SqliteFile) -> None:
    with closing(sqlite3.connect(shop.handle.path, isolation_level=None)) as program:
        program.execute("PRAGMA journal_mode = wal")
        for _ in range(2):
            program.execute("INSERT INTO note VALUES ('x')")
            assert changes(shop.clean()) == {("note", "rows added", 1)}
            assert program.execute("SELECT count(*) FROM note WHERE text = 'x'").fetchone() == (0,)


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_connection_of_the_program_sees_the_restored_data(project: Path, mode: str) -> None:
    (project / "schema.sql").write_text(f"PRAGMA journal_mode = {mode};{SCHEMA}")
    with ExitStack() as stack:
        shop = stack.enter_context(closing(opened(project, schema="schema.sql")))
        program = stack.enter_context(closing(sqlite3.connect(shop.handle.path)))
        program.execute("INSERT INTO note VALUES ('x')")
        program.commit()
        assert changes(shop.clean()) == {("note", "rows added", 1)}
        assert program.execute("SELECT * FROM note").fetchall() == []


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
@pytest.mark.parametrize("committed", [[], ["INSERT INTO note VALUES ('committed')"]])
def test_an_open_write_transaction_is_told_and_shut_out(
    project: Path, mode: str, committed: list[str]
) -> None:
    (project / "schema.sql").write_text(f"PRAGMA journal_mode = {mode};{SCHEMA}")
    with closing(opened(project, schema="schema.sql")) as shop:
        run(shop, *committed)
        with closing(sqlite3.connect(shop.handle.path)) as forgotten:
            forgotten.execute("INSERT INTO note VALUES ('uncommitted')")
            left = shop.clean()
            assert ("shop.sqlite3", "open write transaction", 1) in changes(left)
            assert len(left) == 1 + len(committed)
            run(shop, "INSERT INTO note VALUES ('of the next test')")
            with suppress(sqlite3.OperationalError):  # its journal is gone, where it has one
                forgotten.commit()
        assert changes(shop.clean()) == {("note", "rows added", 1)}


def test_an_open_read_does_not_keep_the_data_from_being_restored(shop: SqliteFile) -> None:
    before = content(shop)
    run(shop, "INSERT INTO note VALUES ('x')")
    with closing(sqlite3.connect(shop.handle.path)) as reader:
        rows = reader.execute("SELECT * FROM customer")
        rows.fetchone()
        assert changes(shop.clean()) == {("note", "rows added", 1)}
        assert content(shop) == before


def test_a_file_that_was_put_in_its_place_or_removed_is_told(shop: SqliteFile) -> None:
    before = content(shop)
    copy = shutil.copyfile(shop.handle.path, shop.handle.path.with_name("copy"))
    copy.replace(shop.handle.path)
    assert changes(shop.clean()) == {("shop.sqlite3", "file replaced", 1)}
    shop.handle.path.unlink()
    assert changes(shop.clean()) == {("shop.sqlite3", "file replaced", 1)}
    assert content(shop) == before


def test_each_worker_has_a_file_of_its_own_which_goes_at_the_end(shop: SqliteFile, project: Path) -> None:
    other = opened(project, schema="schema.sql")
    assert other.handle.path != shop.handle.path
    other.close()
    assert not other.handle.path.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"schema": "nowhere/*.sql"}, r"shop: no file .*nowhere/\*\.sql; correct the keys"),
        ({"schema": "schema.sql", "seed": "broken.sql"}, r"broken\.sql: no such table: nowhere"),
        ({"seed": "seeds:more"}, r"seeds:more: could not make the schema(.|\n)*no such table: note"),
    ],
)
def test_what_failed_is_named(project: Path, options: dict[str, object], message: str) -> None:
    (project / "broken.sql").write_text("INSERT INTO nowhere VALUES (1)")
    with pytest.raises(ResourceError, match=message):
        opened(project, **options)
