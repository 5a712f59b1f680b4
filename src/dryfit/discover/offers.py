"""What stands under a name of the project, read by griffe from the source: nothing is executed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import griffe
from griffe import Alias, Attribute, Class, Function, GriffeError, Module, Object

from dryfit.discover.annotations import canonical
from dryfit.discover.interfaces import KEEP_THE_SIGNATURE
from dryfit.discover.resolve import HARMLESS_BASES
from dryfit.discover.sources import Sources
from dryfit.model.seam import Place
from dryfit.model.structure import Interface, Parameter, ParameterKind
from dryfit.model.surface import Offer

_KINDS: dict[str, ParameterKind] = {
    "positional-only": "positional-only",
    "positional or keyword": "positional-or-keyword",
    "variadic positional": "var-positional",
    "keyword-only": "keyword-only",
    "variadic keyword": "var-keyword",
}
_CONSTRUCTOR = ".__init__"


class Source:
    """The project's names in griffe's tree."""

    def __init__(self, sources: Sources, interfaces: tuple[Interface, ...]) -> None:
        self._root = Path(sources.root)
        self._component_of = sources.component_of()
        self._interfaces = {each.name: each for each in interfaces}
        self._names = _loaded(sources)

    def look(self, name: str) -> Object | None:
        """What stands under a dotted name: through re-exports, and for a class its bases' members too."""
        if not name:
            return None
        try:
            found = self._names[name]
            return found.final_target if isinstance(found, Alias) else found
        except (GriffeError, KeyError, RecursionError):
            return None

    def is_dynamic(self, name: str) -> bool:
        """Whether a name may be there though none can be seen: from a foreign base, a star import, ``__getattr__``."""
        owner = name.rpartition(".")[0]
        while owner:
            found = self.look(owner)
            if isinstance(found, Class):
                return any("__getattr__" in each.members or _is_foreign(each, self) for each in _line(found))
            if isinstance(found, Module):
                return "__getattr__" in found.members or any(key.endswith("/*") for key in found.members)
            if owner in self._names.members or found is not None:
                return True  # an alias to elsewhere, or a value
            owner = owner.rpartition(".")[0]
        return False

    def offer(self, name: str) -> Offer | None:
        """What is offered under a name; a constructor's stands for its class where that is now a function."""
        found = self.look(name)
        if found is None and name.endswith(_CONSTRUCTOR):
            owner = self.look(name.removesuffix(_CONSTRUCTOR))
            found = owner if isinstance(owner, Function | Attribute) else found
            if isinstance(owner, Class):  # its own constructor is object's
                return self._made(name, owner, "function", settled=False)
        if found is None or isinstance(found, Module):
            return self._made(name, None, "attribute") if self._may_be_there(name) else None
        return self._described(name, found)

    def definitions(self) -> Iterator[Offer]:
        """Everything that the components themselves define, inner functions and private names left out."""
        for module, component in self._component_of.items():
            found = self.look(module)
            if component and isinstance(found, Module):
                yield from self._defined(found)

    def _may_be_there(self, name: str) -> bool:
        return name in self._component_of or self.is_dynamic(name) or _is_alias(self._names, name)

    def _defined(self, scope: Module | Class) -> Iterator[Offer]:
        for name, member in scope.members.items():
            if isinstance(member, Alias | Module) or (name.startswith("_") and name != "__init__"):
                continue
            if isinstance(member, Class | Function) or "property" in member.labels:
                yield self._described(member.path, member)
            if isinstance(member, Class):
                yield from self._defined(member)

    def _described(self, name: str, found: Object) -> Offer:
        if isinstance(found, Function):
            return self._function(name, found)
        if isinstance(found, Class):
            ancestors = tuple(dict.fromkeys(_ancestors(found, self)))
            return self._made(name, found, "class", ancestors=ancestors, settled=not _is_foreign(found, self))
        if isinstance(found, Attribute) and "property" in found.labels:
            returns = canonical(found.annotation, _scope(found), self.look)
            return self._made(name, found, "property", returns=returns)
        return self._made(name, found, "attribute")

    def _function(self, name: str, function: Function) -> Offer:
        interface = self._interfaces.get(function.path)
        decorators = {each.callable_path for each in function.decorators}
        settled = not function.overloads and KEEP_THE_SIGNATURE.issuperset(decorators)
        if interface is not None and not function.name.startswith("__"):
            settled = settled and interface.bindable
        return self._made(
            name,
            function,
            "function",
            parameters=tuple(self._parameters(function)),
            returns=canonical(function.returns, _scope(function), self.look),
            asynchronous=interface.asynchronous if interface else "async" in function.labels,
            settled=settled,
        )

    def _parameters(self, function: Function) -> Iterator[Parameter]:
        listed = list(function.parameters)
        bound = isinstance(function.parent, Class) and "staticmethod" not in function.labels
        for each in listed[1:] if bound else listed:
            kind = _KINDS[each.kind.value if each.kind else "positional or keyword"]
            default = each.default is not None and not kind.startswith("var")
            annotation = canonical(each.annotation, _scope(function), self.look)
            yield Parameter(each.name, kind, default, annotation)

    def _made(self, name: str, found: Object | None, form: str, **more: object) -> Offer:
        component = self._component_of.get(found.module.path if found is not None else "", "")
        return Offer(name, component, self._place(found), form=form, **more)  # type: ignore[arg-type]

    def _place(self, found: Object | None) -> Place:
        if found is None or not isinstance(found.filepath, Path):
            return Place("", 0)
        file = found.filepath.relative_to(self._root).as_posix()
        return Place(file, found.lineno or 0, found.path.removeprefix(f"{found.module.path}."))


def _loaded(sources: Sources) -> griffe.ModulesCollection:
    root = Path(sources.root)
    loader = griffe.GriffeLoader(
        search_paths=[root / path for path in sources.search_paths], allow_inspection=False
    )
    modules = [*(module for each in sources.components for module in each.modules), *sources.others]
    with griffe.logger.disable():  # what it cannot read, discover has told already
        for top in sorted({module.name.partition(".")[0] for module in modules}):
            try:
                loader.load(top, try_relative_path=False)
            except (GriffeError, ImportError, SyntaxError, RecursionError, ValueError):
                continue
        loader.resolve_aliases(implicit=True, external=False)
    return loader.modules_collection


def _scope(found: Object) -> Module | Class | Function:
    # An annotation is evaluated around the function: a parameter may have the name of a type.
    parent = found.parent
    return parent if isinstance(parent, Module | Class) else found.module


def _line(found: Class) -> list[Class]:
    try:
        return [found, *found.mro()]
    except (GriffeError, ValueError, RecursionError):
        return [found]


def _bases(found: Class) -> Iterator[str]:
    for base in found.bases:
        yield str(getattr(base, "canonical_path", base)).partition("[")[0].removeprefix("builtins.")


def _ancestors(found: Class, source: Source) -> Iterator[str]:
    for each in _line(found):
        for base in _bases(each):
            target = source.look(base)
            yield target.path if target is not None else base


def _is_foreign(found: Class, source: Source) -> bool:
    """Whether a base is not the project's own, and may bring anything."""
    return any(
        source.look(base) is None and base not in HARMLESS_BASES
        for each in _line(found)
        for base in _bases(each)
    )


def _is_alias(names: griffe.ModulesCollection, name: str) -> bool:
    """Whether the name is imported there from outside the project."""
    try:
        return isinstance(names[name], Alias)
    except (GriffeError, KeyError, RecursionError):
        return False
