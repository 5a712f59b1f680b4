"""What a call of ``make`` gives, sorted into fields, parents and children."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from dryfit.model.errors import ResourceError
from dryfit.resources.builders.entity import Children, Entity
from dryfit.resources.builders.store import Store

Values = Mapping[str, object]


@dataclass(slots=True)
class Request:
    """Of one row: values by field, parents by reference (a row, or values for one), children's values by collection."""

    fields: dict[str, object] = field(default_factory=dict)
    parents: dict[str, object] = field(default_factory=dict)
    children: dict[Children, tuple[Values, ...]] = field(default_factory=dict)


def read_request(entity: Entity, given: Values, store: Store) -> Request:
    """Sort what is given. Raises ``ResourceError`` that names all that the entity has no place for."""
    request, unknown = Request(), []
    collections = {children.name: children for children in entity.children}
    for name, value in given.items():
        if entity.reference(name) is not None:
            _take_parent(request, entity, name, value, store)
        elif name in collections:
            request.children[collections[name]] = _children(entity, name, value)
        elif entity.field(name) is not None:
            _take_field(request, entity, name, value, store)
        else:
            unknown.append(name)
    if unknown:
        raise ResourceError(*(_unknown(entity, name) for name in unknown), slug="make")
    return request


def _take_parent(request: Request, entity: Entity, name: str, value: object, store: Store) -> None:
    reference = entity.reference(name)
    if reference is None:
        return
    if value is None:
        request.fields.update(dict.fromkeys(reference.fields))
    elif store.is_row(value) or isinstance(value, Mapping):
        request.parents[name] = value
    elif len(reference.fields) == 1:
        request.fields[reference.fields[0]] = value
    else:
        raise ResourceError(
            f"make: {entity.name}.{name} takes a row or a dict of values, not {value!r}: its key has several columns",
            slug="make",
        )


def _take_field(request: Request, entity: Entity, name: str, value: object, store: Store) -> None:
    """A field; one that is a foreign key takes the row it leads to as well."""
    leading = [r for r in entity.references if r.fields == (name,)]
    if leading and store.is_row(value):
        request.parents[leading[0].name] = value
    else:
        request.fields[name] = value


def _children(entity: Entity, name: str, value: object) -> tuple[Values, ...]:
    if isinstance(value, Mapping):
        return (value,)
    if isinstance(value, int):
        return ({},) * value
    if isinstance(value, Sequence) and all(isinstance(each, Mapping) for each in value):
        return tuple(value)
    raise ResourceError(
        f"make: {entity.name}.{name} takes how many to make, or a list of dicts of values, not {value!r}",
        slug="make",
    )


def _unknown(entity: Entity, name: str) -> str:
    near = get_close_matches(name, entity.names(), 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"make: {entity.name} has no {name!r}{hint} It has: {', '.join(entity.names())}"
