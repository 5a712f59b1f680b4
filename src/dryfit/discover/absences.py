"""Calls and imports of names that the module or class of another component does not have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dryfit.discover.closed import Closed
from dryfit.discover.expressions import Attribute, Defined, Either, Expression, Instance, Ref, Result, parted
from dryfit.discover.facts import ImportFacts, ModuleFacts
from dryfit.discover.resolve import Project
from dryfit.discover.values import ClassValue, FunctionValue, InstanceValue, ModuleValue, Value
from dryfit.model.seam import Place
from dryfit.model.structure import Absence

MOST_STEPS = 8
KEEP_THEIR_NAMES = frozenset(
    {"object", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol", "abc.ABC"}
)
KEEP_THE_CLASS = frozenset(
    {"dataclasses.dataclass", "functools.total_ordering", "typing.final", "typing_extensions.final"}
)
OF_EVERY_CLASS = frozenset({*dir(type), "register"})


def absences(project: Project, component_of: Mapping[str, str], root: Path) -> tuple[Absence, ...]:
    """Every name that another component is asked for and certainly lacks; whatever may be dynamic is left out."""
    search = _Search(project, component_of)
    closed = Closed(project, root)
    found = {
        each
        for candidate in search.candidates()
        if closed.lacks(candidate.file, candidate.line, candidate.text, candidate.modules, candidate.name)
        for each in [candidate.absence]
    }
    return tuple(sorted(found, key=lambda each: (each.caller, each.place, each.callable)))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A name that the facts do not show, before the files are asked whether they can bind it in another way.

    ``modules`` are those that could bind it: the module itself, or those of the class, its bases and subclasses.
    """

    absence: Absence
    modules: frozenset[str]
    text: str

    @property
    def name(self) -> str:
        return self.absence.callable.rpartition(".")[2]

    @property
    def file(self) -> str:
        return self.absence.place.file

    @property
    def line(self) -> int:
        return self.absence.place.line


