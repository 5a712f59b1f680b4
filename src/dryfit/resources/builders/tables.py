"""Reads SQLAlchemy's tables, of models or reflected from a database's catalogue, into entities."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Connection,
    Dialect,
    ForeignKeyConstraint,
    Identity,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    inspect,
    types,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import CompileError, NoSuchTableError
from sqlalchemy.types import TypeEngine

from dryfit.resources.builders.entity import Check, Children, Choice, Entity, Field, Reference, Sort

SQLGLOT_NAMES = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql"}

SORTS: tuple[tuple[type[TypeEngine[Any]], Sort], ...] = (
    (types.Uuid, "uuid"),
    (types.Boolean, "boolean"),
    (types.Float, "float"),
    (types.Numeric, "decimal"),
    (types.Integer, "integer"),
    (postgresql.CITEXT, "text"),
    (types.String, "text"),
    (types.DateTime, "datetime"),
    (types.Date, "date"),
    (types.Time, "time"),
    (types.Interval, "interval"),
    (postgresql.INTERVAL, "interval"),
    (types.LargeBinary, "bytes"),
    (types.BINARY, "bytes"),
    (types.VARBINARY, "bytes"),
    (types.JSON, "json"),
    (types.ARRAY, "array"),
    (postgresql.INET, "ip"),
    (postgresql.CIDR, "network"),
    (postgresql.MACADDR, "mac"),
    (postgresql.BIT, "bits"),
)
LIMITS: tuple[tuple[type[TypeEngine[Any]], int], ...] = (
    (types.SmallInteger, 15),
    (types.BigInteger, 53),
    (types.Integer, 31),
)
"""The bits that a value has beside its sign; of big ones as many as JSON and JavaScript hold exactly."""


def entity_of_table(table: Table, dialect: Dialect | None = None) -> Entity:
    """What a row of a table consists of; its names are those of the columns."""
    references = tuple(references_of(table, name_of))
    return Entity(
        name=table.fullname,
        model=table,
        fields=tuple(field_of(column, column.name) for column in table.columns),
        references=references,
        children=tuple(_children(table)),
        uniques=tuple(uniques_of(table, name_of)),
        checks=tuple(checks_of(table, dialect)),
        dialect=sql_name(dialect),
    )


def name_of(column: Column[object]) -> str:
    """A column's name: what rows of tables call their fields."""
    return column.name


def sql_name(dialect: Dialect | None) -> str:
    """A dialect's name as sqlglot says it."""
    return SQLGLOT_NAMES.get(dialect.name, dialect.name) if dialect is not None else ""


def field_of(column: Column[object], name: str) -> Field:
    """What a column takes."""
    plain = _plain(column.type)
    sort = sort_of(plain)
    low, high = _limits(plain)
    array = plain if isinstance(plain, types.ARRAY) else None
    return Field(
        name=name,
        column=column.name,
        sort=sort,
        required=not column.nullable,
        filled=_is_filled(column, sort),
        writable=_is_writable(column),
        length=getattr(plain, "length", None) if sort in ("text", "bytes", "bits") else None,
        fixed_length=isinstance(plain, types.CHAR | postgresql.BIT),
        precision=getattr(plain, "precision", None) if sort == "decimal" else None,
        scale=_scale(plain) if sort == "decimal" else None,
        low=low,
        high=high,
        aware=bool(getattr(plain, "timezone", False)),
        choices=_choices(plain),
        item=field_of(Column(name, array.item_type, nullable=False), name) if array is not None else None,
        as_text=isinstance(plain, types.Uuid) and not plain.as_uuid,
        type_name=str(column.type) if sort == "unknown" and not isinstance(plain, types.NullType) else "",
    )


def sort_of(plain: TypeEngine[object]) -> Sort:
    """The sort of a type's values."""
    if isinstance(plain, types.Numeric) and not plain.asdecimal:
        return "float"
    return next((sort for kind, sort in SORTS if isinstance(plain, kind)), "unknown")


def references_of(table: Table, name: Callable[[Column[object]], str]) -> Iterator[Reference]:
    """A table's foreign keys, the widest first: what they settle, the narrower ones share."""
    keys = sorted(table.foreign_key_constraints, key=lambda key: (-len(key.columns), _position(key, table)))
    for key in keys:
        yield Reference(
            name=reference_name(key, name),
            fields=tuple(name(column) for column in key.columns),
            target=key.referred_table,
            target_fields=tuple(element.column.name for element in key.elements),
            required=all(not column.nullable for column in key.columns),
        )


