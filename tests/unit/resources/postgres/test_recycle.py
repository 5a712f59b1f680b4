"""Whatever a test leaves in its database is told, and gone before the next test."""

from __future__ import annotations

import secrets
import threading

import psycopg
import pytest
from tests.unit.resources.postgres.conftest import Subject, state_of

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration
from dryfit.resources.environment import new_space
from dryfit.resources.kinds.postgres import kind
from dryfit.resources.postgres import wal
from dryfit.resources.postgres.connect import connect, url
from dryfit.resources.registry import provider_named


def test_a_reading_test_leaves_nothing(database):
    database.run("SELECT * FROM orders", "SELECT count(*) FROM lines")
    assert database.left() == {}
    assert database.resource.replacements == []


def test_rows_added_changed_and_removed_are_told_apart(database):
    database.run(
        "INSERT INTO customers (name) VALUES ('new'), ('newer')",
        "UPDATE customers SET name = 'other' WHERE id = 1",
        "DELETE FROM lines WHERE order_id = 2",
    )
    assert database.left() == {
        "customers": {"rows added": 2, "rows changed": 1},
        "lines": {"rows removed": 1},
    }
    assert database.resource.replacements == []


def test_a_cascade_is_undone_in_every_table(database):
    database.run("DELETE FROM customers WHERE id <= 3")
    assert database.left() == {
        "customers": {"rows removed": 3},
        "orders": {"rows removed": 3},
        "lines": {"rows removed": 3},
        "audit": {"rows added": 3},
    }


def test_a_value_written_back_is_no_leftover(database):
    database.run(
        "UPDATE customers SET name = 'x' WHERE id = 1", "UPDATE customers SET name = 'c1' WHERE id = 1"
    )
    assert database.left() == {}


def test_what_a_rolled_back_transaction_wrote_is_no_leftover_and_its_sequence_stands_as_before(database):
    with database.connect(autocommit=False) as connection:
        connection.execute("INSERT INTO customers (name) VALUES ('never')")
        connection.rollback()
    assert database.left() == {}


@pytest.mark.parametrize("numbers", [1, 40])
def test_a_sequence_gives_the_same_numbers_to_each_test(database, numbers):
    for _ in range(3):
        with database.connect() as connection:
            first = connection.execute("SELECT nextval('invoices')").fetchone()
            connection.execute("SELECT nextval('invoices') FROM generate_series(2, %s)", [numbers])
        assert first == (101,)
        assert database.left() == {}


def test_a_sequence_that_came_to_stand_where_it_was_has_no_numbers_in_hand(database):
    add = "INSERT INTO customers (name) SELECT 'x' || g FROM generate_series(1, 5) g"
    database.run("TRUNCATE customers RESTART IDENTITY CASCADE", add)
    database.left()
    database.run("SELECT nextval('customers_id_seq')")
    assert database.left() == {}


def test_a_sequence_that_is_first_used_in_a_savepoint(database):
    with database.connect(autocommit=False) as connection:
        connection.execute("SAVEPOINT first")
        connection.execute("SELECT nextval('invoices')")
    assert database.left() == {}


def test_a_sequence_that_was_never_called_is_so_again(database):
    for _ in range(2):
        with database.connect() as connection:
            assert connection.execute("SELECT nextval('children_id_seq')" if 0 else "SELECT 1").fetchone()
            connection.execute("INSERT INTO events (day, what) VALUES ('2024-05-05', 'x')")
        assert database.left() == {"events_2024": {"rows added": 1}}


def test_several_connections_and_transactions(database):
    with database.connect(autocommit=False) as one, database.connect() as other:
        one.execute("INSERT INTO customers (name) VALUES ('one')")
        other.execute("INSERT INTO customers (name) VALUES ('other')")
        one.commit()
        assert database.left() == {"customers": {"rows added": 2}}
        other.execute("SELECT 1")  # the connections live on


def test_copy(database):
    statement = "COPY customers (name) FROM STDIN"
    with database.connect() as connection, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for number in range(500):
            copy.write_row([f"copied {number}"])
    assert database.left() == {"customers": {"rows added": 500}}


def test_truncate_is_undone_without_a_fresh_copy(database):
    for _ in range(2):
        database.run(
            "TRUNCATE customers RESTART IDENTITY CASCADE", "INSERT INTO customers (name) VALUES ('only')"
        )
        assert database.left()["orders"] == {"rows removed": 5}
    assert database.resource.replacements == []
    database.run("INSERT INTO customers (name) VALUES ('afterwards')")  # the new files are watched
    assert database.left() == {"customers": {"rows added": 1}}


