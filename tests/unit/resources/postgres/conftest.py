"""A PostgreSQL server of dryfit's own, and databases on it with a schema that has a bit of everything."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

psycopg = pytest.importorskip("psycopg")

from dryfit.model.errors import ResourceError  # noqa: E402
from dryfit.model.resource import Declaration, Endpoint  # noqa: E402
from dryfit.resources.environment import new_space  # noqa: E402
from dryfit.resources.kinds.postgres import kind  # noqa: E402
from dryfit.resources.postgres import programs  # noqa: E402
from dryfit.resources.postgres.database import Database  # noqa: E402
from dryfit.resources.registry import provider_named  # noqa: E402

SCHEMA = '''
CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL UNIQUE, password text);
CREATE TABLE orders (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers ON DELETE CASCADE,
    total numeric(10, 2) NOT NULL CHECK (total >= 0),
    with_tax numeric GENERATED ALWAYS AS (total * 1.2) STORED
);
CREATE TABLE lines (
    order_id integer REFERENCES orders ON DELETE CASCADE, position integer, sku text, note text,
    PRIMARY KEY (order_id, position)
);
CREATE TABLE audit (happened text, at timestamptz DEFAULT now());
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO audit (happened) VALUES (TG_OP || ' ' || TG_TABLE_NAME); RETURN NULL; END $$;
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON orders FOR EACH ROW EXECUTE FUNCTION note();
CREATE TABLE events (id bigserial, day date, what text) PARTITION BY RANGE (day);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE UNLOGGED TABLE cache (key text PRIMARY KEY, value bytea);
CREATE TABLE rooms (room integer, during int4range, EXCLUDE USING gist (during WITH &&));
CREATE TABLE ranks (name text, rank integer UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "Odd ""name""" (id integer PRIMARY KEY, "Ü ber" text, tags text[], extra jsonb, moment timestamptz);
CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(total) AS total FROM orders GROUP BY 1;
CREATE TABLE parents (id integer PRIMARY KEY, name text);
CREATE TABLE children (age integer) INHERITS (parents);
CREATE SEQUENCE invoices START 100;
INSERT INTO customers (name, password) SELECT 'c' || g, 'pw' || g FROM generate_series(1, 5) g;
INSERT INTO orders (customer_id, total) SELECT g, g * 10 FROM generate_series(1, 5) g;
INSERT INTO lines SELECT g, 1, 'sku' || g, repeat('long ', 1000) FROM generate_series(1, 5) g;
INSERT INTO events (day, what) SELECT date '2024-12-29' + g, 'e' || g FROM generate_series(1, 4) g;
INSERT INTO cache VALUES ('a', '\\x00ff'), ('b', NULL);
INSERT INTO rooms VALUES (1, '[1,5)'), (1, '[5,9)');
INSERT INTO ranks VALUES ('x', 1), ('y', 2);
INSERT INTO "Odd ""name""" VALUES
    (1, 'it''s', '{"a,b",NULL}', '{"k": [1]}', '2024-02-29 12:00+02'), (2, E'tab\\t \\\\', NULL, NULL, 'infinity');
INSERT INTO parents VALUES (1, 'p'); INSERT INTO children VALUES (2, 'c', 7);
REFRESH MATERIALIZED VIEW totals;
SELECT nextval('invoices');
'''


@dataclass(frozen=True)
class Project:
    """A project's folder, and what its table in ``[tool.dryfit.resources]`` says."""

    root: Path
    options: dict[str, object]

    @property
    def declaration(self) -> Declaration:
        return Declaration("database", "postgres", options=self.options)


@pytest.fixture(scope="session")
def project(server_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project of the schema above."""
    try:
        programs.find()
    except ResourceError as error:
        pytest.skip(str(error))
    root = tmp_path_factory.mktemp("a project")
    (root / "schema.sql").write_text(SCHEMA)
    return Project(root, {"schema": "schema.sql"})


@pytest.fixture(scope="session")
def endpoint(project: Project) -> Iterator[Endpoint]:
    """Its server."""
    with provider_named("embedded").provide(kind, project.declaration, project.root) as endpoint:
        yield endpoint


@dataclass
class Subject:
    """A database under test: its resource, and the state in which a test has to find it."""

    resource: Database
    seeded: dict[str, object]

    def connect(self, **options: object) -> psycopg.Connection:
        return psycopg.connect(self.resource.handle.url, **{"autocommit": True, **options})

    def run(self, *statements: str) -> None:
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def state(self) -> dict[str, object]:
        return state_of(self.resource.handle.url)

    def left(self) -> dict[str, dict[str, int]]:
        """Clean, check that all is as seeded, and give what had been left."""
        found = self.resource.clean()
        assert self.state() == self.seeded
        left: dict[str, dict[str, int]] = {}
        for leftover in found:
            left.setdefault(leftover.place, {})[leftover.change] = leftover.count
        return left


def state_of(url: str) -> dict[str, object]:
    """All that a test could see: relations, rows, sequences, large objects, temporary tables."""
    with psycopg.connect(url, autocommit=True) as connection:
        relations = connection.execute(
            "SELECT c.oid::regclass::text, relkind, relpersistence,"
            " (SELECT array_agg(attname || ' ' || atttypid::regtype ORDER BY attnum) FROM pg_attribute"
            "  WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1"
        ).fetchall()
        state: dict[str, object] = {"relations": relations}
        for name, relation, *_ in relations:
            if relation in "rm":
                rows = connection.execute(f"SELECT t::text FROM ONLY {name} t ORDER BY 1")
                state[name] = [row[0] for row in rows]
            elif relation == "S":
                state[name] = connection.execute(f"SELECT last_value, is_called FROM {name}").fetchone()
        state["large objects"] = connection.execute("SELECT oid FROM pg_largeobject_metadata").fetchall()
        return state


OpenDatabase = Callable[..., Subject]


@pytest.fixture
def open_database(endpoint: Endpoint, project: Project) -> Iterator[OpenDatabase]:
    """Open a database of the project, with further options."""
    with ExitStack() as opened:

        def open_one(at: Endpoint = endpoint, **options: object) -> Subject:
            declaration = Declaration("database", "postgres", options={**project.options, **options})
            resource = kind.open(declaration, at, project.root, new_space())
            opened.callback(resource.close)
            return Subject(resource, state_of(resource.handle.url))  # type: ignore[arg-type]

        yield open_one


@pytest.fixture
def database(open_database: OpenDatabase) -> Subject:
    """A database that is recycled."""
    return open_database()


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Wait until another process has done something."""

    def wait(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, "waited in vain"
            os.sched_yield()

    return wait
