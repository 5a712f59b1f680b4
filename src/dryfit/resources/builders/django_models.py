"""Objects of Django's models, saved through Django."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from django.conf import settings  # type: ignore[import-untyped]
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator  # type: ignore[import-untyped]
from django.db import Error, connections, models, router, transaction  # type: ignore[import-untyped]
from django.db.models.fields import NOT_PROVIDED  # type: ignore[import-untyped]
from django.db.models.fields.reverse_related import ForeignObjectRel, ManyToManyRel  # type: ignore[import-untyped]

from dryfit.resources.builders.entity import Check, Children, Choice, Entity, Field, Reference, Sort
from dryfit.resources.builders.refusals import refusal_of

AnyField: TypeAlias = Any  # Django has no type hints
Model: TypeAlias = Any

SORTS: tuple[tuple[type[AnyField], Sort], ...] = (
    (models.BooleanField, "boolean"),
    (models.DecimalField, "decimal"),
    (models.FloatField, "float"),
    (models.IntegerField, "integer"),
    (models.DateTimeField, "datetime"),
    (models.DateField, "date"),
    (models.TimeField, "time"),
    (models.DurationField, "interval"),
    (models.UUIDField, "uuid"),
    (models.BinaryField, "bytes"),
    (models.JSONField, "json"),
    (models.GenericIPAddressField, "ip"),
    (models.CharField, "text"),
    (models.TextField, "text"),
    (models.FileField, "text"),
    (models.FilePathField, "text"),
)
DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite", "oracle": "oracle"}


class DjangoStore:
    """Saves objects as the project would: with its ``save`` and its signals, in the transaction of the test."""

    def __init__(self) -> None:
        self._entities: dict[object, Entity] = {}

    def entity(self, model: object) -> Entity:
        """What objects of a model consist of."""
        if model not in self._entities:
            self._entities[model] = _entity(_model(model))
        return self._entities[model]

    def enriched(self, entity: Entity) -> Entity:
        """The entity as it is: Django's migrations make of a model what the model tells."""
        return entity

    def insert(self, entity: Entity, values: Mapping[str, object], parents: Mapping[str, object]) -> object:
        """Save an object. Raises ``Refusal``."""
        model = _model(entity.model)
        replaced = {name for r in entity.references if r.name in parents for name in r.fields}
        own = {name: value for name, value in values.items() if name not in replaced}
        made = model(**own, **parents)
        using = router.db_for_write(model)
        try:
            with transaction.atomic(using=using):
                made.save(force_insert=True, using=using)
        except Error as error:
            raise refusal_of(error) from error
        computed = [f.attname for f in model._meta.concrete_fields if _by_database(f)]
        if computed:
            made.refresh_from_db(fields=computed)
        return made

    def read(self, entity: Entity, row: object, field: str) -> object:
        """An attribute of an object."""
        value: object = getattr(row, field)
        return value

    def parent(self, entity: Entity, row: object, reference: Reference) -> object | None:
        """The object that a foreign key leads to."""
        parent: object | None = getattr(row, reference.relation)
        return parent

    def find(self, reference: Reference, key: Mapping[str, object]) -> object | None:
        """The object that has a key."""
        found: object | None = _model(reference.target)._base_manager.filter(**key).first()
        return found

    def is_row(self, value: object) -> bool:
        """Whether a value is an object of a model."""
        return isinstance(value, models.Model)

    def adopt(self, row: object) -> None:
        """Save an object that the test built itself and has not saved."""
        if isinstance(row, models.Model) and row._state.adding:
            row.save(force_insert=True)

    def gather(self, entity: Entity, row: object, children: Children, rows: Sequence[object]) -> None:
        """Fill a many-to-many relation; others know their children by themselves."""
        if not children.reference:
            getattr(row, children.name).set(rows)


def _entity(model: Model) -> Entity:
    options = model._meta
    connection = connections[router.db_for_write(model)]
    fields = [field for field in options.concrete_fields if isinstance(field, models.Field)]
    return Entity(
        name=model.__name__,
        model=model,
        fields=tuple(_field(field) for field in fields),
        references=tuple(
            _reference(f) for f in fields if isinstance(f, models.ForeignKey) and not _links_up(f)
        ),
        children=tuple(_children(model)),
        uniques=tuple(_uniques(model, fields)),
        checks=tuple(_checks(model, fields)),
        dialect=DIALECTS.get(connection.vendor, ""),
    )


