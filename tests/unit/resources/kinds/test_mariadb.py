"""A MariaDB database that is as it was seeded, whatever a test did to it."""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint, Leftover
from dryfit.resources.environment import new_space
from dryfit.resources.kind import Kind
from dryfit.resources.kinds.mariadb import kind
from dryfit.resources.mariadb.database import MariadbDatabase

pymysql = pytest.importorskip("pymysql")
HERE = new_space()
"""Other processes run the same tests at this time, on the same server."""

SCHEMA = """
CREATE TABLE customer (
    id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), password VARCHAR(50), size INT AS (CHAR_LENGTH(name))
);
CREATE TABLE purchase (
    id INT AUTO_INCREMENT PRIMARY KEY, customer INT, price DECIMAL(9, 2), at TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6),
    FOREIGN KEY (customer) REFERENCES customer (id) ON DELETE CASCADE
);
CREATE TABLE log (text VARCHAR(50));
CREATE TABLE old (word VARCHAR(20) PRIMARY KEY) ENGINE = InnoDB;
CREATE SEQUENCE invoice START WITH 100 NOCACHE;
CREATE VIEW rich AS SELECT name FROM customer;
DELIMITER //
CREATE TRIGGER logged AFTER INSERT ON purchase FOR EACH ROW BEGIN INSERT INTO log VALUES (NEW.id); END //
DELIMITER ;
"""
SEED = """
INSERT INTO customer (name, password) VALUES ('Anna', 'x'), ('Jörg', 'y');
INSERT INTO purchase (customer, price) VALUES (1, 9.90);
"""
STATEMENTS = [
    "INSERT INTO customer (name) VALUES ('Carl')",
    "DELETE FROM customer WHERE id = 1",
    "UPDATE customer SET name = 'ANNA' WHERE id = 1",
    "UPDATE customer SET id = 0 WHERE id = 2",
    "INSERT INTO purchase (customer, price) VALUES (2, 1)",
    "TRUNCATE TABLE log",
    "SELECT NEXTVAL(invoice)",
    "ALTER TABLE customer AUTO_INCREMENT = 1000",
    "INSERT INTO old VALUES ('a'), ('a')",
    "DROP TABLE log",
    "ALTER TABLE old ADD COLUMN more INT",
    "CREATE TABLE extra ENGINE = MyISAM SELECT * FROM old",
    "DROP TRIGGER IF EXISTS logged",
    "CREATE OR REPLACE VIEW rich AS SELECT 1",
    "CREATE PROCEDURE p() SELECT 1",
]


@pytest.fixture(scope="module")
def endpoint(serve: Callable[[Kind], Endpoint]) -> Endpoint:
    return serve(kind)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project with spaces")
    (root / "schema.sql").write_text(SCHEMA)
    (root / "seed.sql").write_text(SEED)
    return root


@pytest.fixture(scope="module")
def shop(endpoint: Endpoint, project: Path) -> Iterator[MariadbDatabase]:
    with closing(opened(endpoint, project, schema="schema.sql", seed=["seed.sql"])) as database:
        yield database


@pytest.fixture(autouse=True)
def _clean(request: pytest.FixtureRequest) -> None:
    if "shop" in request.fixturenames:
        request.getfixturevalue("shop").clean()


def opened(endpoint: Endpoint, project: Path, space: str = "one", **options: object) -> MariadbDatabase:
    return kind.open(Declaration("shop", "mariadb", options=options), endpoint, project, f"{HERE}_{space}")


def connected(database: MariadbDatabase, *, autocommit: bool = True) -> Any:
    handle = database.handle
    return pymysql.connect(
        host=handle.host,
        port=handle.port,
        user=handle.user,
        password=handle.password,
        database=handle.database,
        charset="utf8mb4",
        autocommit=autocommit,
        ssl_disabled=True,
    )