def test_rows_in_other_places_are_no_leftover(database):
    database.run("VACUUM FULL orders", "VACUUM FULL customers", "ANALYZE", "REINDEX TABLE lines")
    assert database.left() == {}
    database.run("DELETE FROM orders WHERE id = 1")
    assert database.left() == {
        "orders": {"rows removed": 1}, "lines": {"rows removed": 1}, "audit": {"rows added": 1}
    }  # fmt: skip
    assert database.resource.replacements == []


def test_partitions(database):
    database.run("UPDATE events SET day = day + 365 WHERE day < '2025-01-01'")
    assert database.left() == {"events_2024": {"rows removed": 2}, "events_2025": {"rows added": 2}}


def test_inheritance(database):
    database.run("UPDATE parents SET name = 'changed'", "DELETE FROM ONLY parents")
    assert database.left() == {
        "parents": {"rows removed": 1},
        "children": {"rows added": 1, "rows removed": 1},
    }


def test_unlogged_tables(database):
    database.run("UPDATE cache SET value = '\\x01' WHERE key = 'a'", "INSERT INTO cache VALUES ('z')")
    assert database.left() == {"cache": {"rows added": 1, "rows changed": 1}}
    assert database.resource.replacements == []


def test_deferred_and_excluding_constraints(database):
    database.run(
        "UPDATE ranks SET rank = 3 - rank", "DELETE FROM rooms", "INSERT INTO rooms VALUES (9, '[2,7)')"
    )
    assert database.left() == {
        "ranks": {"rows added": 2, "rows removed": 2},
        "rooms": {"rows added": 1, "rows removed": 2},
    }


def test_names_and_values_of_every_sort(database):
    database.run('DELETE FROM "Odd ""name"""')
    assert database.left() == {'"Odd ""name"""': {"rows removed": 2}}


def test_a_trigger_does_not_act_on_what_is_written_back(database):
    database.run("UPDATE orders SET total = total + 1")
    assert database.left() == {"orders": {"rows changed": 5}, "audit": {"rows added": 5}}


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("CREATE TABLE extra (id serial)", "table public.extra"),
        ("DROP TABLE lines", "table public.lines"),
        ("ALTER TABLE orders ADD COLUMN paid boolean", "table public.orders"),
        ("CREATE INDEX slow ON orders (total)", "index public.slow"),
        (
            "CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "note()",
        ),
        ("ALTER TABLE orders DISABLE TRIGGER noted", "noted on public.orders"),
        ("CREATE TYPE mood AS ENUM ('sad')", "type public.mood"),
        ("GRANT SELECT ON orders TO pg_monitor", "table public.orders"),
        ("ALTER SEQUENCE invoices INCREMENT 7", "pg_sequence"),
        ("COMMENT ON TABLE orders IS 'hm'", "pg_description"),
        ("CREATE SCHEMA other", "schema other"),
    ],
)
def test_a_changed_schema_is_told_and_replaced(database, statement, told):
    database.run(statement)
    (leftover,) = database.resource.clean()
    assert (leftover.place, leftover.change) == ("schema", "changed")
    assert any(told in line for line in leftover.sample)
    assert database.state() == database.seeded
    assert "the schema was changed" in database.resource.replacements[0]
    database.run("INSERT INTO customers (name) VALUES ('in the copy')")
    assert database.left() == {"customers": {"rows added": 1}}


def test_rows_beside_a_changed_schema_are_told_as_well(database):
    database.run("CREATE TABLE extra (id serial)", "DELETE FROM lines WHERE order_id = 1")
    left = database.left()
    assert left.keys() == {"schema", "lines"}
    assert left["lines"] == {"rows removed": 1}


def test_a_schema_that_was_changed_and_changed_back_needs_no_copy(database):
    database.run("CREATE TABLE extra (id serial)", "DROP TABLE extra")
    assert database.left() == {}
    assert database.resource.replacements == []


def test_a_temporary_table_of_a_connection_that_lives_on(database):
    with database.connect() as pooled:
        pooled.execute("CREATE TEMP TABLE scratch AS SELECT 1 AS one")
        pooled.execute("CREATE TEMP VIEW seen AS SELECT * FROM scratch")
        assert database.left() == {"scratch": {"temporary table": 1}, "seen": {"temporary table": 1}}
        pooled.execute("CREATE TEMP TABLE scratch (other text)")
        assert database.left() == {"scratch": {"temporary table": 1}}
    assert database.resource.replacements == []


def test_a_temporary_table_that_went_with_its_connection(database):
    database.run("CREATE TEMP TABLE scratch AS SELECT 1 AS one")
    assert database.left() == {}


def test_a_large_object(database):
    database.run("SELECT lo_from_bytea(0, 'big')")
    left = database.left()
    assert set(left) == {"schema"}
    assert "large object" in database.resource.replacements[0]


