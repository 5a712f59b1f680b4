"""Hand-made values of the model: a shop of ``order``, ``payment`` and ``stock``, and what tests showed of it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from dryfit.model.seam import Place, Seam
from dryfit.model.shape import Form, Shape
from dryfit.model.structure import (
    CallSite,
    Component,
    Interface,
    Module,
    Parameter,
    PassedArgument,
    ProjectMap,
)
from dryfit.model.trace import Argument, Behaviour, Observations, Trace, TracedCrossing

PAY = "payment.Processor.pay"


class Make:
    """Makes values of the model with everything that a test does not care about filled in."""

    def seam(self, callable_name: str = PAY, caller: str = "order") -> Seam:
        return Seam(caller, callable_name.partition(".")[0], callable_name)

    def place(self, line: int = 10, function: str = "checkout", file: str = "order.py") -> Place:
        return Place(file, line, function)

    def arguments(self, *texts: str, read_again: int = 0, **keywords: str) -> tuple[PassedArgument, ...]:
        written = [PassedArgument(index, "", text, read_again) for index, text in enumerate(texts)]
        named = [
            PassedArgument(len(texts) + index, keyword, text, read_again)
            for index, (keyword, text) in enumerate(keywords.items())
        ]
        return (*written, *named)

    def site(
        self,
        callable_name: str = PAY,
        place: Place | None = None,
        arguments: tuple[PassedArgument, ...] = (),
        caller: str = "order",
        **more: object,
    ) -> CallSite:
        seam = self.seam(callable_name, caller)
        return CallSite(seam.caller, seam.callee, callable_name, place or self.place(), arguments, **more)  # type: ignore[arg-type]

    def interface(self, signature: str = "", name: str = PAY, **more: object) -> Interface:
        """Read a signature such as ``a: int, /, b=, *args, c, **rest``; a trailing ``=`` stands for a default."""
        component = name.partition(".")[0]
        place = Place(f"{component}.py", 1)
        return Interface(name, component, place, _parameters(signature), **more)  # type: ignore[arg-type]

    def project(
        self,
        sites: Iterable[CallSite] = (),
        interfaces: Iterable[Interface] = (),
        **more: object,
    ) -> ProjectMap:
        components = tuple(
            Component(name, floor, (Module(name, f"{name}.py"),))
            for floor, name in enumerate(("payment", "stock", "order"))
        )
        return ProjectMap("/shop", components, call_sites=tuple(sites), interfaces=tuple(interfaces), **more)  # type: ignore[arg-type]

    def behaviour(
        self,
        callable_name: str = PAY,
        place: Place | None = None,
        caller: str = "order",
        arguments: dict[str, Shape] | None = None,
        result: str = "None",
        **more: object,
    ) -> Behaviour:
        fields: dict[str, object] = {"outcome": "returned", "effect": "call"} | more
        seam, where = self.seam(callable_name, caller), place or self.place()
        passed = tuple(
            Argument(name, shape.forms[0].type, shape) for name, shape in (arguments or {}).items()
        )
        key = (
            f"{seam} {where} {[(a.name, a.shape) for a in passed]} {result} {sorted(fields.items(), key=str)}"
        )
        shape = Shape((Form(result, "object"),))
        return Behaviour(key, seam, where, arguments=passed, result_type=result, result=shape, **fields)  # type: ignore[arg-type]

    def observations(
        self, *behaviours: Behaviour, incidents: tuple[object, ...] = (), test: str = "test_it"
    ) -> Observations:
        """One trace of one test that shows all the behaviours, each once, one below the other."""
        crossings = tuple(
            TracedCrossing(index, index - 1, behaviour.key, 1, 0.5)
            for index, behaviour in enumerate(behaviours)
        )
        return Observations(behaviours, (Trace(test, "passed", 1.0, crossings),), incidents)  # type: ignore[arg-type]

    def shape(self, *types: str) -> Shape:
        """A shape of the named types; texts, times and containers are written ``str:digits``, ``datetime:naive``."""
        return Shape(tuple(_form(name) for name in types))

    def mapping(self, **fields: Shape) -> Shape:
        return Shape((Form("dict", "mapping", fields=tuple(sorted(fields.items()))),))

    def record(self, **fields: Shape) -> Shape:
        return Shape((Form("order.Order", "object", fields=tuple(sorted(fields.items()))),))

    def listed(self, items: Shape) -> Shape:
        return Shape((Form("list", "sequence", items=items),))


def _form(name: str) -> Form:
    kind, _, tag = name.partition(":")
    formats = (tag,) if tag else ()
    match kind:
        case "str":
            return Form("str", "text", formats)
        case "datetime":
            return Form("datetime.datetime", "time", formats)
        case "int" | "float" | "decimal.Decimal":
            return Form(kind, "number")
        case _:
            return Form(kind, "object")


def _parameters(signature: str) -> tuple[Parameter, ...]:
    words = [word.strip() for word in signature.split(",") if word.strip()]
    before_slash = words.index("/") if "/" in words else 0
    parameters, keyword_only = [], False
    for index, word in enumerate(words):
        if word == "/":
            continue
        name, _, annotation = word.removesuffix("=").partition(":")
        if name.startswith("**"):
            kind = "var-keyword"
        elif name.startswith("*"):
            kind, keyword_only = "var-positional", True
        elif index < before_slash:
            kind = "positional-only"
        else:
            kind = "keyword-only" if keyword_only else "positional-or-keyword"
        if name != "*":
            parameters.append(Parameter(name.strip("*"), kind, word.endswith("="), annotation.strip()))  # type: ignore[arg-type]
    return tuple(parameters)


@pytest.fixture
def make() -> Make:
    """The workbench."""
    return Make()