def run(database: MariadbDatabase, *statements: str) -> None:
    with closing(connected(database)) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def ask(database: MariadbDatabase, query: str) -> list[tuple[object, ...]]:
    with closing(connected(database)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def content(database: MariadbDatabase) -> list[object]:
    tables = sorted(str(name) for (name,) in ask(database, "SHOW TABLES"))
    return [
        *(ask(database, f"SHOW CREATE TABLE `{name}`") for name in tables),
        *(sorted(map(repr, ask(database, f"SELECT * FROM `{name}`"))) for name in tables),
        [row[:4] for row in ask(database, "SHOW TRIGGERS")],
        ask(
            database, "SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()"
        ),
    ]


def changes(left: tuple[Leftover, ...]) -> set[tuple[str, str, int]]:
    return {(leftover.place, leftover.change, leftover.count) for leftover in left}


def test_it_holds_schema_and_seed(shop: MariadbDatabase) -> None:
    assert ask(shop, "SELECT name, size FROM customer ORDER BY id") == [("Anna", 4), ("Jörg", 4)]
    assert shop.handle.url.endswith(f":{shop.handle.port}/{HERE}_one_shop")


def test_a_test_that_only_read_leaves_nothing(shop: MariadbDatabase) -> None:
    content(shop)
    assert shop.clean() == ()


def test_clean_tells_rows_and_restores_them(shop: MariadbDatabase) -> None:
    before = content(shop)
    run(
        shop,
        "INSERT INTO customer (name, password) VALUES ('Carl', 'secret')",
        "UPDATE customer SET name = 'ANNA' WHERE id = 1",
        "INSERT INTO purchase (customer, price) VALUES (3, 1)",
    )
    left = shop.clean()
    assert changes(left) == {
        ("customer", "rows added", 1),
        ("customer", "rows changed", 1),
        ("customer", "sequence moved", 1),
        ("purchase", "rows added", 1),
        ("purchase", "sequence moved", 1),
        ("log", "rows changed", 2),
    }
    (sample,) = [each.sample for each in left if (each.place, each.change) == ("customer", "rows changed")]
    assert sample == ("id=1, name='ANNA', password=***, size=4",)
    assert content(shop) == before
    assert shop.clean() == ()


def test_what_foreign_keys_remove_in_other_tables_comes_back(shop: MariadbDatabase) -> None:
    before = content(shop)
    run(shop, "DELETE FROM customer WHERE id = 1")
    assert changes(shop.clean()) == {("customer", "rows removed", 1), ("purchase", "rows removed", 1)}
    assert content(shop) == before


def test_a_number_that_was_used_up_in_vain_comes_back(shop: MariadbDatabase) -> None:
    with closing(connected(shop, autocommit=False)) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO customer (name) VALUES ('never')")
        connection.rollback()
    run(shop, "SELECT NEXTVAL(invoice)")
    assert changes(shop.clean()) == {("customer", "sequence moved", 1), ("invoice", "sequence moved", 1)}
    run(shop, "INSERT INTO customer (name) VALUES ('Carl')")
    assert ask(shop, "SELECT id FROM customer WHERE name = 'Carl'") == [(3,)]
    assert ask(shop, "SELECT NEXTVAL(invoice)") == [(100,)]


def test_changes_of_the_schema_are_told_and_undone(shop: MariadbDatabase) -> None:
    before = content(shop)
    run(
        shop,
        "CREATE TABLE extra (x INT)",
        "DROP TABLE old",
        "ALTER TABLE log ADD COLUMN more INT",
        "DROP TRIGGER logged",
    )
    assert changes(shop.clean()) == {
        ("extra", "tables added", 1),
        ("old", "tables removed", 1),
        ("log", "tables changed", 1),
        ("logged", "triggers removed", 1),
    }
    assert content(shop) == before


@pytest.mark.parametrize("statement", ["SELECT * FROM customer FOR UPDATE", "DELETE FROM purchase"])
def test_a_transaction_left_open_is_told_and_ended(shop: MariadbDatabase, statement: str) -> None:
    before = content(shop)
    with closing(connected(shop, autocommit=False)) as forgotten, forgotten.cursor() as cursor:
        cursor.execute(statement)
        run(shop, "INSERT INTO log VALUES ('x')")
        left = shop.clean()
        assert (f"{HERE}_one_shop", "idle in transaction", 1) in changes(left)
        assert content(shop) == before
        with pytest.raises(pymysql.err.OperationalError):
            cursor.execute("SELECT 1")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statements=st.lists(st.sampled_from(STATEMENTS), max_size=5))
def test_whatever_was_done_the_next_test_sees_the_seed(shop: MariadbDatabase, statements: list[str]) -> None:
    before = content(shop)
    with closing(connected(shop)) as connection, connection.cursor() as cursor:
        for statement in statements:
            with suppress(pymysql.err.MySQLError):  # what was dropped or added already
                cursor.execute(statement)
    shop.clean()
    assert content(shop) == before
    assert shop.clean() == ()


def test_each_worker_has_a_database_of_its_own(
    shop: MariadbDatabase, endpoint: Endpoint, project: Path
) -> None:
    with closing(opened(endpoint, project, "two", schema="schema.sql")) as other:
        run(other, "INSERT INTO log VALUES ('theirs')")
        assert shop.clean() == ()
        assert ask(shop, "SELECT * FROM log WHERE text = 'theirs'") == []
    names = {name for (name,) in ask(shop, "SHOW DATABASES")}
    assert {name for name in names if str(name).startswith(HERE)} == {
        f"{HERE}_one_shop",
        f"{HERE}_one_shop_seed",
    }


def test_tables_of_another_engine_are_looked_at_too(endpoint: Endpoint, project: Path) -> None:
    (project / "isam.sql").write_text("CREATE TABLE t (x INT) ENGINE = MyISAM")
    with closing(opened(endpoint, project, "isam", schema="isam.sql")) as database:
        run(database, "INSERT INTO t VALUES (1)")
        assert changes(database.clean()) == {("t", "rows changed", 1)}
        assert ask(database, "SELECT * FROM t") == []


def test_a_script_that_failed_is_named(endpoint: Endpoint, project: Path) -> None:
    (project / "broken.sql").write_text("CREATE TABLE t (x INT);\nINSERT INTO nowhere VALUES (1)")
    with pytest.raises(
        ResourceError, match=r"broken\.sql: (.|\n)*ERROR 1146 .* at line 2: Table .* doesn't exist"
    ):
        opened(endpoint, project, "broken", schema="broken.sql")


def test_a_server_with_another_password_is_not_taken_for_ours(endpoint: Endpoint) -> None:
    assert kind.is_ready(endpoint)
    assert not kind.is_ready(Endpoint(endpoint.host, endpoint.port, user="root", password="another"))


def test_where_no_program_is_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
    with pytest.raises(
        ResourceError, match="no program mariadbd on this machine; apt-get install mariadb-server"
    ):
        kind.launch(Declaration("shop", "mariadb"), Path())