@dataclass(frozen=True, slots=True)
class _Search:
    project: Project
    component_of: Mapping[str, str]

    def candidates(self) -> Iterator[_Candidate]:
        for module in self.project.modules.values():
            caller = self.component_of.get(module.module.name)
            if caller:
                yield from self._in_imports(caller, module)
                yield from self._in_calls(caller, module)

    def _in_imports(self, caller: str, module: ModuleFacts) -> Iterator[_Candidate]:
        for each in module.imports:
            if each.name and not each.typing_only and not each.optional:
                yield from self._imported(caller, module, each)

    def _imported(self, caller: str, module: ModuleFacts, each: ImportFacts) -> Iterator[_Candidate]:
        if self._module_lacks(each.target, each.name):
            place = Place(module.module.file, each.line)
            yield from self._candidate(caller, place, each.target, frozenset({each.target}), each.name, "")

    def _in_calls(self, caller: str, module: ModuleFacts) -> Iterator[_Candidate]:
        for call in module.calls:
            parts, (text, dot, written) = parted(call.callee), call.text.rpartition(".")
            if parts is None or not dot or parts[1] != written or not self._is_told(parts[0]):
                continue
            base, name = parts
            place = Place(module.module.file, call.line, call.function)
            match self.project.resolve(base):
                case ModuleValue(owner) if self._module_lacks(owner, name):
                    yield from self._candidate(caller, place, owner, frozenset({owner}), name, text)
                case (ClassValue(owner) | InstanceValue(owner)) as value if self._class_lacks(
                    value, owner, name
                ):
                    yield from self._candidate(caller, place, owner, self._homes(owner), name, text)

    def _candidate(
        self, caller: str, place: Place, owner: str, modules: frozenset[str], name: str, text: str
    ) -> Iterator[_Candidate]:
        callee = self.component_of.get(self.project.home.get(owner, owner))
        if callee and callee != caller:
            near = difflib.get_close_matches(name, sorted(self._names(owner)), 1)
            absence = Absence(caller, callee, f"{owner}.{name}", place, "".join(near), imported=not text)
            yield _Candidate(absence, modules, text)

    def _names(self, owner: str) -> set[str]:
        """What a module or a class does offer."""
        prefix = f"{owner}."
        project = self.project
        known = {
            each.removeprefix(prefix)
            for each in (*project.functions, *project.classes)
            if each.startswith(prefix)
        }
        return {each for each in known if "." not in each and not each.startswith("__")}

    def _module_lacks(self, module: str, name: str) -> bool:
        facts = self.project.modules.get(module)
        if facts is None or facts.stars or facts.problems or name in facts.names or name.startswith("__"):
            return False
        dotted = f"{module}.{name}"
        known = (self.project.functions, self.project.classes, self.project.modules, self.project.packages)
        return not any(dotted in names for names in known)

    def _class_lacks(self, value: Value, owner: str, name: str) -> bool:
        if name.startswith("__") or (isinstance(value, ClassValue) and name in OF_EVERY_CLASS):
            return False
        exact = not isinstance(value, InstanceValue) or value.exact
        related = {owner} if exact else {owner, *self.project.below(owner)}
        return all(self._lineage_lacks(each, name) for each in related)

    def _lineage_lacks(self, owner: str, name: str) -> bool:
        return all(
            each in KEEP_THEIR_NAMES or (each in self.project.classes and self._own_lacks(each, name))
            for each in self.project.lineage(owner)
        )

    def _own_lacks(self, owner: str, name: str) -> bool:
        facts = self.project.classes[owner]
        plain = facts.metaclass is None and KEEP_THE_CLASS.issuperset(facts.decorators)
        bound = name in facts.methods or name in facts.attributes or f"{owner}.{name}" in self.project.classes
        return plain and not bound

    def _homes(self, owner: str) -> frozenset[str]:
        related = {owner, *self.project.below(owner)}
        lineages = {each for one in related for each in self.project.lineage(one)}
        return frozenset(self.project.home[each] for each in lineages if each in self.project.home)

    def _is_told(self, expression: Expression, steps: int = MOST_STEPS) -> bool:
        """Whether names, annotations and constructors alone say what it is: a function's result may be decorated."""
        if not steps:
            return False
        match expression:
            case Ref(name):
                return self._is_name_told(name, steps - 1)
            case Defined():
                return True
            case Instance(of):
                return self._is_told(of, steps - 1)
            case Result(of):
                return self._gives_what_it_says(self.project.resolve(of)) and self._is_told(of, steps - 1)
            case Attribute(base, name):
                return self._is_told(base, steps - 1) and self._is_attribute_told(base, name, steps - 1)
            case Either(options):
                return all(self._is_told(option, steps - 1) for option in options)
            case _:
                return False

    def _gives_what_it_says(self, called: Value) -> bool:
        """A constructor, or a plain function with an annotation; a decorated one may give something else."""
        if not isinstance(called, FunctionValue):
            return isinstance(called, ClassValue)
        facts = self.project.functions[called.name]
        plain = not facts.decorators and not facts.asynchronous and not facts.yields
        return plain and facts.declares_result and facts.kind in ("function", "method")

    def _is_name_told(self, name: str, steps: int) -> bool:
        project = self.project
        known = (project.modules, project.packages, project.classes, project.functions)
        if any(name in names for names in known):
            return True
        owner, _, last = name.rpartition(".")
        facts = self.project.modules.get(owner)
        return facts is not None and last in facts.names and self._is_told(facts.names[last], steps)

    def _is_attribute_told(self, base: Expression, name: str, steps: int) -> bool:
        match self.project.resolve(base):
            case InstanceValue(owner) | ClassValue(owner):
                for each in self.project.lineage(owner):
                    facts = self.project.classes.get(each)
                    if facts and name in facts.methods:
                        method = facts.methods[name]
                        return method.kind != "property" or method.declares_result
                    if facts and name in facts.attributes:
                        return self._is_told(facts.attributes[name], steps)
        return False
