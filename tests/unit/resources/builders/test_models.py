"""Which class or table a name means."""

from __future__ import annotations

from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.resources.builders.models import Candidate, classes, find


class Stored:
    pass


class Plain:
    pass


class Other:
    pass


KNOWN = [
    Candidate("shop.models.Order", "mapped", Stored),
    Candidate("shop.schemas.Order", "plain", Plain),
    Candidate("shop.schemas.Line", "plain", Other),
    Candidate("shop.legacy.Line", "plain", Plain),
]
TABLE = Candidate("public.parcels", "table", "a table")


def tables(again: bool) -> list[Candidate]:
    return [TABLE] if again else []


def test_stored_classes_go_before_plain_ones() -> None:
    assert find("Order", KNOWN, tables).model is Stored


def test_a_longer_path_tells_which() -> None:
    assert find("schemas.Order", KNOWN, tables).model is Plain
    assert find("shop.schemas.Line", KNOWN, tables).model is Other


def test_tables_are_read_again_for_a_name_that_nothing_has() -> None:
    assert find("parcels", KNOWN, tables) is TABLE


def test_tables_are_not_read_for_a_class() -> None:
    def unread(again: bool) -> list[Candidate]:
        raise AssertionError("the catalogue was read for nothing")

    assert find("Order", KNOWN, unread).kind == "mapped"


def test_a_name_of_several_lists_them_all() -> None:
    with pytest.raises(ResourceError) as raised:
        find("Line", KNOWN, tables)
    assert "'Line' may be any of shop.legacy.Line, shop.schemas.Line" in str(raised.value)
    assert "make('shop.legacy.Line')" in str(raised.value)


def test_an_unknown_name_lists_the_nearest_and_all() -> None:
    with pytest.raises(ResourceError) as raised:
        find("Ordre", KNOWN, tables)
    assert "nothing is called 'Ordre'; the nearest are Order" in str(raised.value)
    assert "there are: Line, Order, parcels" in str(raised.value)


def test_installed_classes_are_not_the_projects() -> None:
    here = Path(__file__).parent
    names = {candidate.path for candidate in classes(here)}
    assert not any(name.startswith(("sqlalchemy.", "pydantic.", "attr.")) for name in names)
