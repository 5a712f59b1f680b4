"""Within a test, a database goes back to what it was at some time, whatever was done since."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.resources.postgres.conftest import Subject, state_of
from tests.unit.resources.postgres.test_recycle_any import run, transactions

from dryfit.model.target import Target
from dryfit.resources.rewinds import rewind_of


def taken(database: Subject, *prefix: str):
    """A rewind that remembers what a test has prepared, and that state."""
    database.run(*prefix)
    rewind = database.resource.rewind()
    assert rewind.take() == ""
    return rewind, database.state()


def test_rows_and_sequences_go_back_to_what_the_test_had_prepared(database):
    rewind, then = taken(
        database, "INSERT INTO customers (name) VALUES ('new')", "DELETE FROM lines WHERE order_id = 1"
    )
    for _ in range(3):
        database.run(
            "INSERT INTO customers (name) VALUES ('newer'), ('newest')",
            "UPDATE customers SET name = 'other' WHERE name = 'new'",
            "DELETE FROM orders WHERE id = 2",
            "SELECT nextval('invoices')",
        )
        assert rewind.back() == ""
        assert database.state() == then
    assert database.left()["customers"] == {"rows added": 1}
    assert database.resource.replacements == []


def test_a_number_that_a_sequence_had_in_hand_is_given_again(database):
    rewind, _ = taken(database, "SELECT nextval('invoices')", "SELECT nextval('invoices')")
    with database.connect() as connection:
        given = [connection.execute("SELECT nextval('invoices')").fetchone(), rewind.back()]
        assert given == [connection.execute("SELECT nextval('invoices')").fetchone(), rewind.back()]


def test_nothing_to_put_back(database):
    rewind, then = taken(database)
    database.run("SELECT * FROM customers", "SELECT 1 FROM customers FOR UPDATE")
    assert rewind.back() == ""
    assert database.state() == then


def test_truncated_tables_are_filled_again(database):
    rewind, then = taken(database, "TRUNCATE lines", "INSERT INTO lines VALUES (1, 1, 's', 'n')")
    for _ in range(2):
        database.run("TRUNCATE lines, ranks", "INSERT INTO lines VALUES (1, 2, 's', 'n')")
        assert rewind.back() == ""
        assert database.state() == then


def test_tables_of_a_transaction_that_only_reads_go_back_as_well(database):
    with database.connect(autocommit=False) as connection:
        connection.execute("SELECT * FROM customers")
        rewind, then = taken(database)
        database.run("DELETE FROM customers")
        assert rewind.back() == ""
        assert database.state() == then


def test_an_open_transaction_that_has_written_is_refused(database):
    with database.connect(autocommit=False, application_name="the app") as connection:
        connection.execute("UPDATE customers SET name = 'x' WHERE id = 1")
        expected = (
            "a transaction that has written is open on a connection of the app:"
            " UPDATE customers SET name = 'x' WHERE id = 1"
        )
        assert database.resource.rewind().take() == expected
        connection.rollback()
        rewind, _ = taken(database)
        connection.execute("SELECT FROM customers WHERE id = 1 FOR UPDATE")
        assert rewind.back().startswith("a transaction that has written is open")


def test_a_schema_that_was_changed_since_is_refused(database):
    rewind, _ = taken(database)
    database.run("CREATE TABLE more (id int)")
    assert rewind.back().startswith("the schema was changed: table public.more")


def test_tables_that_the_test_had_prepared_go_back_as_well(database):
    rewind, then = taken(
        database,
        "CREATE TABLE tags (id serial PRIMARY KEY, name text UNIQUE, used_by integer REFERENCES customers)",
        "ALTER TABLE lines DROP COLUMN note",
        "DROP TABLE rooms",
        "INSERT INTO tags (name, used_by) VALUES ('a', 1), ('b', NULL)",
        "DELETE FROM orders WHERE id = 3",
    )
    for _ in range(2):
        database.run(
            "INSERT INTO tags (name) VALUES ('c')",
            "UPDATE tags SET name = 'd' WHERE name = 'a'",
            "DELETE FROM customers WHERE id = 2",
            "TRUNCATE lines",
        )
        assert rewind.back() == ""
        assert database.state() == then
    database.run("ALTER TABLE tags ADD COLUMN more text")
    assert rewind.back().startswith("the schema was changed: table public.tags")
    database.run("DROP TABLE tags")
    assert rewind.back().startswith("the schema was changed: ")
    database.resource.clean()
    assert database.state() == database.seeded


def test_a_table_of_the_tests_own_that_is_not_kept_is_refused(database):
    rewind, then = taken(database, "CREATE MATERIALIZED VIEW names AS SELECT name FROM customers")
    database.run("DELETE FROM ranks")
    assert (rewind.back(), database.state()) == ("", then)
    database.run("REFRESH MATERIALIZED VIEW names")
    assert rewind.back() == "table public.names was written to, and is a materialized view"


def test_tables_of_the_tests_own_go_back_without_the_log(database):
    database.resource._watch._reads_log = False
    rewind, then = taken(
        database,
        "CREATE TABLE tags (name text)",
        "INSERT INTO tags VALUES ('a')",
        "REFRESH MATERIALIZED VIEW totals",
    )
    database.run("UPDATE tags SET name = 'b'", "DELETE FROM ranks")
    assert (rewind.back(), database.state()) == ("", then)


def test_a_temporary_table_of_the_prefix_is_refused(database):
    with database.connect() as connection:
        connection.execute("CREATE TEMP TABLE scratch (a int)")
        assert database.resource.rewind().take() == "a temporary table was made: scratch"


def test_a_temporary_table_that_was_made_since_is_dropped(database):
    rewind, then = taken(database)
    with database.connect() as connection:
        connection.execute("CREATE TEMP TABLE scratch (a int)")
        assert rewind.back() == ""
        assert database.state() == then


def test_a_table_that_is_not_kept_is_refused(database):
    rewind, _ = taken(database, "REFRESH MATERIALIZED VIEW totals")
    assert rewind.back() == ""
    database.run("UPDATE orders SET total = 7", "REFRESH MATERIALIZED VIEW totals")
    assert rewind.back() == "table public.totals was written to, and is a materialized view"


def test_a_database_that_is_not_dryfits_any_more_is_left_alone(database):
    rewind, _ = taken(database)
    name = database.resource.handle.database
    with database.connect() as connection:
        (mark,) = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        connection.execute(f"COMMENT ON DATABASE {name} IS 'mine'")
        connection.execute("DELETE FROM lines")
        assert "does not bear this run's mark" in rewind.back()
        assert connection.execute("SELECT count(*) FROM lines").fetchone() == (0,)
        connection.execute(f"COMMENT ON DATABASE {name} IS '{mark}'")


def test_without_the_log_everything_is_compared(database):
    database.resource._watch._reads_log = False
    rewind, then = taken(database, "INSERT INTO customers (name) VALUES ('new')")
    database.run("UPDATE customers SET name = 'newer' WHERE name = 'new'", "DELETE FROM ranks")
    assert rewind.back() == ""
    assert database.state() == then


def test_triggers_that_cannot_be_held_off_are_undone(database):
    database.resource._holds_off = False
    database.resource._data.execute("RESET session_replication_role")
    rewind, then = taken(database, "UPDATE orders SET total = 3 WHERE id = 1")
    database.run("UPDATE orders SET total = 4", "DELETE FROM lines")
    assert rewind.back() == ""
    assert database.state() == then


def test_a_lost_connection_is_said(database):
    rewind, _ = taken(database)
    database.run(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = 'dryfit' AND datname = current_database()"
    )
    database.run("DELETE FROM lines")
    assert rewind.back().startswith(f"database {database.resource.handle.database}: ")


@settings(
    max_examples=25,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    prefix=st.lists(transactions, max_size=2), trials=st.lists(st.lists(transactions, max_size=2), max_size=3)
)
def test_any_statements(database, prefix, trials):
    try:
        with database.connect() as connection:
            for end, statements in prefix:
                run(connection, end, statements)
            rewind = database.resource.rewind()
            if rewind.take():
                return
            then = database.state()
            for trial in trials:
                for end, statements in trial:
                    run(connection, end, statements)
                if rewind.back():
                    return
                assert state_of(database.resource.handle.url) == then
    finally:
        database.resource.clean()


def test_the_programs_connection_is_known_by_the_mark_at_its_end(database, open_database):
    other = open_database()
    handle = database.resource.handle
    address = f"host='localhost' port='{handle.port}' user='{handle.user}' password='{handle.password}'"
    target = Target("postgres", handle.database, f"{address} dbname='{handle.database}'")
    assert [each.resource.serves(target) for each in (database, other)] == [True, False]
    assert rewind_of(target, [other.resource, database.resource], lambda path: False).take() == ""
    assert not database.resource.serves(Target("postgres", "gone", f"{address} dbname='gone'"))
    assert not database.resource.serves(Target("redis", "db 0", "redis://localhost"))
