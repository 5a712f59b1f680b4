"""Rows of plain tables, through a SQLAlchemy connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Table
from sqlalchemy.exc import DBAPIError

from dryfit.resources.builders.entity import Children, Entity, Reference, with_constraints
from dryfit.resources.builders.refusals import refusal_of
from dryfit.resources.builders.tables import entity_of_table, reflected_constraints


@dataclass(frozen=True, slots=True)
class Record(Mapping[str, object]):
    """A row as the database has it: ``row.total`` and ``row["total"]`` are the same."""

    table: str
    values_by_column: Mapping[str, object]

    def __getitem__(self, column: str) -> object:
        return self.values_by_column[column]

    def __getattr__(self, column: str) -> object:
        try:
            return self.values_by_column[column]
        except KeyError:
            raise AttributeError(f"{self.table} has no column {column!r}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_column)

    def __len__(self) -> int:
        return len(self.values_by_column)


class TableStore:
    """Puts rows into tables through a connection, within its transaction; commits nothing."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._entities: dict[Table, Entity] = {}

    def entity(self, model: object) -> Entity:
        """What a table's rows consist of."""
        table = _table(model)
        if table not in self._entities:
            self._entities[table] = entity_of_table(table, self.connection.dialect)
        return self._entities[table]

    def enriched(self, entity: Entity) -> Entity:
        """The entity with the constraints that only the database knows."""
        checks, uniques = reflected_constraints(self.connection, _table(entity.model))
        return with_constraints(entity, checks, uniques)

    def insert(self, entity: Entity, values: Mapping[str, object], parents: Mapping[str, object]) -> Record:
        """Put a row in. Raises ``Refusal``."""
        table = _table(entity.model)
        columns = {table.columns[name]: value for name, value in _by_key(table, values)}
        try:
            with savepoint(self.connection):
                return _inserted(self.connection, table, columns)
        except DBAPIError as error:
            raise refusal_of(error) from error

    def read(self, entity: Entity, row: object, field: str) -> object:
        """A column of a row."""
        return row[field] if isinstance(row, Mapping) else getattr(row, field)

    def parent(self, entity: Entity, row: object, reference: Reference) -> Record | None:
        """The row that a foreign key of a row leads to."""
        key = {
            target: self.read(entity, row, name)
            for target, name in zip(reference.target_fields, reference.fields, strict=True)
        }
        return None if None in key.values() else self.find(reference, key)

    def find(self, reference: Reference, key: Mapping[str, object]) -> Record | None:
        """The row that has a key."""
        table = _table(reference.target)
        query = table.select().where(*(table.columns[k] == value for k, value in _by_key(table, key)))
        found = self.connection.execute(query).one_or_none()
        return _record(table, found) if found is not None else None

    def is_row(self, value: object) -> bool:
        """Whether a value is a row: a record, any mapping's like, or SQLAlchemy's own."""
        return isinstance(value, Record) or hasattr(value, "_mapping")

    def adopt(self, row: object) -> None:
        """Nothing: a record is in its table already."""

    def gather(self, entity: Entity, row: object, children: Children, rows: Sequence[object]) -> None:
        """Nothing: a record holds its columns only."""


def savepoint(connection: Connection) -> AbstractContextManager[object]:
    """What a failed statement needs so as to leave the transaction usable: PostgreSQL alone gives it up as a whole."""
    if connection.dialect.name != "postgresql" or is_autocommit(connection):
        return nullcontext()
    return connection.begin_nested()


def is_autocommit(connection: Connection) -> bool:
    """Whether the driver's connection commits each statement by itself."""
    return getattr(connection.connection.dbapi_connection, "autocommit", False) is True


def _table(model: object) -> Table:
    if not isinstance(model, Table):
        raise TypeError(f"{model!r} is no table")
    return model


def _by_key(table: Table, values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    keys = {column.name: column.key for column in table.columns}
    return ((keys[name], value) for name, value in values.items())


def _inserted(connection: Connection, table: Table, values: Mapping[Column[object], object]) -> Record:
    statement = table.insert().values(dict(values))
    if connection.dialect.insert_returning:
        return _record(table, connection.execute(statement.returning(*table.columns)).one())
    key = connection.execute(statement).inserted_primary_key or ()
    same = [column == value for column, value in zip(table.primary_key.columns, key, strict=True)]
    return _record(table, connection.execute(table.select().where(*same)).one())


def _record(table: Table, row: Sequence[object]) -> Record:
    return Record(
        table.fullname, {column.name: value for column, value in zip(table.columns, row, strict=True)}
    )
