"""Laws of made rows, over random schemas: the database takes them all, and the same seed gives the same ones."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from dryfit.resources.builders.maker import Maker

ROOT = Path(__file__).parent / "none of these classes"

COLUMNS = (
    "int NOT NULL CHECK ({0} > 10)",
    "int NOT NULL UNIQUE",
    "smallint NOT NULL",
    "int CHECK ({0} BETWEEN -5 AND -2)",
    "int NOT NULL CHECK ({0} <> 3 AND {0} <= 4 AND {0} >= 3)",
    "numeric(5,2) NOT NULL CHECK ({0} >= 0.01 AND {0} < 1)",
    "varchar(4) NOT NULL UNIQUE",
    "text NOT NULL CHECK (length({0}) >= 12)",
    "text NOT NULL CHECK (length({0}) < 3)",
    "varchar(20) NOT NULL CHECK ({0} IN ('new', 'paid', 'sent'))",
    "text NOT NULL CHECK ({0} LIKE 'A_-%')",
    "text NOT NULL DEFAULT 'x' CHECK ({0} <> 'y')",
    "boolean NOT NULL",
    "date NOT NULL CHECK ({0} >= '2024-01-01')",
    "timestamp NOT NULL",
    "int DEFAULT 5 CHECK ({0} IS NOT NULL)",
)
POSTGRES_COLUMNS = (
    *COLUMNS,
    "mood NOT NULL",
    "mood NOT NULL CHECK ({0} <> 'sad')",
    "uuid NOT NULL UNIQUE",
    "timestamptz NOT NULL CHECK ({0} <= now())",
    "zip NOT NULL",
    "text[] NOT NULL",
    "jsonb NOT NULL",
    "int GENERATED ALWAYS AS IDENTITY",
    "text NOT NULL CHECK ({0} ~ '^[a-f]{{2,4}}$')",
)
PAIRS = (
    "CHECK ({0} < {1})",
    "CHECK ({0} <= {1} AND {1} < 5000)",
    "CHECK ({0} <> {1})",
    "CHECK ({0} IS NOT NULL OR {1} > 7)",
    "UNIQUE ({0}, {1})",
    "CHECK ({0} + {1} < 900)",
)


@dataclass(frozen=True)
class Drawn:
    """A table: columns, constraints over two of its numbers, and the tables that it refers to."""

    name: str
    columns: tuple[str, ...]
    pair: str
    parents: tuple[tuple[str, str], ...]
    key: str

    def sql(self) -> str:
        parts = [f"id {self.key}"]
        parts += [f"c{n} {column.format(f'c{n}')}" for n, column in enumerate(self.columns)]
        parts += [f"{name}_id {kind} REFERENCES {name} (id)" for name, kind in self.parents]
        parts += ["low int NOT NULL", "high int NOT NULL", self.pair.format("low", "high")]
        return f"CREATE TABLE {self.name} ({', '.join(parts)})"


@st.composite
def schemas(
    draw: st.DrawFn, columns: tuple[str, ...], keys: tuple[tuple[str, str], ...]
) -> tuple[Drawn, ...]:
    tables: list[Drawn] = []
    kinds: dict[str, str] = {}
    for number in range(draw(st.integers(1, 5))):
        parents = draw(st.lists(st.sampled_from(tables), max_size=3, unique=True)) if tables else []
        required = st.sampled_from(["NOT NULL", "", "NOT NULL UNIQUE"])
        key, kind = draw(st.sampled_from(keys))
        name = f"t{number}"
        kinds[name] = kind
        drawn = tuple(draw(st.lists(st.sampled_from(columns), max_size=5)))
        drawn = tuple(c for n, c in enumerate(drawn) if "IDENTITY" not in c or c not in drawn[:n])
        references = tuple((parent.name, f"{kinds[parent.name]} {draw(required)}") for parent in parents)
        tables.append(Drawn(name, drawn, draw(st.sampled_from(PAIRS)), references, key))
    return tuple(tables)


def made(url: str, tables: tuple[Drawn, ...], *statements: str) -> dict[str, list[tuple[object, ...]]]:
    """Make two rows of every table in a fresh schema, and give back all rows of all tables; nothing is kept."""
    engine = create_engine(url)
    with ExitStack() as stack, engine.connect() as connection:
        stack.callback(engine.dispose)
        for statement in (*statements, *(table.sql() for table in tables)):
            connection.execute(text(statement.replace(":", "\\:")))
        make = Maker("seed", root=ROOT, connection=connection)
        for table in tables:
            make(table.name)
            make(table.name)
        rows = {
            table.name: [
                tuple(row) for row in connection.execute(text(f"SELECT * FROM {table.name} ORDER BY id"))
            ]
            for table in tables
        }
        connection.rollback()
    return rows


def holds(url: str, tables: tuple[Drawn, ...], *statements: str) -> None:
    rows = made(url, tables, *statements)
    assert all(len(found) >= 2 for found in rows.values())
    assert made(url, tables, *statements) == rows


@settings(max_examples=25)
@given(schemas(COLUMNS, (("integer PRIMARY KEY", "integer"), ("text NOT NULL PRIMARY KEY", "text"))))
def test_on_sqlite(tables: tuple[Drawn, ...]) -> None:
    holds("sqlite://", tables)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tables=schemas(
        POSTGRES_COLUMNS,
        (
            ("int GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "int"),
            ("uuid PRIMARY KEY DEFAULT gen_random_uuid()", "uuid"),
            ("varchar(10) PRIMARY KEY", "varchar(10)"),
            ("int PRIMARY KEY", "int"),
        ),
    )
)
def test_on_postgresql(database: str, tables: tuple[Drawn, ...]) -> None:
    with psycopg.connect(database) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() == (0,)
    holds(
        database.replace("postgresql:", "postgresql+psycopg:"),
        tables,
        "CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad')",
        "CREATE DOMAIN zip AS text CHECK (VALUE ~ '^[0-9]{5}$')",
    )
