"""What sort of value a form stands for, and which two sorts say the same thing in ways that do not mix."""

from __future__ import annotations

from collections.abc import Iterator

from dryfit.model.shape import Form, Shape

SAME_INFORMATION = frozenset(
    frozenset(pair)
    for pair in (
        ("digits", "int"),
        ("digits", "float"),
        ("digits", "decimal.Decimal"),
        ("UUID text", "uuid.UUID"),
        ("date text", "datetime.date"),
        ("time text", "aware datetime"),
        ("time text", "naive datetime"),
        ("aware datetime", "naive datetime"),
    )
)
"""The same thing said in two types that are never equal, or cannot be compared at all."""

ONE_TYPE = {"aware datetime", "naive datetime"}
"""The two sorts that share a type, so that no annotation can tell them apart."""

RISKY = frozenset(frozenset(pair) for pair in (("text", "decimal.Decimal"), ("float", "decimal.Decimal")))
"""Types that a careful callee can take both, and most take badly."""

_PLAIN = frozenset(("int", "float", "decimal.Decimal", "uuid.UUID", "datetime.date"))
_TEXTS = {
    frozenset({"digits"}): "digits",
    frozenset({"uuid"}): "UUID text",
    frozenset({"iso-date"}): "date text",
    frozenset({"iso-datetime"}): "time text",
}
_TIMES = {frozenset({"aware"}): "aware datetime", frozenset({"naive"}): "naive datetime"}

_LEAST_COMMON_FIELDS = 2


def sort_of(form: Form) -> str:
    """Name the sort of a form's values, or "" for those that are never compared (subclasses, mixed formats)."""
    formats = frozenset(form.formats) - {"empty"}
    if form.type == "str":
        return _TEXTS.get(formats, "text" if formats else "")
    if form.type == "datetime.datetime":
        return _TIMES.get(formats, "")
    return form.type if form.type in _PLAIN else ""


def forms_within(shape: Shape, path: str = "", *, owned: bool = False) -> Iterator[tuple[str, Form, bool]]:
    """Every form of a shape with its path, ``[].product_id``, and whether it is held by an object of a class."""
    for form in shape.forms:
        yield path, form, owned
        inside = owned or form.kind == "object"
        for name, field in form.fields:
            yield from forms_within(field, f"{path}.{name}", owned=inside)
        if form.items is not None:
            yield from forms_within(form.items, f"{path}[]", owned=inside)


def same_record(left: Form, right: Form) -> bool:
    """Whether one is a mapping and the other an object, with most field names in common."""
    if {left.kind, right.kind} != {"mapping", "object"}:
        return False
    names, others = ({name for name, _ in form.fields} for form in (left, right))
    common = len(names & others)
    return common >= _LEAST_COMMON_FIELDS and 2 * common >= min(len(names), len(others))
