"""The calls of one module that may leave its component, as the source writes them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dryfit.discover.bodies import Body
from dryfit.discover.expressions import (
    Attribute,
    Collection,
    Defined,
    Expression,
    Foreign,
    Instance,
    Item,
    Nothing,
    Result,
    Unknown,
    attribute,
    item,
    result,
)
from dryfit.discover.facts import CallFacts, ClassFacts
from dryfit.discover.reuse import Path, read_again, variable
from dryfit.discover.text import Source
from dryfit.model.structure import PassedArgument

LOOPS = ast.For | ast.AsyncFor | ast.While


@dataclass(frozen=True, slots=True)
class CallFinder:
    """Looks through bodies for calls; ``classes`` are this module's, ``outgoing``: it imports another component."""

    source: Source
    classes: dict[str, ClassFacts]
    outgoing: bool

    def calls(self, body: Body) -> Iterator[CallFacts]:
        """The calls of ``body`` that may leave the component, in the order of the source."""
        for call, path in body.calls:
            callee = self._followed(body.scope.express(call.func))
            if self._may_leave(callee, call):
                yield self._facts(body, call, path, callee)

    def _may_leave(self, callee: Expression, call: ast.Call) -> bool:
        match callee:
            case Foreign() | Nothing() | Collection():
                return False
            case Unknown():
                return self.outgoing and isinstance(call.func, ast.Attribute)
            case Defined(name):
                found = self.classes.get(name)
                return found is not None and bool(found.bases) and "__init__" not in found.methods
            case Attribute(Instance(Defined(name)), attr):
                found = self.classes.get(name)
                return found is None or attr not in found.methods
            case Attribute(Collection()):
                return False  # append, setdefault, …
            case _:
                return True

    def _followed(self, value: Expression) -> Expression:
        """The same, with the attributes of this module's own classes put in."""
        match value:
            case Attribute(base, name):
                return self._attribute(self._followed(base), name)
            case Result(base):
                return result(self._followed(base))
            case Item(base, iterated):
                return item(self._followed(base), iterated)
            case _:
                return value

    def _attribute(self, base: Expression, name: str) -> Expression:
        if isinstance(base, Instance) and isinstance(base.of, Defined):
            found = self.classes.get(base.of.name)
            if found and name in found.attributes:
                return found.attributes[name]
        return attribute(base, name)

    def _facts(self, body: Body, call: ast.Call, path: Path | None, callee: Expression) -> CallFacts:
        arguments = tuple(self._arguments(body, call, path))
        starred = len(arguments) < len(call.args) + len(call.keywords)
        text = self.source.segment(call.func)
        return CallFacts(callee, _line(call), body.function, text, arguments, starred, _result(body, call))

    def _arguments(self, body: Body, call: ast.Call, path: Path | None) -> Iterator[PassedArgument]:
        for position, node in enumerate(call.args):
            if not isinstance(node, ast.Starred):
                yield PassedArgument(
                    position, "", self.source.segment(node), _read_again(body, node, call, path)
                )
        for position, keyword in enumerate(call.keywords, len(call.args)):
            if keyword.arg is not None:
                again = _read_again(body, keyword.value, call, path)
                yield PassedArgument(position, keyword.arg, self.source.segment(keyword.value), again)


def _read_again(body: Body, node: ast.expr, call: ast.Call, path: Path | None) -> int:
    key = variable(node)
    if not key or path is None or (body.reads.get(key, 0) < 2 and not _in_loop(path)):
        return 0
    return read_again(key, call, path)


def _in_loop(path: Path | None) -> bool:
    while path is not None:
        if isinstance(path.statement, LOOPS):
            return True
        path = path.above
    return False


def _result(body: Body, call: ast.Call) -> Literal["used", "awaited", "discarded"]:
    if call in body.awaited:
        return "awaited"
    return "discarded" if call in body.discarded else "used"


def _line(call: ast.Call) -> int:
    """The line that a running frame names: for a method over several lines, that of the method's name."""
    function = call.func
    if isinstance(function, ast.Attribute) and function.lineno != function.end_lineno:
        return function.end_lineno or call.lineno
    return call.lineno
