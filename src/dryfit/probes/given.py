"""What statements are given: the text and the arguments of a driver's call, and the arguments in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from dryfit.model.crossing import Crossing
from dryfit.model.secrets import is_secret
from dryfit.probes import statements
from dryfit.probes.jsonable import jsonable
from dryfit.probes.jsonable import text_of as json_of
from dryfit.probes.statements import Statement

LONGEST = 40
MOST = 6
"""So many values of one statement are told."""

_STATEMENTS = ("query", "command", "statement", "sql")
_ARGUMENTS = ("params", "params_seq", "parameters", "param_list", "args")


def of_crossing(crossing: Crossing) -> tuple[object, object]:
    """The statement and its arguments, as the driver calls them."""
    values: dict[str, Any] = dict(zip(crossing.callee.parameters, crossing.values, strict=False))
    if isinstance(values.get("arguments"), tuple):  # a twin of a class of C takes them as they come
        sql, *rest = values["arguments"] or ("",)
        return sql, rest[0] if rest else ()
    if "table_name" in values:
        return f"COPY {values['table_name']}", ()
    if "procname" in values:
        return f"CALL {values['procname']}", values.get("params")
    return of_values(values)


def of_values(values: Mapping[str, object]) -> tuple[object, object]:
    """The statement and its arguments, by the names that drivers' parameters have."""
    sql = next((values[name] for name in _STATEMENTS if name in values), "")
    return sql, next((values[name] for name in _ARGUMENTS if name in values), ())


def text_of(sql: object, connection: object | None) -> str:
    """A statement as text."""
    if isinstance(sql, bytes):
        return sql.decode(errors="replace")
    if isinstance(sql, str):
        return str(sql)
    compose = getattr(sql, "as_string", None)  # psycopg's composed statements
    return str(compose(connection)) if compose is not None else ""


def said(sql: object, arguments: object) -> str:
    """The values by the columns that they are for: ``id=2, state="paid", password=<secret>``; "" for none.

    Of many rows the first; a generator of them is left alone. What a composed statement is given is not told.
    """
    if not isinstance(sql, str | bytes) or not isinstance(arguments, dict | list | tuple) or not arguments:
        return ""
    rows = arguments if isinstance(arguments, list | tuple) else ()
    is_many = bool(rows) and isinstance(rows[0], dict | list | tuple)
    row = rows[0] if is_many else arguments
    pairs = list(islice(_pairs(statements.read(text_of(sql, None)), row), MOST + 1))
    told = ", ".join(pairs[:MOST]) + (", …" if len(pairs) > MOST else "")
    return f"{told} and {len(rows) - 1} more" if told and is_many and len(rows) > 1 else told


def _pairs(statement: Statement, row: object) -> Iterator[str]:
    if isinstance(row, dict):
        columns = dict(zip(statement.marks, statement.names, strict=True))
        values = [(columns.get(str(name), ""), str(name), value) for name, value in row.items()]
    elif isinstance(row, list | tuple):
        names = dict(enumerate(statement.names))
        values = [(names.get(place, ""), "", value) for place, value in enumerate(row)]
    else:
        values = []
    for column, mark, value in values:
        is_hidden = is_secret(column) or is_secret(mark) or (statement.is_secret and not column)
        name = column or mark
        yield f"{name}={short(value, is_hidden)}" if name else short(value, is_hidden)


def short(value: object, is_hidden: bool) -> str:
    """A value in a few characters; what is hidden is not told."""
    if is_hidden:
        return "<secret>"
    text = json_of(jsonable(value))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
