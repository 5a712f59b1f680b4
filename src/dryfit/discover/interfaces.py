"""What components offer: their functions, methods and constructors, with the parameters that they declare."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from dryfit.discover.facts import FunctionFacts, ModuleFacts
from dryfit.discover.resolve import HARMLESS_BASES, Project
from dryfit.model.seam import Place
from dryfit.model.structure import Interface

KEEP_THE_SIGNATURE = frozenset(
    {"staticmethod", "classmethod", "abc.abstractmethod", "functools.lru_cache", "functools.cache"}
    | {"contextlib.contextmanager", "contextlib.asynccontextmanager"}
    | {
        f"{module}.{name}"
        for module in ("typing", "typing_extensions")
        for name in ("override", "final", "no_type_check")
    }
    | {"warnings.deprecated", "typing_extensions.deprecated"}
)
KEEP_THE_CONSTRUCTOR = frozenset(
    {"functools.total_ordering", "typing.final", "typing_extensions.final", "typing.runtime_checkable"}
    | {
        "dataclasses.dataclass",
        "typing_extensions.runtime_checkable",
    }  # a dataclass keeps an __init__ that is written
)


def interfaces(
    project: Project, component_of: Mapping[str, str], called: Container[str]
) -> tuple[Interface, ...]:
    """Every public callable of every component, and those that are ``called`` from another one though private."""
    found = [
        _interface(project, component, module, function)
        for module in project.modules.values()
        if (component := component_of.get(module.module.name))
        for function in _callables(module)
        if _is_offered(function) or function.name in called
    ]
    return tuple(sorted(found, key=lambda each: (each.component, each.name)))


def _callables(module: ModuleFacts) -> Iterator[FunctionFacts]:
    for function in (
        *module.functions,
        *(method for each in module.classes for method in each.methods.values()),
    ):
        if function.kind != "property" and "<locals>" not in function.name:
            yield function


def _is_offered(function: FunctionFacts) -> bool:
    last = function.name.rpartition(".")[2]
    return not last.startswith("_") or last in ("__init__", "__call__")


def _interface(project: Project, component: str, module: ModuleFacts, function: FunctionFacts) -> Interface:
    return Interface(
        function.name,
        component,
        Place(module.module.file, function.line, function.name[len(module.module.name) + 1 :]),
        function.parameters,
        function.asynchronous and not function.yields,
        _is_bindable(project, function),
        function.yields,
    )


def _is_bindable(project: Project, function: FunctionFacts) -> bool:
    if not KEEP_THE_SIGNATURE.issuperset(function.decorators):
        return False
    owner, _, last = function.name.rpartition(".")
    return last != "__init__" or all(_keeps_constructor(project, name) for name in project.lineage(owner))


def _keeps_constructor(project: Project, name: str) -> bool:
    facts = project.classes.get(name)
    if facts is None:
        return name in HARMLESS_BASES
    return (
        facts.metaclass is None
        and "__new__" not in facts.methods
        and KEEP_THE_CONSTRUCTOR.issuperset(facts.decorators)
    )
