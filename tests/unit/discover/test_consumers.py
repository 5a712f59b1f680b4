"""What callers do with what they get, read in their source."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dryfit.discover.consumers import consumers
from dryfit.model.seam import Place
from dryfit.model.stand_in import Consumers, ResultUse
from dryfit.model.structure import ProjectMap

Read = Callable[..., ResultUse | None]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read what becomes of the call of ``f`` in a source, on the line that says ``# here``, by default the first."""

    def _read(source: str, name: str = "f", line: int = 0) -> ResultUse | None:
        text = textwrap.dedent(source)
        (tmp_path / "caller.py").write_text(text, "utf-8")
        marked = [number for number, each in enumerate(text.splitlines(), 1) if each.endswith("# here")]
        place = Place("caller.py", line or (marked[0] if marked else 1))
        found = consumers(tmp_path, ProjectMap(str(tmp_path), ()), [(place, name)], (), ())
        return found.uses.get((place, name))

    return _read


USES = {
    "f().name": ResultUse(attributes=("name",)),
    "f().send(1)": ResultUse(attributes=("send",)),
    "f().first.second": ResultUse(attributes=("first",)),
    "f().name = 1": ResultUse(attributes=("name",)),
    "f()['id']": ResultUse(keys=("id",)),
    "f()['id'] = 1": ResultUse(keys=("id",)),
    "f()[0]": ResultUse(ways=("computed",)),
    "f()[1:]": ResultUse(ways=("computed",)),
    "f()[key]": ResultUse(ways=("computed",)),
    "rows[f()]": ResultUse(ways=("computed",)),
    "f().get('id')": ResultUse(attributes=("get",), asked=("id",)),
    "f().get('id', 0)": ResultUse(attributes=("get",), asked=("id",)),
    "f().get(key)": ResultUse(attributes=("get",)),
    "f().get": ResultUse(attributes=("get",)),
    "a, b = f()": ResultUse(unpacked=(2,)),
    "[a, b, c] = f()": ResultUse(unpacked=(3,)),
    "a, *rest = f()": ResultUse(ways=("iterated",)),
    "await f()": ResultUse(ways=("awaited",)),
    "(await f()).name": ResultUse(attributes=("name",), ways=("awaited",)),
    "x = await f()\nx['id']": ResultUse(keys=("id",), ways=("awaited",)),
    "for each in f(): pass": ResultUse(ways=("iterated",)),
    "[each for each in f()]": ResultUse(ways=("iterated",)),
    "{each: 1 for each in f()}": ResultUse(ways=("iterated",)),
    "[f() for each in rows]": ResultUse(ways=("computed",)),
    "[*f()]": ResultUse(ways=("iterated",)),
    "g(*f())": ResultUse(ways=("iterated",)),
    "g(**f())": ResultUse(ways=("handed on",)),
    "with f(): pass": ResultUse(ways=("computed",)),
    "with f() as it:\n    it.name": ResultUse(attributes=("name",)),
    "with f() as (a, b): pass": ResultUse(unpacked=(2,)),
    "(x := f())\nx.name": ResultUse(attributes=("name",)),
    "if x := f():\n    x.name": ResultUse(attributes=("name",), ways=("read again", "tested")),
    "if f(): pass": ResultUse(ways=("tested",)),
    "while f(): pass": ResultUse(ways=("tested",)),
    "assert f()": ResultUse(ways=("tested",)),
    "bool(f())": ResultUse(ways=("tested",)),
    "len(f())": ResultUse(ways=("handed on",)),
    "not f()": ResultUse(ways=("tested",)),
    "f() is None": ResultUse(ways=("tested",)),
    "f() != None": ResultUse(ways=("tested",)),
    "f() == 1": ResultUse(ways=("computed",)),
    "1 in f()": ResultUse(ways=("computed",)),
    "f() or 1": ResultUse(ways=("tested",)),
    "1 if f() else 2": ResultUse(ways=("tested",)),
    "(f() if g else 2).name": ResultUse(attributes=("name",)),
    "f() + 1": ResultUse(ways=("computed",)),
    "x += f()": ResultUse(ways=("computed",)),
    "raise f()": ResultUse(ways=("computed",)),
    "f'{f()}'": ResultUse(ways=("computed",)),
    "g(f())": ResultUse(ways=("handed on",)),
    "g(x=f())": ResultUse(ways=("handed on",)),
    "[f()]": ResultUse(ways=("handed on",)),
    "{'x': f()}": ResultUse(ways=("handed on",)),
    "x, y = f(), 1": ResultUse(ways=("handed on",)),
    "x = y = f()": ResultUse(ways=("handed on",)),
    "self.x = f()": ResultUse(ways=("handed on",)),
    "x: int = f()\nx.name": ResultUse(attributes=("name",)),
    "lambda: f()": ResultUse(ways=("handed on",)),
    "match f():\n    case 1: pass": ResultUse(ways=("computed",)),
    "f()": ResultUse(),
    "x = f()": ResultUse(),
    "_, x = f()": ResultUse(unpacked=(2,)),
}


