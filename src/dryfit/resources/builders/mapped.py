"""Objects of SQLAlchemy's mapped classes, through a session."""

from __future__ import annotations

import inspect as signatures
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from sqlalchemy import Column, ForeignKeyConstraint, Table, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapper, RelationshipProperty, Session
from sqlalchemy.orm.interfaces import MANYTOMANY, MANYTOONE, ONETOMANY

from dryfit.resources.builders.entity import Children, Entity, Field, Reference, with_constraints
from dryfit.resources.builders.refusals import refusal_of
from dryfit.resources.builders.rows import TableStore, is_autocommit
from dryfit.resources.builders.tables import (
    checks_of,
    field_of,
    reference_name,
    references_of,
    reflected_constraints,
    sql_name,
    uniques_of,
)

AnyMapper = Mapper[object]


class SessionStore:
    """Puts objects into a session and flushes it; commits nothing."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._entities: dict[object, Entity] = {}

    @property
    def _tables(self) -> TableStore:
        return TableStore(self.session.connection())  # another one after each commit

    def entity(self, model: object) -> Entity:
        """What objects of a mapped class consist of; a table that no class is mapped to does as well."""
        if model not in self._entities:
            self._entities[model] = (
                self._tables.entity(model)
                if isinstance(model, Table)
                else _Reader(_mapper(model), self.session).entity()
            )
        return self._entities[model]

    def enriched(self, entity: Entity) -> Entity:
        """The entity with the constraints that only the database knows."""
        if isinstance(entity.model, Table):
            return self._tables.enriched(entity)
        mapper = _mapper(entity.model)
        checks, uniques = reflected_constraints(self.session.connection(), _local(mapper))
        names = {column.name: mapper.get_property_by_column(column).key for column in _local(mapper).columns}
        named = {frozenset(names[c] for c in columns if c in names) for columns in uniques}
        return with_constraints(entity, checks, named)

    def insert(self, entity: Entity, values: Mapping[str, object], parents: Mapping[str, object]) -> object:
        """Put an object in and flush. Raises ``Refusal``."""
        if isinstance(entity.model, Table):
            return self._tables.insert(entity, values, parents)
        by_relation = {
            r.relation: parents[r.name] for r in entity.references if r.relation and r.name in parents
        }
        replaced = {
            f for r in entity.references if r.relation in by_relation for f in r.fields if r.name in parents
        }
        own = {name: value for name, value in values.items() if name not in replaced}
        try:
            with savepoint(self.session), self.session.no_autoflush:
                made = _instance(entity.model, {**own, **by_relation})
                self.session.add(made)
                self.session.flush()
        except DBAPIError as error:
            raise refusal_of(error) from error
        return made

    def read(self, entity: Entity, row: object, field: str) -> object:
        """An attribute of an object."""
        return self._tables.read(entity, row, field)

    def parent(self, entity: Entity, row: object, reference: Reference) -> object | None:
        """The object that a reference leads to."""
        if isinstance(entity.model, Table) or isinstance(reference.target, Table):
            return self._tables.parent(entity, row, reference)
        if reference.relation:
            found: object = getattr(row, reference.relation)
            return found
        key = {t: getattr(row, f) for t, f in zip(reference.target_fields, reference.fields, strict=True)}
        return None if None in key.values() else self.find(reference, key)

    def find(self, reference: Reference, key: Mapping[str, object]) -> object | None:
        """The object that has a key."""
        if isinstance(reference.target, Table):
            return self._tables.find(reference, key)
        return self.session.scalars(select(_mapper(reference.target).class_).filter_by(**key)).one_or_none()

    def is_row(self, value: object) -> bool:
        """Whether a value is an object of a mapped class, or a record."""
        return inspect(value, raiseerr=False) is not None or self._tables.is_row(value)

    def adopt(self, row: object) -> None:
        """Put an object that the test built itself into the session, and flush."""
        state = inspect(row, raiseerr=False)
        if state is not None and (state.transient or state.detached):
            self.session.add(row)
            self.session.flush()

    def gather(self, entity: Entity, row: object, children: Children, rows: Sequence[object]) -> None:
        """Load a collection, or fill one that is many-to-many."""
        if isinstance(entity.model, Table) or children.name not in _mapper(entity.model).relationships:
            return
        if not children.reference:
            setattr(row, children.name, list(rows) if children.many else rows[0])
            self.session.flush()
        self.session.refresh(row, [children.name])


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """Undo a flush that fails, and it alone."""
    connection = session.connection()
    if is_autocommit(connection):
        yield
        return
    if connection.dialect.name == "sqlite" and not _in_transaction(connection.connection.driver_connection):
        # Python's sqlite3 begins no transaction for a SAVEPOINT, whose release would then be a commit.
        connection.exec_driver_sql("BEGIN")
    nested: AbstractContextManager[object] = session.begin_nested()
    with nested:
        yield


def _in_transaction(driver: object) -> bool:
    return bool(getattr(driver, "in_transaction", True))


class _Reader:
    """Reads one mapper into an entity, by the names of its attributes."""

    def __init__(self, mapper: AnyMapper, session: Session) -> None:
        self.mapper = mapper
        self.dialect = session.connection().dialect

    def entity(self) -> Entity:
        tables = [table for table in self.mapper.tables if isinstance(table, Table)]
        return Entity(
            name=self.mapper.class_.__name__,
            model=self.mapper.class_,
            fields=tuple(self._fields()),
            references=tuple(reference for table in tables for reference in self._references(table)),
            children=tuple(self._children()),
            uniques=tuple(unique for table in tables for unique in uniques_of(table, self.name)),
            checks=tuple(check for table in tables for check in checks_of(table, self.dialect)),
            dialect=sql_name(self.dialect),
        )

    def name(self, column: Column[object]) -> str:
        """The attribute of a column; the column's own name where no attribute is mapped to it."""
        return str(self.mapper.get_property_by_column(column).key) if self._maps(column) else column.name

    def _maps(self, column: Column[object]) -> bool:
        return any(column is other for each in self.mapper.column_attrs for other in each.columns)

    def _fields(self) -> Iterator[Field]:
        by_mapper = {self.mapper.polymorphic_on, self.mapper.version_id_col}
        for attribute in self.mapper.column_attrs:
            column = attribute.columns[0]
            if not isinstance(column, Column):
                continue
            field = field_of(column, attribute.key)
            inherited = len(attribute.columns) > 1 and self.mapper.inherits is not None
            yield replace(field, filled=field.filled or column in by_mapper or inherited)

    def _references(self, table: Table) -> Iterator[Reference]:
        relations = self._relations()
        for reference in references_of(table, self.name):
            if self._joins_parent_class(table, reference):
                continue
            relation = relations.get(frozenset(reference.fields))
            target = self._target(reference, relation)
            yield replace(
                reference,
                name=relation.key if relation else reference.name,
                relation=relation.key if relation else "",
                target=target,
                target_fields=_attributes(target, reference.target_fields),
            )

    def _relations(self) -> dict[frozenset[str], RelationshipProperty[object]]:
        return {
            frozenset(
                self.name(column) for column in relation.local_columns if isinstance(column, Column)
            ): relation
            for relation in self.mapper.relationships
            if relation.direction is MANYTOONE and not relation.viewonly
        }

    def _joins_parent_class(self, table: Table, reference: Reference) -> bool:
        parent = self.mapper.inherits
        own_key = {self.name(column) for column in table.primary_key.columns}
        return parent is not None and reference.target in parent.tables and set(reference.fields) <= own_key

    def _target(self, reference: Reference, relation: RelationshipProperty[object] | None) -> object:
        if relation is not None:
            return relation.mapper.class_
        mappers = sorted(self.mapper.registry.mappers, key=lambda each: each.inherits is not None)
        return next((m.class_ for m in mappers if m.local_table is reference.target), reference.target)

    def _children(self) -> Iterator[Children]:
        for relation in self.mapper.relationships:
            if relation.viewonly or relation.direction is MANYTOONE:
                continue
            many = bool(relation.uselist)
            if relation.direction is MANYTOMANY:
                yield Children(relation.key, relation.mapper.class_, "", many)
            elif reference := _pointing(relation):
                yield Children(relation.key, relation.mapper.class_, reference, many)
        yield from self._unrelated()

    def _unrelated(self) -> Iterator[Children]:
        """Classes whose foreign keys point here though no relationship says so, by the name of their table."""
        related = {r.mapper for r in self.mapper.relationships if r.direction is ONETOMANY}
        for other in self.mapper.registry.mappers:
            if other in related or not isinstance(other.local_table, Table) or other.inherits is not None:
                continue
            for key in other.local_table.foreign_key_constraints:
                if key.referred_table is self.mapper.local_table:
                    name = _reference_of(other, key)
                    yield Children(other.local_table.name, other.class_, name)


