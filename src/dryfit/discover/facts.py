"""What one module's source says by itself: small values that a worker hands back in place of the syntax tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dryfit.discover.expressions import Expression
from dryfit.model.structure import Module, Parameter, PassedArgument, Problem

FunctionKind = Literal["function", "method", "classmethod", "staticmethod", "property"]


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """A function or method as it is written. ``name`` is dotted, with its module; ``parameters`` lack the receiver.

    ``decorators`` are dotted names as far as they can be followed; ``yields`` says that its body has a ``yield``,
    ``declares_result`` that it is annotated with what it returns.
    """

    name: str
    line: int
    kind: FunctionKind
    parameters: tuple[Parameter, ...]
    asynchronous: bool
    yields: bool
    decorators: tuple[str, ...]
    returns: Expression
    declares_result: bool


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class as it is written. ``attributes`` come from its body and from ``self.x = …`` in its methods."""

    name: str
    bases: tuple[Expression, ...]
    attributes: Mapping[str, Expression]
    methods: Mapping[str, FunctionFacts]
    decorators: tuple[str, ...]
    metaclass: Expression | None


@dataclass(frozen=True, slots=True)
class ImportFacts:
    """One imported module (``name`` is "") or one name from it; ``optional`` where a missing one is expected.

    ``uses`` counts how often the module reads the name that the import binds.
    """

    target: str
    name: str
    line: int
    typing_only: bool
    optional: bool
    uses: int = 0


@dataclass(frozen=True, slots=True)
class CallFacts:
    """One call that may leave its component. ``function`` is the qualified name of the code that makes it."""

    callee: Expression
    line: int
    function: str
    text: str
    arguments: tuple[PassedArgument, ...]
    starred: bool
    result: Literal["used", "awaited", "discarded"]


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """Everything that is needed of one module: ``stars`` are the modules that it imports ``*`` from.

    A file that can't be read is ``left_out``, and has nothing but the problem that says so.
    """

    module: Module
    names: Mapping[str, Expression]
    stars: tuple[str, ...] = ()
    functions: tuple[FunctionFacts, ...] = ()
    classes: tuple[ClassFacts, ...] = ()
    imports: tuple[ImportFacts, ...] = ()
    calls: tuple[CallFacts, ...] = ()
    problems: tuple[Problem, ...] = ()
    left_out: bool = False