@pytest.mark.parametrize("source", USES)
def test_what_becomes_of_a_result(read: Read, source: str) -> None:
    assert read(source) == USES[source]


@pytest.mark.parametrize(
    ("statement", "use"),
    [
        ("return f()", ResultUse(ways=("handed on",))),
        ("return f().name", ResultUse(attributes=("name",))),
        ("yield f()", ResultUse(ways=("handed on",))),
        ("yield from f()", ResultUse(ways=("iterated",))),
        ("return [x for x in f() if x]", ResultUse(ways=("iterated",))),
    ],
)
def test_what_a_function_gives_on(read: Read, statement: str, use: ResultUse) -> None:
    assert read(f"def caller():\n    {statement}  # here") == use


def test_a_variable_is_followed_until_it_is_bound_anew(read: Read) -> None:
    assert read("""
        def caller():
            x = f()  # here
            x.first
            if x["key"]:
                x = g()
            x.second
        """) == ResultUse(attributes=("first",), keys=("key",), ways=("read again",))


def test_a_variable_s_variable_is_followed(read: Read) -> None:
    assert read("x = f()  # here\ny = x\ny.name") == ResultUse(attributes=("name",))


def test_a_variable_of_another_function_is_another_one(read: Read) -> None:
    assert read("""
        def caller():
            x = f()  # here
            x.first

        def other(x):
            x.second
        """) == ResultUse(attributes=("first",))


def test_a_variable_of_an_inner_function_is_the_same(read: Read) -> None:
    assert read("""
        def caller():
            x = f()  # here
            def inner():
                return x.late
            return inner
        """) == ResultUse(attributes=("late",))


def test_a_variable_that_names_itself_comes_to_an_end(read: Read) -> None:
    assert read("x = f()  # here\nx = x or (x := x)") is not None


def test_two_calls_on_one_line_are_told_by_their_names(read: Read) -> None:
    source = "a.f().name; b.g()['id']"
    assert read(source) == ResultUse(attributes=("name",))
    assert read(source, "g") == ResultUse(keys=("id",))


def test_two_calls_of_one_name_on_one_line_are_not_told_apart(read: Read) -> None:
    assert read("f().name; f()['id']") is None


def test_the_only_call_is_meant_whatever_it_is_called(read: Read) -> None:
    assert read("alias().name") == ResultUse(attributes=("name",))
    assert read("TABLE[key](1).name") == ResultUse(attributes=("name",))
    assert read("TABLE[key](g()).name") == ResultUse(attributes=("name",))


def test_no_call_on_the_line(read: Read) -> None:
    assert read("x = 1") is None
    assert read("f()", line=7) is None


def test_a_call_over_several_lines(read: Read) -> None:
    source = "x = (\n    box\n    .f(\n        1,\n    )\n)\nx.name\n"
    for line in (2, 3):
        assert read(source, line=line) == ResultUse(attributes=("name",))


