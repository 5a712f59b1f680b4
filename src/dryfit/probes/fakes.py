"""Fakes that components called, as they were then: copies, so that nothing of the test's is touched later."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, ModuleType

from dryfit.model.crossing import Callee, Crossing
from dryfit.model.outcome import Outcome
from dryfit.model.seam import Place, Seam
from dryfit.model.stand_in import Answer
from dryfit.model.trace import Skipped
from dryfit.probes.answers import closed_answer
from dryfit.probes.plain import NotPlainError, copied, copied_instance, likeness
from dryfit.probes.signature import Signature, named_defaults
from dryfit.probes.statics import attributes, derives, mro, namespace, type_name

MOST_STATES = 4
MOST_MANNERS = 16
MOST_LOOKED_AT = 64

Manner = tuple[str, ...]
"""How a fake was asked: the types of its arguments, and what its flags were."""

_SHARED = (type, ModuleType, BuiltinFunctionType)


@dataclass(frozen=True, slots=True)
class State:
    """A fake as it was when a component called it; ``receivers`` holds a copy of its instance or the class, if any.

    ``lived`` is what it gave in this state.
    """

    function: FunctionType
    receivers: tuple[object, ...]
    test: str
    site: Place
    lived: dict[Answer, None] = field(default_factory=dict)


@dataclass(slots=True)
class Fake:
    """One hand-written function or method in the place of a callable of the program."""

    seam: Seam
    callee: Callee
    code: CodeType
    has_receiver: bool
    states: dict[Hashable, State] = field(default_factory=dict)
    manners: set[Manner] = field(default_factory=set)
    left: int = MOST_LOOKED_AT
    hindrance: str = ""

    def takes(self, function: FunctionType) -> Signature:
        """What it takes after the receiver."""
        given = named_defaults(self.code, function.__defaults__, function.__kwdefaults__)
        return Signature.of(self.code, given, receiver=self.has_receiver)


class Fakes:
    """Collects the fakes that components call; ``skipped`` says which of them cannot be called again."""

    def __init__(self) -> None:
        self._fakes: dict[tuple[Seam, int], Fake] = {}
        self._open: dict[int, tuple[Crossing, State]] = {}

    def __iter__(self) -> Iterator[Fake]:
        return iter(sorted(self._fakes.values(), key=lambda fake: (fake.seam, fake.code.co_firstlineno)))

    def asked(self, crossing: Crossing, function: FunctionType, code: CodeType) -> None:
        """A component calls a fake: ``code`` is what its author wrote, which is woven over in ``function`` itself."""
        callee = crossing.callee
        if callee.stands_for == "?":
            return  # it stands for several callables, or nobody knows for which
        key = (crossing.seam, id(code))
        if key not in self._fakes:
            self._fakes[key] = Fake(crossing.seam, callee, code, _has_receiver(callee, crossing.values))
        fake = self._fakes[key]
        if fake.left > 0:
            fake.left -= 1
            if len(fake.manners) < MOST_MANNERS:
                fake.manners.add(manner(crossing.values[fake.has_receiver :]))
            self._keep(fake, crossing, function)

    def answered(self, crossing: Crossing, outcome: Outcome) -> None:
        """Remember what a fake gave."""
        _, state = self._open.pop(id(crossing), (None, None))
        if state is not None:
            state.lived[closed_answer(outcome)] = None

    def skipped(self) -> Iterator[Skipped]:
        """Fakes of which no state could be copied."""
        for fake in self:
            if fake.hindrance and not fake.states:
                yield Skipped(f"replay of {fake.code.co_qualname}", fake.hindrance)

    def _keep(self, fake: Fake, crossing: Crossing, function: FunctionType) -> None:
        try:
            receivers = tuple(map(_receiver, crossing.values[: fake.has_receiver]))
            own, content = _copied_function(function, fake.code)
            inside = tuple(likeness(value) for each in receivers for value in _attributes(each))
        except NotPlainError as reason:
            fake.hindrance = f"the fake holds {reason}"
            return
        key = (content, inside)
        if key not in fake.states and len(fake.states) < MOST_STATES:
            fake.states[key] = State(own, receivers, crossing.test, crossing.site.place)
        if key in fake.states:
            self._open[id(crossing)] = (crossing, fake.states[key])


def manner(values: tuple[object, ...]) -> Manner:
    """How a call gives its arguments, whether by position or by keyword."""
    return tuple(sorted(text for value in values for text in _manner(value)))


def _manner(value: object) -> Iterator[str]:
    cls = type(value)
    if cls is tuple or cls is dict:
        inside = value.values() if isinstance(value, dict) else value
        yield from (type_name(type(each)) for each in inside)  # type: ignore[attr-defined]  # a tuple
    elif cls is bool:
        yield f"bool {value}"
    elif derives(cls, Enum):
        yield f"{type_name(cls)} {id(value)}"  # there is one object a member
    elif value is not None:
        yield type_name(cls)


def _has_receiver(callee: Callee, values: tuple[object, ...]) -> bool:
    """Whether the first argument is the object or class that the fake is a method of."""
    if callee.parameters[:1] in (("self",), ("cls",)):
        return True
    owner = callee.name.rpartition(".")[0]
    return bool(values) and owner in map(type_name, mro(type(values[0])))


def _receiver(value: object) -> object:
    if _is_class(value):
        return value
    for base in mro(type(value)):
        for member in list(namespace(base).values()) if "<locals>" in type_name(base) else ():
            if type(member) is FunctionType:
                _copied_cells(member)  # it would live on with its class, and all that it holds
    return copied_instance(value)


def _attributes(receiver: object) -> Iterator[object]:
    if not _is_class(receiver):
        yield from (item for _, item in attributes(receiver))


def _is_class(value: object) -> bool:
    return derives(type(value), type)


def _copied_function(function: FunctionType, code: CodeType) -> tuple[FunctionType, Hashable]:
    """Make the function again, of its own code and of copies of what it holds; and tell what that is."""
    defaults = copied(function.__defaults__)
    keyword_defaults = copied(function.__kwdefaults__)
    cells = _copied_cells(function)
    made = FunctionType(code, function.__globals__, function.__name__, defaults, cells)
    made.__kwdefaults__ = keyword_defaults
    content = (likeness(defaults), likeness(keyword_defaults), *map(_content, cells or ()))
    return made, content


def _copied_cells(function: FunctionType) -> tuple[CellType, ...] | None:
    if function.__closure__ is None:
        return None
    return tuple(map(_copied_cell, function.__closure__))


def _copied_cell(cell: CellType) -> CellType:
    try:
        value = cell.cell_contents
    except ValueError:  # nothing is assigned yet
        return CellType()
    return CellType(value if _is_shared(value) else copied(value))


def _is_shared(value: object) -> bool:
    """Whether this is part of the program, and not of a test's state."""
    plain_function = type(value) is FunctionType and value.__closure__ is None
    return plain_function or issubclass(type(value), _SHARED)


def _content(cell: CellType) -> Hashable:
    try:
        value = cell.cell_contents
    except ValueError:
        return None
    return id(value) if _is_shared(value) else likeness(value)
