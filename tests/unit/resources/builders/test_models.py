"""Which class or table a name means."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from types import ModuleType

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


def test_classes_of_a_module_that_is_gone_or_was_loaded_anew_are_none(tmp_path: Path) -> None:
    """They may be alive still: nobody can tell when they are collected."""
    source = """
        from sqlalchemy import Integer
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class Parcel(Base):
            __tablename__ = "parcels_once"
            number: Mapped[int] = mapped_column(Integer, primary_key=True)
    """
    first, second = loaded(source), loaded(source)

    def offered(module: ModuleType | None) -> list[object]:
        modules = {**sys.modules, **({"shop_of_parcels": module} if module else {})}
        return [each.model for each in classes(tmp_path, modules) if each.path == "parcels_once"]

    assert offered(None) == []
    assert offered(first) == [first.Parcel]
    assert offered(second) == [second.Parcel]


def loaded(source: str) -> ModuleType:
    module = ModuleType("shop_of_parcels")
    sys.modules[module.__name__] = module  # as annotations are looked up there
    try:
        exec(textwrap.dedent(source), vars(module))
    finally:
        del sys.modules[module.__name__]
    return module
