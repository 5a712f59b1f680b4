"""What expressions stand for, followed from module to module through the facts of the whole project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dryfit.discover.expressions import (
    FOREIGN,
    Alias,
    Attribute,
    Collection,
    Defined,
    Either,
    Entered,
    Expression,
    Foreign,
    Instance,
    Item,
    Nothing,
    Parent,
    Ref,
    Result,
    Unknown,
    given_by,
)
from dryfit.discover.facts import ClassFacts, FunctionFacts, ModuleFacts
from dryfit.discover.values import (
    ClassValue,
    ContainerMethod,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    ParentValue,
    Several,
    Value,
    agreed,
    an_instance,
    each_of,
    undecided,
)

HARMLESS_BASES = frozenset(
    {
        "abc.ABC",
        "typing.Protocol",
        "typing.Generic",
        "typing_extensions.Protocol",
        "object",
        "Exception",
        "BaseException",
    }
    | {
        "ValueError",
        "RuntimeError",
        "TypeError",
        "KeyError",
        "LookupError",
        "OSError",
        "ArithmeticError",
        "PermissionError",
    }
    | {
        "TimeoutError",
        "ConnectionError",
        "NotImplementedError",
        "Warning",
        "UserWarning",
        "AttributeError",
        "IndexError",
    }
)
"""Bases from outside the project that leave constructors and methods alone."""

ONLY_NONE = Unknown("the source shows only `None` for it")
ABSTRACT = frozenset({"abc.abstractmethod"})
PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})


@dataclass(slots=True, eq=False)
class Project:
    """The facts of all modules, and what their expressions stand for; answers are kept."""

    modules: Mapping[str, ModuleFacts]
    functions: dict[str, FunctionFacts] = field(default_factory=dict)
    classes: dict[str, ClassFacts] = field(default_factory=dict)
    home: dict[str, str] = field(default_factory=dict)  # each function's and class's module
    packages: set[str] = field(default_factory=set)
    tops: set[str] = field(default_factory=set)
    _known: dict[Expression, Value] = field(default_factory=dict)
    _lineages: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _subclasses: dict[str, list[str]] | None = None

    @classmethod
    def of(cls, facts: Iterable[ModuleFacts]) -> Project:
        """Index the facts of all modules by dotted names."""
        project = cls({each.module.name: each for each in facts})
        for name, module in project.modules.items():
            project.tops.add(name.partition(".")[0])
            project.packages.update(_packages_above(name))
            for function in module.functions:
                project._add(name, function)
            for each in module.classes:
                project.classes[each.name] = each
                project.home[each.name] = name
                for method in each.methods.values():
                    project._add(name, method)
        return project

    def _add(self, module: str, function: FunctionFacts) -> None:
        self.functions[function.name] = function
        self.home[function.name] = module

    def resolve(self, expression: Expression) -> Value:
        """What ``expression`` stands for; ``Unknown`` with its reason where the source does not tell."""
        known = self._known.get(expression)
        if known is None:
            self._known[expression] = Unknown("it is defined by itself")
            known = self._known[expression] = self._resolve(expression)
        return known

    def _resolve(self, expression: Expression) -> Value:
        match expression:
            case Ref(name):
                return self._dotted(name)
            case Defined(name):
                return self._defined(name)
            case Instance(of):
                return self._promised(self.resolve(of))
            case Attribute(base, name):
                return each_of(self.resolve(base), lambda value: self._attribute(value, name))
            case Result(base):
                return each_of(self.resolve(base), self._called)
            case Entered(base):
                return each_of(self.resolve(base), self._entered)
            case Item(base, iterated):
                return each_of(self.resolve(base), lambda value: self._item(value, iterated))
            case Parent(of):
                return ParentValue(of)
            case Either(options):
                return agreed([self.resolve(option) for option in options])
            case _:
                return expression

    def _promised(self, value: Value) -> Value:
        return self.resolve(value.of) if isinstance(value, Alias) else each_of(value, an_instance)

    def _defined(self, name: str) -> Value:
        if name in self.classes:
            return ClassValue(name)
        return FunctionValue(name) if name in self.functions else Unknown("a function inside another")

    def _dotted(self, name: str) -> Value:
        prefix = name
        while prefix and prefix not in self.modules and prefix not in self.packages:
            prefix = prefix.rpartition(".")[0]
        if not prefix:
            return (
                Unknown(f"`{name}` is not in the project") if name.partition(".")[0] in self.tops else FOREIGN
            )
        value: Value = ModuleValue(prefix)
        for part in name[len(prefix) + 1 :].split(".") if name != prefix else ():
            value = self._attribute(value, part)
        return value

    def _attribute(self, value: Value, name: str) -> Value:
        match value:
            case ModuleValue(module):
                return self._of_module(module, name)
            case ClassValue(of):
                return self._of_class(self.lineage(of), name)
            case InstanceValue(of, exact):
                return self._of_instance(of, exact, name)
            case ParentValue(of):
                return self._bound(self._of_class(self.lineage(of)[1:], name))
            case Collection():
                return ContainerMethod(given_by(value, name))
            case FunctionValue() | ContainerMethod():
                return FOREIGN  # what a decorator put there
            case Nothing():
                return ONLY_NONE
            case _:
                return value

    def _of_module(self, module: str, name: str) -> Value:
        facts = self.modules.get(module)
        if facts and name in facts.names:
            return self.resolve(facts.names[name])
        dotted = f"{module}.{name}"
        if dotted in self.classes or dotted in self.functions:
            return self._defined(dotted)
        if dotted in self.modules or dotted in self.packages:
            return ModuleValue(dotted)
        for target in facts.stars if facts else ():
            found = self.resolve(Ref(f"{target}.{name}"))
            if not isinstance(found, Unknown):
                return found
        return Unknown(f"`{module}` has no `{name}`")

    def _of_class(self, lineage: Iterable[str], name: str) -> Value:
        for each in lineage:
            facts = self.classes.get(each)
            if facts is None:
                if each in HARMLESS_BASES:
                    continue
                return FOREIGN if each else Unknown("a base class can't be followed")
            if name in facts.methods:
                return FunctionValue(facts.methods[name].name)
            if name in facts.attributes:
                return self.resolve(facts.attributes[name])
            if f"{each}.{name}" in self.classes:
                return ClassValue(f"{each}.{name}")
            if "__getattr__" in facts.methods:
                return Unknown(f"`{each}` makes its attributes at run time")
        return FOREIGN if name.startswith("__") else Unknown(f"it has no attribute `{name}`")

    def _of_instance(self, of: str, exact: bool, name: str) -> Value:
        found = self._of_class(self.lineage(of), name)
        if isinstance(found, FunctionValue) and not exact:
            candidates = tuple(self._implementations(of, name, found.name))
            if not candidates:
                return Unknown(f"`{found.name}` is abstract, and no class implements it", (found.name,))
            if candidates != (found.name,):
                return undecided(*candidates)
        return self._bound(found)

    def _bound(self, value: Value) -> Value:
        """A property is read, not called."""
        if isinstance(value, FunctionValue) and self.functions[value.name].kind == "property":
            return self.resolve(self.functions[value.name].returns)
        return value

    def _implementations(self, of: str, name: str, found: str) -> Iterator[str]:
        """Every callable that may answer to ``name`` on an object of ``of`` or a subclass of it."""
        if not self._is_abstract(found):
            yield found
        for below in sorted(self.below(of)):
            if name in self.classes[below].methods:
                yield self.classes[below].methods[name].name

    def _is_abstract(self, function: str) -> bool:
        owner = self.classes.get(function.rpartition(".")[0])
        protocol = owner is not None and any(
            isinstance(base, Ref) and base.name in PROTOCOLS for base in owner.bases
        )
        return protocol or bool(ABSTRACT.intersection(self.functions[function].decorators))

    def below(self, name: str) -> set[str]:
        """The subclasses of a class, at any depth."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for below in self._direct_subclasses().get(waiting.pop(), ()):
                if below not in found:
                    found.add(below)
                    waiting.append(below)
        return found

    def _direct_subclasses(self) -> dict[str, list[str]]:
        if self._subclasses is None:
            self._subclasses = {}
            for name, facts in self.classes.items():
                for base in facts.bases:
                    value = self.resolve(base)
                    if isinstance(value, ClassValue):
                        self._subclasses.setdefault(value.name, []).append(name)
        return self._subclasses

    def lineage(self, name: str) -> tuple[str, ...]:
        """The classes in which attributes are looked for, in order: dotted names, "" for one that is unknown."""
        if name not in self._lineages:
            self._lineages[name] = (name,)  # a circle of bases ends here
            above = [each for base in self.classes[name].bases for each in self._base_lineage(base)]
            last = {each: index for index, each in enumerate(above)}
            kept = (each for index, each in enumerate(above) if last[each] == index)
            self._lineages[name] = (name, *kept)
        return self._lineages[name]

    def _base_lineage(self, base: Expression) -> tuple[str, ...]:
        value = self.resolve(base)
        if isinstance(value, ClassValue):
            return self.lineage(value.name)
        return (base.name,) if isinstance(base, Ref) and isinstance(value, Foreign) else ("",)

    def _called(self, value: Value) -> Value:
        match value:
            case ClassValue(name):
                return InstanceValue(name, exact=True)
            case FunctionValue(name):
                return self.resolve(self.functions[name].returns)
            case InstanceValue():
                method = self._attribute(value, "__call__")
                return self._called(method) if isinstance(method, FunctionValue) else method
            case ContainerMethod(item):
                return self.resolve(item)
            case Nothing():
                return ONLY_NONE
            case Foreign() | Unknown():
                return value
            case _:
                return Unknown("what a call of it gives can't be followed")

    def _entered(self, value: Value) -> Value:
        if isinstance(value, Collection):  # what a context manager's generator yields
            return self.resolve(value.item)
        if not isinstance(value, InstanceValue):
            return value if isinstance(value, Foreign | Unknown) else Unknown("it is entered by `with`")
        for name in ("__enter__", "__aenter__"):
            method = self._attribute(value, name)
            if isinstance(method, FunctionValue):
                given = self._called(method)
                return (
                    value
                    if isinstance(given, InstanceValue) and given.of in self.lineage(value.of)
                    else given
                )
        return Unknown("its `__enter__` is not in the project")

    def _item(self, value: Value, iterated: bool) -> Value:
        if isinstance(value, Collection):
            return Unknown("a key of a mapping") if iterated and value.keyed else self.resolve(value.item)
        if not isinstance(value, InstanceValue):
            return value if isinstance(value, Foreign | Unknown) else Unknown("an item of something unknown")
        method = self._attribute(value, "__iter__" if iterated else "__getitem__")
        given = self._called(method) if isinstance(method, FunctionValue) else method
        return self._item(given, True) if iterated and isinstance(given, Collection) else given

    def target(self, callee: Expression) -> FunctionFacts | Unknown | None:
        """The function that a call runs; ``None`` where that is no function of the project."""
        value = each_of(self.resolve(callee), self._run)
        if isinstance(value, FunctionValue):
            return self.functions[value.name]
        if isinstance(value, Several):
            candidates = [option.name for option in value.options if isinstance(option, FunctionValue)]
            return undecided(*candidates) if candidates else None
        return value if isinstance(value, Unknown) else None

    def _run(self, value: Value) -> Value:
        if isinstance(value, ClassValue):
            return self._maker(value.name) or self._of_class(self.lineage(value.name), "__init__")
        if isinstance(value, InstanceValue):
            return self._attribute(value, "__call__")
        return value

    def _maker(self, name: str) -> FunctionValue | None:
        """The metaclass's ``__call__``, where the project has written one: the constructor is called by that."""
        above = [self.classes[each].metaclass for each in self.lineage(name) if each in self.classes]
        for metaclass in (self.resolve(each) for each in above if each is not None):
            if isinstance(metaclass, ClassValue):
                call = self._of_class(self.lineage(metaclass.name), "__call__")
                return call if isinstance(call, FunctionValue) else None
        return None


def _packages_above(name: str) -> Iterator[str]:
    while name := name.rpartition(".")[0]:
        yield name
