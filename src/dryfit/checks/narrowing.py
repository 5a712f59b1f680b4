"""Whether one annotation takes everything that another one does."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

_ANYTHING = frozenset({"object", "typing.Any", "typing_extensions.Any", "_typeshed.Incomplete"})

_CONCRETE = frozenset(
    {"None", "bool", "int", "float", "complex", "str", "bytes", "bytearray", "list", "dict", "set"}
    | {"frozenset", "tuple", "decimal.Decimal", "fractions.Fraction", "uuid.UUID", "pathlib.Path"}
    | {f"datetime.{name}" for name in ("datetime", "date", "time", "timedelta")}
)
"""Types of the standard library of which it is known what they are not."""

_WIDER: Mapping[str, tuple[str, ...]] = {
    "bool": ("int", "float", "complex"),
    "int": ("float", "complex"),  # PEP 484: where a float is expected, an int will do
    "float": ("complex",),
    "datetime.datetime": ("datetime.date",),
}

Ancestors = Mapping[str, tuple[str, ...]]
"""The project's classes with their ancestors' names."""


def accepts(wide: str, narrow: str, ancestors: Ancestors) -> bool:
    """Whether every value of ``narrow`` is one of ``wide``, both spelled canonically; true where nobody can tell."""
    taken = list(_alternatives(wide))
    return all(any(_takes(each, other, ancestors) for each in taken) for other in _alternatives(narrow))


def _alternatives(annotation: str) -> Iterator[str]:
    """Split at the outermost ``|``."""
    depth, start = 0, 0
    for at, sign in enumerate(annotation):
        depth += (sign in "[(") - (sign in "])")
        if sign == "|" and depth == 0:
            yield annotation[start:at].strip()
            start = at + 1
    yield annotation[start:].strip()


def _takes(wide: str, narrow: str, ancestors: Ancestors) -> bool:
    if wide == narrow or wide in _ANYTHING:
        return True
    if narrow in _ANYTHING:
        return False
    if narrow.startswith("Literal["):
        return _takes_literal(wide, narrow, ancestors)
    head, inner = _parts(wide)
    other, others = _parts(narrow)
    if head == other:
        pairs = zip(inner, others, strict=False)
        return not inner or not others or all(accepts(*pair, ancestors) for pair in pairs)
    return head in (*_WIDER.get(other, ()), *ancestors.get(other, ())) or not _known_apart(
        head, other, ancestors
    )


def _takes_literal(wide: str, narrow: str, ancestors: Ancestors) -> bool:
    if wide.startswith("Literal["):
        return False
    try:
        value: object = ast.literal_eval(narrow.removeprefix("Literal[").removesuffix("]"))
    except (ValueError, SyntaxError):
        return True
    return _takes(wide, "None" if value is None else type(value).__name__, ancestors)


def _known_apart(wide: str, narrow: str, ancestors: Ancestors) -> bool:
    """Only of concrete types is it sure: a protocol, a type variable or a foreign name may take anything."""
    if wide.startswith("Literal["):
        return narrow in _CONCRETE or narrow in ancestors
    return _is_concrete(wide, ancestors) and _is_concrete(narrow, ancestors)


def _is_concrete(name: str, ancestors: Ancestors) -> bool:
    if name in ancestors:
        return not any(each.endswith(".Protocol") for each in ancestors[name])
    return name in _CONCRETE


def _parts(annotation: str) -> tuple[str, list[str]]:
    """``dict[str, int | None]`` gives ``dict`` and ``str``, ``int | None``."""
    head, bracket, rest = annotation.partition("[")
    if not bracket:
        return head, []
    inner, depth, start, text = [], 0, 0, rest.removesuffix("]")
    for at, sign in enumerate(text):
        depth += (sign in "[(") - (sign in "])")
        if sign == "," and depth == 0:
            inner.append(text[start:at].strip())
            start = at + 1
    return head, [*inner, text[start:].strip()]