def reference_name(key: ForeignKeyConstraint, name: Callable[[Column[object]], str]) -> str:
    """``order`` for a key ``order_id``; of one with several columns, the name of the table."""
    columns = list(key.columns)
    if len(columns) > 1:
        return key.referred_table.name
    whole = name(columns[0])
    return re.sub(r"_(id|uuid|fk|key)$", "", whole) or whole


def uniques_of(table: Table, name: Callable[[Column[object]], str]) -> Iterator[frozenset[str]]:
    """The sets of fields that no two rows may share: the primary key, UNIQUE constraints, unique indexes."""
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint) and len(constraint.columns):
            yield frozenset(name(column) for column in constraint.columns)
    for index in table.indexes:
        if index.unique:
            yield frozenset(name(column) for column in index.columns)


def checks_of(table: Table, dialect: Dialect | None) -> Iterator[Check]:
    """The CHECK constraints of a table and of the domains of its columns."""
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint) and (sql := _sql(constraint, dialect)):
            yield Check(str(constraint.name or ""), sql)
    for column in table.columns:
        if isinstance(column.type, postgresql.DOMAIN) and column.type.check is not None:
            condition = re.sub(r"\bVALUE\b", f'"{column.name}"', str(column.type.check))
            yield Check(str(column.type.constraint_name or column.type.name), condition)


def reflected_constraints(
    connection: Connection, table: Table
) -> tuple[tuple[Check, ...], tuple[frozenset[str], ...]]:
    """CHECK and UNIQUE constraints as the database has them, by columns: migrations may know more."""
    catalogue = inspect(connection)
    try:
        checks = catalogue.get_check_constraints(table.name, table.schema)
        uniques = catalogue.get_unique_constraints(table.name, table.schema)
        indexes = catalogue.get_indexes(table.name, table.schema)
    except NoSuchTableError:
        return (), ()
    columns = [unique["column_names"] for unique in uniques]
    columns += [[name for name in index["column_names"] if name] for index in indexes if index["unique"]]
    return (
        tuple(Check(str(check["name"] or ""), check["sqltext"]) for check in checks),
        tuple(frozenset(names) for names in columns),
    )


def _children(table: Table) -> Iterator[Children]:
    for child in table.metadata.tables.values():
        keys = [key for key in child.foreign_key_constraints if key.referred_table is table]
        for key in keys:
            reference = reference_name(key, name_of)
            yield Children(child.name if len(keys) == 1 else f"{child.name}_by_{reference}", child, reference)


def _position(key: ForeignKeyConstraint, table: Table) -> int:
    names = [column.name for column in table.columns]  # columns themselves compare to SQL
    return min(names.index(column.name) for column in key.columns)


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type below decorators, domains and variants."""
    if isinstance(kind, postgresql.DOMAIN):
        return _plain(kind.data_type)
    if isinstance(kind, types.TypeDecorator):
        name = type(kind).__name__.lower()
        return types.Uuid() if "uuid" in name or "guid" in name else _plain(kind.impl_instance)
    return kind


def _limits(plain: TypeEngine[object]) -> tuple[int | None, int | None]:
    bits = next((bits for kind, bits in LIMITS if isinstance(plain, kind)), None)
    return (None, None) if bits is None else (-(2**bits), 2**bits - 1)


def _scale(plain: TypeEngine[object]) -> int | None:
    scale = getattr(plain, "scale", None)
    return 0 if scale is None and getattr(plain, "precision", None) is not None else scale


def _choices(plain: TypeEngine[object]) -> tuple[Choice, ...]:
    if not isinstance(plain, types.Enum):
        return ()
    members = list(plain.enum_class) if plain.enum_class is not None else plain.enums
    return tuple(Choice(member, spelling) for member, spelling in zip(members, plain.enums, strict=True))


def _is_filled(column: Column[object], sort: Sort) -> bool:
    """Whether a row needs no value; a UUID's default is random, so one that repeats is drawn instead."""
    if sort == "uuid" and not _is_constant(column):
        return False
    has_default = column.default is not None or column.server_default is not None
    return has_default or column is getattr(column.table, "autoincrement_column", None)


def _is_constant(column: Column[object]) -> bool:
    default = column.default
    return default is not None and default.is_scalar


def _is_writable(column: Column[object]) -> bool:
    if isinstance(column.server_default, Computed):
        return False
    return not (isinstance(column.server_default, Identity) and column.server_default.always)


def _sql(constraint: CheckConstraint, dialect: Dialect | None) -> str:
    try:
        return str(constraint.sqltext.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    except (CompileError, NotImplementedError):
        return ""
