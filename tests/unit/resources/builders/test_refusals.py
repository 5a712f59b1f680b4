"""Why a database refused a row, in each driver's words."""

from __future__ import annotations

import sqlite3

import pytest

from dryfit.resources.builders.entity import RefusalKind
from dryfit.resources.builders.refusals import refusal_of


class Diagnosed(Exception):
    """As psycopg's."""

    sqlstate = "23505"

    class diag:
        constraint_name = "orders_pkey"


class Coded(Exception):
    """As psycopg2's."""

    pgcode = "23P01"


class Wrapped(Exception):
    """As SQLAlchemy's."""

    def __init__(self, orig: BaseException) -> None:
        self.orig = orig


@pytest.mark.parametrize(
    ("error", "kind", "constraint"),
    [
        (Diagnosed("duplicate key"), "unique", "orders_pkey"),
        (Wrapped(Diagnosed("duplicate key")), "unique", "orders_pkey"),
        (Coded('conflicting key value violates exclusion constraint "no_overlap"'), "unique", "no_overlap"),
        (sqlite3.IntegrityError("UNIQUE constraint failed: towns.city"), "unique", "towns.city"),
        (sqlite3.IntegrityError("CHECK constraint failed: big"), "check", "big"),
        (sqlite3.IntegrityError("NOT NULL constraint failed: towns.city"), "not null", "towns.city"),
        (sqlite3.IntegrityError("FOREIGN KEY constraint failed"), "foreign key", "FOREIGN KEY"),
        (Exception(3819, "Check constraint 'big' is violated."), "check", "big"),
        (Exception(1062, "Duplicate entry 'x' for key 'city'"), "unique", ""),
        (Exception("out of paper"), "other", ""),
    ],
)
def test_a_refusal_is_told_by_code_or_by_words(error: Exception, kind: RefusalKind, constraint: str) -> None:
    refusal = refusal_of(error)
    assert (refusal.kind, refusal.constraint) == (kind, constraint)


def test_djangos_error_has_it_as_its_cause() -> None:
    error = ValueError("wrapped")
    error.__cause__ = sqlite3.IntegrityError("CHECK constraint failed: big")
    assert refusal_of(error).constraint == "big"