def _field(field: AnyField) -> Field:
    plain = field.target_field if isinstance(field, models.ForeignKey) else field
    sort, item = _sort(plain), getattr(plain, "base_field", None)
    low, high = _limits(plain)
    return Field(
        name=field.attname,
        column=field.column or field.attname,
        sort=sort,
        required=not field.null,
        filled=_is_filled(field, sort),
        writable=not getattr(field, "generated", False),
        length=field.max_length if sort in ("text", "bytes") else None,
        precision=getattr(plain, "max_digits", None),
        scale=getattr(plain, "decimal_places", None),
        low=low,
        high=high,
        aware=bool(settings.USE_TZ),
        choices=tuple(Choice(value, value) for value, _ in field.flatchoices if value not in (None, "")),
        item=_field(item) if sort == "array" and item is not None else None,
        type_name=type(field).__name__,
    )


def _sort(field: AnyField) -> Sort:
    if hasattr(field, "base_field") and type(field).__name__ == "ArrayField":
        return "array"
    return next((sort for kind, sort in SORTS if isinstance(field, kind)), "unknown")


def _limits(field: AnyField) -> tuple[int | None, int | None]:
    if not isinstance(field, models.IntegerField):
        return None, None
    ranged = connections[router.db_for_write(field.model)].ops.integer_field_range(field.get_internal_type())
    low, high = ranged
    exact = 2**53
    return max(low if low is not None else -exact, -exact), min(high if high is not None else exact, exact)


def _is_filled(field: AnyField, sort: Sort) -> bool:
    if sort == "uuid":
        return field.has_default() and not callable(field.default)
    automatic = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    by_itself = isinstance(field, models.AutoField) or _links_up(field) or automatic or _by_database(field)
    blank = field.blank and not field.null and sort == "text"  # Django stores ""
    return by_itself or blank or field.has_default()


def _by_database(field: AnyField) -> bool:
    by_default = getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED
    return by_default or bool(getattr(field, "generated", False))


def _links_up(field: AnyField) -> bool:
    """Whether a field is the link of multi-table inheritance to the parent's row, which Django makes."""
    remote = field.remote_field
    return remote is not None and bool(getattr(remote, "parent_link", False))


def _reference(field: AnyField) -> Reference:
    return Reference(
        name=field.name,
        fields=(field.attname,),
        target=_model(field.related_model),
        target_fields=(field.target_field.attname,),
        required=not field.null,
        relation=field.name,
    )


def _children(model: Model) -> Iterator[Children]:
    for relation in model._meta.related_objects:
        name = relation.get_accessor_name()
        if name is None or name.endswith("+"):
            continue
        if isinstance(relation, ManyToManyRel):
            yield Children(name, _model(relation.related_model), "")
        elif isinstance(relation, ForeignObjectRel):
            yield Children(name, _model(relation.related_model), relation.field.name, not relation.one_to_one)
    for field in model._meta.many_to_many:
        yield Children(field.name, _model(field.related_model), "")


def _uniques(model: Model, fields: Sequence[AnyField]) -> Iterator[frozenset[str]]:
    names = {field.name: field.attname for field in fields}
    for field in fields:
        if field.unique:
            yield frozenset({field.attname})
    for together in model._meta.unique_together:
        yield frozenset(names[name] for name in together)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
            yield frozenset(names[name] for name in constraint.fields)


def _checks(model: Model, fields: Sequence[AnyField]) -> Iterator[Check]:
    """CHECK constraints, also those of the fields' types, and what validators say of values and lengths."""
    connection = connections[router.db_for_write(model)]
    editor = connection.SchemaEditorClass(connection, collect_sql=True)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.CheckConstraint):
            sql = str(constraint.constraint_sql(model, editor) or "")
            yield Check(constraint.name, sql.partition(" CHECK ")[2] or sql)
    for field in fields:
        if sql := field.db_check(connection):
            yield Check("", sql)
        yield from _validators(field)


def _validators(field: AnyField) -> Iterator[Check]:
    for validator in field.validators:
        limit = getattr(validator, "limit_value", None)
        if callable(limit) or not isinstance(limit, int):
            continue
        if isinstance(validator, MinValueValidator):
            yield Check("", f'"{field.column}" >= {limit}')
        elif isinstance(validator, MaxValueValidator):
            yield Check("", f'"{field.column}" <= {limit}')
        elif isinstance(validator, MinLengthValidator):
            yield Check("", f'LENGTH("{field.column}") >= {limit}')


def _model(model: object) -> Model:
    if not isinstance(model, type) or not issubclass(model, models.Model):
        raise TypeError(f"{model!r} is no Django model")
    return model
