"""Plain objects: dataclasses, pydantic models and attrs classes, by polyfactory."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from dryfit.model.errors import ResourceError
from dryfit.resources.builders.domain import Domain
from dryfit.resources.builders.entity import Field, Sort
from dryfit.resources.builders.seeds import chance, faker
from dryfit.resources.builders.values import draw

if TYPE_CHECKING:
    from polyfactory.factories.base import BaseFactory
    from polyfactory.field_meta import FieldMeta


SORTS: dict[object, Sort] = {
    str: "text",
    int: "integer",
    float: "float",
    Decimal: "decimal",
    datetime: "datetime",
    date: "date",
    time: "time",
    timedelta: "interval",
    UUID: "uuid",
}
"""Types whose values are drawn as those of columns are; polyfactory's moments and UUIDs differ from run to run."""


def is_plain(kind: type) -> bool:
    """Whether a class is one that objects can be built of without a database."""
    return is_dataclass(kind) or hasattr(kind, "__attrs_attrs__") or hasattr(kind, "__pydantic_core_schema__")


def build(kind: type, given: Mapping[str, object], place: tuple[object, ...]) -> object:
    """An object of a class; nested ones take dicts, and lists of them a number. Raises ``ResourceError``."""
    draws = chance(*place)
    fields = {field.name: field for field in _factory(kind, draws).get_model_fields()}
    if unknown := [name for name in given if name not in fields]:
        raise ResourceError(*(_unknown(kind, name, fields) for name in unknown), slug="make")
    wanted = {name: _several(fields[name], value, draws) for name, value in given.items()}
    made: object = _factory(kind, draws).build(**wanted)
    return made


def _several(field: FieldMeta, value: object, draws: Random) -> object:
    """Turn ``lines=3`` into three objects, and ``lines=[{…}]`` into one, where a field is a list of objects."""
    inner = next(
        (child.annotation for child in field.children or () if isinstance(child.annotation, type)), None
    )
    if inner is None or not is_plain(inner):
        return value
    if isinstance(value, int):
        return [_factory(inner, draws).build() for _ in range(value)]
    if isinstance(value, Sequence):
        return [_factory(inner, draws).build(**each) if isinstance(each, Mapping) else each for each in value]
    return value


def _factory(kind: type, draws: Random) -> type[BaseFactory[object]]:
    base, nothing = _base(kind), getattr(sys.modules.get("attrs"), "NOTHING", None)

    class Named(base):  # type: ignore[misc, valid-type]
        """polyfactory's, with texts by the names of fields, and defaults left alone."""

        __model__ = kind
        __set_as_default_factory_for_type__ = False
        __random__ = draws
        __faker__ = faker()
        __use_defaults__ = True
        __allow_none_optionals__ = False
        __check_model__ = False

        @classmethod
        def should_use_default_value(cls, field_meta: FieldMeta) -> bool:
            # polyfactory 3.5 takes attrs' mark of "no default" for one
            return bool(super().should_use_default_value(field_meta)) and field_meta.default is not nothing

        @classmethod
        def get_field_value(
            cls, field_meta: FieldMeta, field_build_parameters: object = None, build_context: object = None
        ) -> object:
            annotation, name = field_meta.annotation, field_meta.name or ""
            if not field_meta.constraints and annotation in SORTS:
                return draw(Domain(Field(name, name, SORTS[annotation], aware=True)), draws, "usual")
            if isinstance(annotation, type) and is_plain(annotation):
                values = field_build_parameters if isinstance(field_build_parameters, Mapping) else {}
                return _factory(annotation, draws).build(**values)
            return super().get_field_value(field_meta, field_build_parameters, build_context)

    return Named


def _base(kind: type) -> type[BaseFactory[object]]:
    if is_dataclass(kind) and not hasattr(kind, "__pydantic_core_schema__"):
        from polyfactory.factories import DataclassFactory

        return DataclassFactory
    if hasattr(kind, "__attrs_attrs__"):
        from polyfactory.factories.attrs_factory import AttrsFactory

        return AttrsFactory
    from polyfactory.factories.pydantic_factory import ModelFactory

    return ModelFactory


def _unknown(kind: type, name: str, fields: Mapping[str, object]) -> str:
    near = get_close_matches(name, fields, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"make: {kind.__name__} has no {name!r}{hint} It has: {', '.join(fields)}"
