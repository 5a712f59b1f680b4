"""What is said when no row could be made: which constraint, what was tried, and how to give the values by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dryfit.model.errors import ResourceError
from dryfit.resources.builders.entity import Entity, Field, Reference, Refusal

SHOWN_TRIES = 3
SHOWN_SIGNS = 40


def refused(entity: Entity, refusal: Refusal, tried: Sequence[Mapping[str, object]]) -> ResourceError:
    """The database refused every try."""
    named = (
        f"its {refusal.kind} constraint {refusal.constraint}" if refusal.constraint else f"({refusal.kind})"
    )
    said = refusal.message.splitlines()[0]
    sql = next((check.sql for check in entity.checks if check.name and check.name == refusal.constraint), "")
    return ResourceError(
        f"make: the database refused {entity.name} in {_times(len(tried))} by {named}: {said}",
        *([f"the constraint is: {sql}"] if sql else []),
        *(f"tried: {_shown(values)}" for values in tried[-SHOWN_TRIES:]),
        _by_hand(entity, tuple(tried[-1]) if tried else ()),
        slug="make",
    )


def contradictory(entity: Entity, field: str, given: Mapping[str, object]) -> ResourceError:
    """No value was found that meets all constraints together with what is given."""
    unknown = entity.field(field)
    if unknown is not None and unknown.sort == "unknown":
        return unknown_type(entity, unknown)
    checks = "; ".join(f"{check.name or 'CHECK'}: {check.sql}" for check in entity.checks)
    with_given = f" together with {_shown(given)}" if given else ""
    return ResourceError(
        f"make: {entity.name}.{field} has no value that meets its constraints{with_given}",
        *([f"its constraints are: {checks}"] if checks else []),
        _by_hand(entity, (field,)),
        slug="make",
    )


def unknown_type(entity: Entity, field: Field) -> ResourceError:
    """A field's type is none that values are known for."""
    kind = f"the type {field.type_name}," if field.type_name else "a type"
    return ResourceError(
        f"make: {entity.name}.{field.name} is of {kind} for which no value is known",
        _by_hand(entity, (field.name,)),
        slug="make",
    )


def circular(reference: Reference, path: Sequence[Entity]) -> ResourceError:
    """A chain of required references, the last of them ``reference``, leads back to where it began."""
    entity = path[-1]
    way = " → ".join((*(each.name for each in path), path[0].name))
    return ResourceError(
        f"make: {entity.name}.{reference.name} cannot be made: each row needs another one first ({way})",
        f"give one that is there already: make({entity.name!r}, {reference.name}=…)",
        slug="make",
    )


def _by_hand(entity: Entity, names: Sequence[str]) -> str:
    arguments = "".join(f", {name}=…" for name in names[:4])
    return f"give the values by hand: make({entity.name!r}{arguments})"


def _shown(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={_short(value)}" for name, value in values.items())


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_SIGNS else f"{text[:SHOWN_SIGNS]}…"


def _times(number: int) -> str:
    return "1 try" if number == 1 else f"{number} tries"
