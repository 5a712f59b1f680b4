"""What a statement of SQL does, and what its placeholders stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from dryfit.model.secrets import is_secret

Does = Literal["write", "commit", "rollback", "savepoint", "release", "rollback to", "nothing"]

_REMARKS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_CONTROLS: tuple[tuple[Does, str], ...] = (
    ("rollback to", r'ROLLBACK\s+(?:(?:WORK|TRANSACTION)\s+)?TO\s+(?:SAVEPOINT\s+)?"?(\w+)"?'),
    ("savepoint", r'SAVEPOINT\s+"?(\w+)"?'),
    ("release", r'RELEASE\s+(?:SAVEPOINT\s+)?"?(\w+)"?'),
    ("commit", r"(?:COMMIT|END)\b()"),
    ("rollback", r"(?:ROLLBACK|ABORT)\b()"),
)
_SETTINGS = frozenset(
    {"ANALYZE", "ATTACH", "BEGIN", "CHECKPOINT", "CLOSE", "DEALLOCATE", "DECLARE", "DETACH", "DISCARD", "FETCH"}
    | {"LISTEN", "LOCK", "MOVE", "PREPARE", "REINDEX", "RESET", "SET", "START", "UNLISTEN", "USE", "VACUUM"}
)  # fmt: skip
"""How statements begin that change nothing which others see."""

_CHANGING = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE|REPLACE)\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\?\d*|%s|%\((?P<percent>\w+)\)s|(?<!:):(?P<colon>[A-Za-z_]\w*)|\$\d+")
_COMPARED = re.compile(r'[\w".]*?"?(\w+)"?\s*(?:=|<>|!=|<=?|>=?|\bIN\b|\bLIKE\b)\s*\(?\s*$', re.IGNORECASE)
_INSERT = re.compile(r"INSERT\b[^()]*?\(([^()]*)\)\s*(?:OVERRIDING[^()]*)?VALUES\s*", re.IGNORECASE)
_ABSOLUTE = re.compile(
    r"UPDATE\s.*?\sSET\s+[\w\".]+\s*=\s*{value}(?:\s*,\s*[\w\".]+\s*=\s*{value})*\s*(?:WHERE\b.*)?".replace(
        "{value}",
        r"(?:(?:\?\d*|%s|%\(\w+\)s|:\w+|\$\d+|-?\d+(?:\.\d+)?|'[^']*'|NULL|TRUE|FALSE|CURRENT_TIMESTAMP|now\(\))"
        r"(?:::[\w ]+)?)",
    ),
    re.IGNORECASE,
)
_REPEATABLE = re.compile(
    r"DELETE\b|(?:CREATE|DROP|ALTER)\b.*?\bIF\s+(?:NOT\s+)?EXISTS\b|TRUNCATE\b", re.IGNORECASE
)
_READING = re.compile(r'\b(?:FROM|JOIN)\s+(?:ONLY\s+)?(?:"?\w+"?\.)*"?(\w+)"?', re.IGNORECASE)
_LITERAL = re.compile(r"'(?:[^']|'')*'")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement on one line, without remarks.

    ``name`` is a savepoint's. ``names`` are the columns that its placeholders stand for, in order, "" where unknown;
    ``marks`` are the placeholders' own names, "" for those that have only a place.
    ``is_idempotent`` says that to repeat it changes nothing more; ``is_secret`` that it deals with a secret.
    """

    text: str
    does: Does = "write"
    name: str = ""
    names: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    is_idempotent: bool = False
    is_secret: bool = False


@lru_cache(maxsize=1024)
def read(sql: str) -> Statement:
    """Read a statement. Of several in one text, all are told by the first that does more than to begin."""
    text = " ".join(_REMARKS.sub(" ", sql).split()).rstrip("; ")
    several = ";" in _LITERAL.sub("", text)
    for does, pattern in _CONTROLS:
        found = re.match(pattern, text, re.IGNORECASE)
        if found is not None and not several:
            return Statement(text, does, found[1].lower())
    word = text[:20].lstrip("(").split(None, 1)[0].upper() if text else ""
    if (word in _SETTINGS and not several) or (word == "WITH" and not _CHANGING.search(text)):
        return Statement(text, "nothing")
    placeholders = tuple(_placeholders(text))
    is_hidden = any(is_secret(word) for word in re.findall(r"[A-Za-z_]\w*", _LITERAL.sub("", text)))
    return Statement(
        _LITERAL.sub("'<secret>'", text) if is_hidden else text,
        names=tuple(name for name, _ in placeholders),
        marks=tuple(mark for _, mark in placeholders),
        is_idempotent=not several and bool(_ABSOLUTE.fullmatch(text) or _REPEATABLE.match(text)),
        is_secret=is_hidden,
    )


@lru_cache(maxsize=1024)
def tables_read(sql: str) -> tuple[str, ...]:
    """The names that stand where a statement says what it reads; not what it reads otherwise, as in a function."""
    text = _LITERAL.sub("''", _REMARKS.sub(" ", sql))
    return tuple(dict.fromkeys(found[1].lower() for found in _READING.finditer(text)))


def _placeholders(text: str) -> Iterator[tuple[str, str]]:
    """The placeholders' columns, by position in an INSERT, else by what they are compared with; with their names."""
    inserted = dict(_inserted(text))
    for found in _PLACEHOLDER.finditer(text):
        named = found["percent"] or found["colon"] or ""
        compared = _COMPARED.search(text, 0, found.start())
        column = inserted.get(found.start()) or (compared[1] if compared else "")
        yield column or re.sub(r"_\d+$", "", named), named


def _inserted(text: str) -> Iterator[tuple[int, str]]:
    """The columns of the placeholders among the values of an INSERT, by where they stand."""
    head = _INSERT.match(text)
    if head is None:
        return
    columns = [column.strip(' "`') for column in head[1].split(",")]
    depth, column = 0, 0
    for place in range(head.end(), len(text)):
        letter = text[place]
        depth += (letter == "(") - (letter == ")")
        if letter == "(" and depth == 1:
            column = 0
        elif letter == "," and depth == 1:
            column += 1
        elif letter in "?%:$" and depth and column < len(columns):
            yield place, columns[column]
