"""The static view of a project: what stands in its source, nothing executed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dryfit.model.seam import Place

ParameterKind = Literal[
    "positional-only", "positional-or-keyword", "var-positional", "keyword-only", "var-keyword"
]

Sharing = Literal["nobody", "tasks", "threads"]
"""Who may share the objects of a module, as far as the source shows it: threads are tasks that switch at any line."""


@dataclass(frozen=True, slots=True)
class Module:
    """One importable module: dotted name and file, relative to the project's root."""

    name: str
    file: str


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the project that is integrated with others; ``floor`` 0 imports no other component."""

    name: str
    floor: int
    modules: tuple[Module, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a callable as the source declares it; ``annotation`` is its text, "" for none."""

    name: str
    kind: ParameterKind
    default: bool = False
    annotation: str = ""


@dataclass(frozen=True, slots=True)
class Interface:
    """One callable that a component offers. ``parameters`` leave out the receiver of a method.

    ``bindable`` is false where a decorator or metaclass may change the signature, so that no call can be judged.
    ``asynchronous`` says that calling it gives a coroutine; an async generator does not. ``generator`` says that its
    body has a ``yield``.
    """

    name: str
    component: str
    place: Place
    parameters: tuple[Parameter, ...]
    asynchronous: bool = False
    bindable: bool = True
    generator: bool = False


@dataclass(frozen=True, slots=True)
class PassedArgument:
    """One argument as the call writes it: ``keyword`` or "" and its position, and the expression's text.

    ``read_again`` is the line after the call on which the caller reads the same variable again, or 0.
    """

    position: int
    keyword: str
    text: str
    read_again: int = 0


@dataclass(frozen=True, slots=True)
class CallSite:
    """One call from one component to a callable of another, found in the source.

    ``starred`` says that ``*args`` or ``**kwargs`` are unpacked, so that the arguments are not all known.
    ``result`` is what the caller does with what comes back: ``used``, ``awaited`` or ``discarded``.
    """

    caller: str
    callee: str
    callable: str
    place: Place
    arguments: tuple[PassedArgument, ...]
    starred: bool = False
    result: Literal["used", "awaited", "discarded"] = "used"


@dataclass(frozen=True, slots=True)
class ImportEdge:
    """One component imports another, on the lines ``places`` (the first few); ``typing_only`` under TYPE_CHECKING.

    ``uses`` counts where the importer reads the imported names: calls, base classes, annotations and all others.
    """

    importer: str
    imported: str
    places: tuple[Place, ...]
    typing_only: bool = False
    uses: int = 0


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A call that may cross a seam but could not be resolved: counted and listed, never guessed."""

    caller: str
    place: Place
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Absence:
    """A call or an import of a name that the module or class of another component certainly does not have.

    ``callable`` is the name that is asked for, ``near`` the nearest one that is there, or "".
    """

    caller: str
    callee: str
    callable: str
    place: Place
    near: str = ""
    imported: bool = False


@dataclass(frozen=True, slots=True)
class Cycle:
    """Components that import each other, and the import lines that close the circle."""

    components: tuple[str, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the project that could not be read: one clear line; the rest goes on."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(frozen=True, slots=True)
class ProjectMap:
    """Components, floors, interfaces and the seams that the source shows. Every tuple is sorted."""

    root: str
    components: tuple[Component, ...] = ()
    imports: tuple[ImportEdge, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    call_sites: tuple[CallSite, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    cycles: tuple[Cycle, ...] = ()
    problems: tuple[Problem, ...] = ()
    absences: tuple[Absence, ...] = ()

    @property
    def misconfigured(self) -> tuple[Problem, ...]:
        """What the configuration says of the project and is not so, which is wrong usage; the rest are facts."""
        return tuple(problem for problem in self.problems if problem.place.file == "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Tolerated:
    """One statement, from line ``first`` to ``last``, whose failure with one of ``exceptions`` its source passes over.

    The exceptions are named without their modules.
    """

    file: str
    first: int
    last: int
    exceptions: tuple[str, ...]