def test_a_decorator_is_applied(read: Read) -> None:
    assert read("@f(1)  # here\ndef function(): ...") == ResultUse(ways=("computed",))


@pytest.mark.parametrize("content", [b"def", b"f()\0", b"# coding: nowhere\nf()"])
def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "caller.py").write_bytes(content)
    calls = [(Place("caller.py", 1), "f"), (Place("missing.py", 1), "f")]
    assert consumers(tmp_path, ProjectMap(str(tmp_path), ()), calls, (), ()) == Consumers({}, {}, frozenset())


# Names that nobody reads.


def unread(tree: Any, target: str, **modules: str) -> list[tuple[str, Place]]:
    project = tree.flat(**{name: textwrap.dedent(source) for name, source in modules.items()})
    return list(consumers(tree.root, project, (), [target], ()).unread.items())


def test_an_import_that_nobody_reads(tree: Any) -> None:
    found = unread(tree, "checkout.charge", checkout="import os\nfrom gateway import charge\n", gateway="")
    assert found == [("checkout.charge", Place("checkout.py", 2, "<module>"))]


@pytest.mark.parametrize(
    "checkout",
    [
        "from gateway import charge\ncharge(1)",
        "from gateway import charge\ndef pay(): return charge",
        "from gateway import charge\ngetattr(here, 'charge')",
        "from gateway import charge as other\nother()",
        "import gateway\ngateway.charge()",
        "def charge(): ...",
        "",
        "from gateway import charge\ndef",
    ],
)
def test_a_name_that_is_read_or_not_imported(tree: Any, checkout: str) -> None:
    assert unread(tree, "checkout.charge", checkout=checkout, gateway="def charge(): ...") == []


def test_what_is_only_exported_is_not_read(tree: Any) -> None:
    found = unread(tree, "checkout.charge", checkout="from gateway import charge\n__all__ = ['charge']")
    assert [target for target, _ in found] == ["checkout.charge"]


@pytest.mark.parametrize(
    "other",
    ["from checkout import charge", "from checkout import *", "import checkout\ncheckout.charge()"],
)
def test_what_another_module_takes_is_read(tree: Any, other: str) -> None:
    assert unread(tree, "checkout.charge", checkout="from gateway import charge", other=other) == []


def test_a_target_outside_of_the_project(tree: Any) -> None:
    assert unread(tree, "json.dumps", checkout="import json") == []


# Exceptions that nothing reaches.


def never(tree: Any, component: str, exception: str, **modules: str) -> bool:
    project = tree.flat(**modules)
    pair = (component, exception)
    return consumers(tree.root, project, (), (), [pair]).never_raised == {pair}


@pytest.mark.parametrize(
    ("gateway", "expected"),
    [
        ("", True),
        ("def charge():\n    raise Declined", False),
        ("import errors\ndef charge():\n    raise errors.Declined('no')", False),
        ("def charge():\n    return Declined", False),
        ("from errors import Declined\ntry: ...\nexcept Declined: ...", True),
        ("import errors\ntry: ...\nexcept (KeyError, errors.Declined): ...", True),
        ("from errors import Declined\ntry: ...\nexcept Declined:\n    raise Declined", False),
        ("def", False),
    ],
)
def test_an_exception_that_a_component_never_names(tree: Any, gateway: str, expected: bool) -> None:
    assert never(tree, "gateway", "errors.Declined", gateway=gateway, errors="") is expected


def test_what_a_component_imports_may_raise_it(tree: Any) -> None:
    modules = {"gateway": "import wire", "wire": "import errors", "errors": "class Declined(Exception): ..."}
    assert never(tree, "gateway", "errors.Declined", **modules)
    modules["errors"] += "\ndef refuse(): raise Declined"
    assert not never(tree, "gateway", "errors.Declined", **modules)
    assert never(tree, "other", "errors.Declined", other="", **modules)


def test_of_a_component_without_source_nothing_is_said(tree: Any) -> None:
    assert not never(tree, "requests", "errors.Declined", gateway="", errors="")