def test_a_materialized_view(database):
    database.run("REFRESH MATERIALIZED VIEW totals")
    assert database.left() == {"totals": {"written to": 1}}
    assert database.resource.replacements == ["public.totals is a materialized view"]


def test_a_table_that_grew_too_much(database):
    database.run("INSERT INTO audit (happened) SELECT 'x' FROM generate_series(1, 30000)")
    assert "audit" in database.left()
    assert database.resource.replacements == ["public.audit got more than 20,000 rows"]


def test_much_log_is_not_read_but_every_table_looked_at(database):
    database.run(
        "INSERT INTO audit (happened) SELECT repeat('x', 200) FROM generate_series(1, 15000)",
        "DELETE FROM audit WHERE happened LIKE 'xx%'",
        "DELETE FROM lines",
        "SELECT nextval('invoices')",
    )
    assert database.left() == {"lines": {"rows removed": 5}}
    assert database.resource.replacements == []


def test_an_open_transaction_is_named_and_ended(database):
    connection = database.connect(autocommit=False, application_name="shop")
    connection.execute("SELECT * FROM orders")
    connection.execute("UPDATE orders SET total = 0")
    (leftover,) = database.resource.clean()
    assert (leftover.place, leftover.change) == ("connection of shop", "idle in transaction")
    assert leftover.sample == ("UPDATE orders SET total = 0",)
    assert database.state() == database.seeded
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")


def test_a_transaction_that_is_just_being_closed_is_not_blamed(database):
    for _ in range(20):
        connection = database.connect(autocommit=False)
        connection.execute("INSERT INTO customers (name) VALUES ('x')")
        connection.close()
        assert database.left() == {}


def test_a_statement_that_still_runs_is_ended(database):
    def run():
        with pytest.raises(psycopg.OperationalError), database.connect() as connection:
            running.set()
            connection.execute("SELECT pg_sleep(60)")

    running = threading.Event()
    thread = threading.Thread(target=run)
    thread.start()
    running.wait()
    with database.connect() as observer:
        while not observer.execute(
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
        ).fetchone():
            pass
    (leftover,) = database.resource.clean()
    assert leftover.change == "running statement"
    thread.join()


def test_a_late_writer_is_found_the_next_time(database):
    assert database.left() == {}
    database.run("INSERT INTO customers (name) VALUES ('from a background task')")
    assert database.left() == {"customers": {"rows added": 1}}


def test_what_was_written_back_is_read_over_once(database, monkeypatch):
    """Nothing is asked about the log between two tests that only read."""
    asked = []
    ask = wal.question
    monkeypatch.setattr(wal, "question", lambda *a: asked.append(a) or ask(*a))
    database.run("DELETE FROM lines")
    assert database.left() == {"lines": {"rows removed": 5}}
    for times in (2, 2, 2):
        assert database.left() == {}
        assert len(asked) == times
    database.run("BEGIN; INSERT INTO audit VALUES ('rolled back'); ROLLBACK")
    for times in (3, 4, 4):
        assert database.left() == {}
        assert len(asked) == times


def test_a_writer_right_after_rows_were_written_back(database):
    database.run("DELETE FROM lines")
    assert database.left() == {"lines": {"rows removed": 5}}
    database.run("INSERT INTO customers (name) VALUES ('from a background task')", "DELETE FROM lines")
    assert database.left() == {"customers": {"rows added": 1}, "lines": {"rows removed": 5}}


def test_writers_while_it_is_cleaned(database):
    def write():
        with database.connect() as connection:
            for number in range(200):
                connection.execute("INSERT INTO ranks (name) VALUES (%s)", [f"late {number}"])

    thread = threading.Thread(target=write)
    thread.start()
    added = 0
    while thread.is_alive():
        added += sum(
            leftover.count for leftover in database.resource.clean() if leftover.change == "rows added"
        )
    added += sum(leftover.count for leftover in database.resource.clean() if leftover.change == "rows added")
    assert added == 200
    assert database.left() == {}


def test_workers_on_one_server_do_not_see_each_other(open_database):
    one, other = open_database(), open_database()
    one.run("DELETE FROM lines")
    assert other.left() == {}
    assert one.left() == {"lines": {"rows removed": 5}}


def test_secrets_are_not_shown(database):
    database.run("UPDATE customers SET password = 'hunter2', name = 'shown' WHERE id = 1")
    (leftover,) = database.resource.clean()
    assert leftover.sample == ("id=1: name='c1' → 'shown', password=••• → •••",)


def test_our_own_connections_may_be_ended(database):
    database.run(
        "INSERT INTO customers (name) VALUES ('x')",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL",
    )
    assert database.left() == {"customers": {"rows added": 1}}