def _pointing(relation: RelationshipProperty[object]) -> str:
    """The name of the reference by which the children of a one-to-many point back."""
    table, remote = relation.mapper.local_table, set(relation.remote_side)
    if not isinstance(table, Table):
        return ""
    keys = [key for key in table.foreign_key_constraints if set(key.columns) == remote]
    return _reference_of(relation.mapper, keys[0]) if keys else ""


def _reference_of(mapper: AnyMapper, key: ForeignKeyConstraint) -> str:
    for relation in mapper.relationships:
        if relation.direction is MANYTOONE and set(relation.local_columns) == set(key.columns):
            return str(relation.key)
    return reference_name(key, lambda column: str(mapper.get_property_by_column(column).key))


def _attributes(target: object, columns: Sequence[str]) -> tuple[str, ...]:
    if isinstance(target, Table):
        return tuple(columns)
    mapper = _mapper(target)
    by_name = {
        column.name: attribute.key
        for attribute in mapper.column_attrs
        for column in attribute.columns
        if isinstance(column, Column)
    }
    return tuple(by_name[column] for column in columns)


def _mapper(model: object) -> AnyMapper:
    mapper = inspect(model)
    if not isinstance(mapper, Mapper):
        raise TypeError(f"{model!r} is not mapped")
    return mapper


def _local(mapper: AnyMapper) -> Table:
    if not isinstance(mapper.local_table, Table):
        raise TypeError(f"{mapper} is mapped to no table")
    return mapper.local_table


def _instance(model: object, values: Mapping[str, object]) -> object:
    """An object with these attributes, by its own ``__init__`` where that asks for nothing else."""
    mapper = _mapper(model)
    parameters = signatures.signature(mapper.class_).parameters.values()
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    accepted = {p.name for p in parameters} if not takes_all else set(values)
    required = {
        p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    }
    if required <= set(values):
        made: object = mapper.class_(**{name: value for name, value in values.items() if name in accepted})
        rest = {name: value for name, value in values.items() if name not in accepted}
    else:
        made, rest = mapper.class_manager.new_instance(), dict(values)
    for name, value in rest.items():
        setattr(made, name, value)
    return made