def test_another_database_of_the_same_name_is_not_taken_for_it(database, endpoint):
    name, number = database.resource.handle.database, secrets.token_hex(4)
    with connect(endpoint, "postgres") as connection:
        connection.execute(f"CREATE DATABASE other_{number}")
        assert database.left() == {}  # from here on the log names nothing of either
        end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
        connection.execute(end, [name])
        connection.execute(f"ALTER DATABASE {name} RENAME TO away_{number}")
        connection.execute(f"ALTER DATABASE other_{number} RENAME TO {name}")
        for _ in range(2):
            with pytest.raises(ResourceError, match="nothing was changed"):
                database.resource.clean()
        connection.execute(end, [name])
        connection.execute(f"DROP DATABASE {name}")
        connection.execute(f"ALTER DATABASE away_{number} RENAME TO {name}")
    assert database.left() == {}


def test_a_dropped_database_is_there_again(database, endpoint):
    with connect(endpoint, "postgres") as connection:
        connection.execute(f"DROP DATABASE {database.resource.handle.database} WITH (FORCE)")
    assert database.left() == {}
    assert database.resource.replacements == ["the database had been dropped"]


def test_nothing_is_touched_without_the_mark(database):
    name = database.resource.handle.database
    database.run(f"COMMENT ON DATABASE {name} IS 'production'", "DELETE FROM lines")
    with pytest.raises(ResourceError, match="does not bear this run's mark"):
        database.resource.clean()
    assert database.state()["lines"] == []
    with database.connect() as connection:
        connection.execute(f"COMMENT ON DATABASE {name} IS 'dryfit {database.resource._site.token}'")
    assert database.left() == {"lines": {"rows removed": 5}}


def test_a_row_that_moves_to_the_place_of_a_removed_one_is_kept(database):
    seeded = database.state()
    for _ in range(3):
        database.run("DELETE FROM orders WHERE id = 1", "VACUUM FULL orders")
        assert database.left()["orders"] == {"rows removed": 1}
        assert database.state() == seeded
        database.run("INSERT INTO orders (customer_id, total) VALUES (1, 1)")
        assert database.left()["orders"] == {"rows added": 1}
        assert database.state() == seeded
    assert database.resource.replacements == []


def test_numbers_that_a_connection_has_taken_ahead_are_void_for_the_next_test(project, open_database):
    (project.root / "tickets.sql").write_text(
        "CREATE SEQUENCE tickets CACHE 20; SELECT nextval('tickets');"
        "CREATE TABLE seats (id integer GENERATED ALWAYS AS IDENTITY (CACHE 5) PRIMARY KEY, row text)"
    )
    database = open_database(schema="tickets.sql")
    draw = "INSERT INTO seats (row) VALUES ('a') RETURNING id, nextval('tickets')"
    with database.connect() as kept:
        first = kept.execute(draw).fetchone()
        assert database.left() == {"seats": {"rows added": 1}}
        for _ in range(3):
            assert kept.execute(draw).fetchone() == first
            with database.connect() as other:
                assert other.execute(draw).fetchone() != first
            assert database.left() == {"seats": {"rows added": 2}}
    assert database.resource.replacements == []


def test_what_keeps_it_from_being_clean_is_told_in_words(database):
    refuse = (
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never'; END $$"
    )
    with database.connect() as connection:
        connection.execute("CREATE TEMP TABLE scratch (id integer)")
        connection.execute(refuse)
        connection.execute(
            "CREATE EVENT TRIGGER refused ON ddl_command_start WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION refuse()"
        )
        connection.execute("ALTER EVENT TRIGGER refused ENABLE ALWAYS")
        with pytest.raises(ResourceError, match="cannot be made clean: never"):
            database.resource.clean()
    database.resource.clean()
    assert database.state() == database.seeded


def test_a_transaction_that_was_prepared_and_never_committed(project):
    declaration = Declaration(
        "database", "postgres", options={**project.options, "settings": {"max_prepared_transactions": "2"}}
    )
    with provider_named("embedded").provide(kind, declaration, project.root) as endpoint:
        opened = kind.open(declaration, endpoint, project.root, new_space())
        database = Subject(opened, state_of(opened.handle.url))
        prepare = ("BEGIN; DELETE FROM lines; PREPARE TRANSACTION 'it''s one'", "SELECT 1")
        for _ in range(2):
            database.run(*prepare)
            assert database.left() == {"it's one": {"prepared transaction": 1}}
        assert opened.replacements == []
        database.run(*prepare)
        opened.close()
        with psycopg.connect(url(endpoint, "postgres")) as connection:
            names = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        assert opened.handle.database not in names
