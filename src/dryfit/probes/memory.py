"""The probe that knows where the components keep state in memory: their objects, modules and classes.

Objects count from the time they were seen as the receiver of a crossing; what an entry makes for itself is none of the
state that it found. Looking at them runs none of their code, and none is kept alive. Rows of databases are left out,
and so are caches, metrics and the like (see ``state_names.is_contended``), and what an object makes when it is first
asked for it: a private attribute that was ``None``, a cached property. What a framework's
application keeps for its program counts as a variable of the module that holds the application.
"""

from __future__ import annotations

import weakref
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType, ModuleType
from typing import Any, TypeGuard

from dryfit.model.crossing import Crossing
from dryfit.model.outcome import Outcome, Returned
from dryfit.model.state_names import is_contended, is_state
from dryfit.probes.frameworks import kept_in
from dryfit.probes.held import Row, TooManyError, attributes_of, is_mapped, rows_of, unset_in
from dryfit.probes.jsonable import is_opaque, is_scalar
from dryfit.probes.locks import is_lock
from dryfit.probes.statics import attributes, derives, identity, module_of, namespace, told_once, type_name

MOST_OBJECTS = 200
"""So many objects are known in one trial, the first ones seen."""

OBJECT = "object"
"""The column that tells the objects of one class apart."""

_COLLECTIONS = (dict, list, set, deque)

_STATE = "state"
"""How the attribute of an application is called that keeps what its program puts there."""

Places = dict[str, list[Row]]
Unset = Mapping[int, Collection[str]]
"""Places that objects have for what is made when it is first asked for, and in which there is nothing yet."""

Objects = Mapping[int, int]
"""Objects by their identities, with the number of each among those of its class."""


MOST_PLAIN = 2_000


def _is_plain(value: object) -> TypeGuard[str | int]:
    """Whether it is of one of these very classes, whose comparison is nobody's code."""
    cls = type(value)
    return cls is str or cls is int or cls is bool


@lru_cache(MOST_PLAIN, typed=True)
def _rows_of_plain(name: str, value: str | int) -> Sequence[Row]:
    """The rows of a value that does not change; most variables hold the same in all trials."""
    return tuple(rows_of(value, name))


@dataclass(slots=True)
class Holding:
    """What was held at one time: by variables, by the objects of given identities, and what is left out, and why."""

    variables: Places = field(default_factory=dict)
    objects: dict[int, Places] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    unset: dict[int, set[str]] = field(default_factory=dict)

    def places(self, objects: Collection[int], unset: Unset = MappingProxyType({})) -> Places:
        """What variables and the given ones of the objects held, but for what was ``unset`` earlier."""
        found = {place: list(rows) for place, rows in self.variables.items()}
        for key in objects:
            for place, rows in self.objects.get(key, {}).items():
                if place not in unset.get(key, ()):
                    found.setdefault(place, []).extend(rows)
        return found

    def add(self, places: Places, place: str, value: object, name: str, owner: Row) -> None:
        """Add what a variable or an attribute holds."""
        rows: Sequence[Row]
        try:
            rows = _rows_of_plain(name, value) if _is_plain(value) else rows_of(value, name)
        except TooManyError as reason:
            self.skipped[place] = str(reason)
        except RuntimeError:  # "changed size during iteration"
            self.skipped[place] = "another thread changes it"
        else:
            places.setdefault(place, []).extend({**owner, **row} for row in rows)


@dataclass(slots=True)
class _Known:
    """One object, with its number among those of its class; ``counts`` says that a crossing had it as receiver."""

    get: Callable[[], object | None]
    number: int
    counts: bool


class Memory:
    """Knows the objects of one trial after the other; ``modules`` gives the components' modules, by name."""

    def __init__(self, modules: Callable[[], Mapping[str, ModuleType]]) -> None:
        self._modules = modules
        self._known: dict[int, _Known] = {}
        self._numbers: Counter[str] = Counter()
        self._components: dict[str, ModuleType] = {}
        self._places: list[_Variables] = []
        self._is_looked_at = False

    def begin(self) -> None:
        """Forget the last trial's objects."""
        self._known, self._numbers = {}, Counter()
        components = dict(sorted(self._modules().items()))
        if components != self._components:
            self._components = components
            self._places = [_Variables(name, vars(module)) for name, module in components.items()]
        self._meet_variables()

    @contextmanager
    def moment(self) -> Iterator[None]:
        """All that is asked within is told as of one time: the variables are looked through once."""
        self._look_again()
        self._is_looked_at = True
        try:
            yield
        finally:
            self._is_looked_at = False

    def before(self, crossing: Crossing) -> None:
        """Note the receiver, and what the tests give to an entry."""
        callee = crossing.callee
        if callee.kind in ("library", "stand-in"):
            return
        if callee.method and not _makes(crossing):
            self._meet(crossing.values[0], counts=True)
        if crossing.parent is not None and crossing.parent.parent is None:
            for value in crossing.values[_makes(crossing) :]:
                self._meet(value, counts=False)

    def after(self, crossing: Crossing, outcome: Outcome) -> Outcome:
        """Note an object that was made."""
        if _makes(crossing) and isinstance(outcome, Returned):
            self._meet(crossing.values[0], counts=True)
        return outcome

    def objects(self) -> Objects:
        """The objects that are known now."""
        self._meet_variables()
        return {key: each.number for key, each in self._known.items() if each.get() is not None}

    def counting(self, objects: Objects) -> list[int]:
        """Those of them that are alive and count by now, in the order in which they were met."""
        return [
            key
            for key, each in self._known.items()
            if each.counts and each.get() is not None and objects.get(key) == each.number
        ]

    def alive(self, objects: Objects) -> list[object]:
        """The objects themselves."""
        return [
            value
            for key, each in self._known.items()
            if objects.get(key) == each.number and (value := each.get()) is not None
        ]

    def locks(self) -> Iterator[tuple[str, str, object]]:
        """The locks among the variables of the modules, and all attributes of known objects: owner, name and value."""
        self._look_again()
        for module in self._places:
            yield from module.locks()
        for each in list(self._known.values()):
            owner = each.get()
            if owner is not None:
                for name, value in attributes(owner):
                    yield type_name(type(owner)), name, value

    def hold(self, objects: Objects) -> Holding:
        """What ``objects``, and the modules and classes of the components, hold now."""
        holding = Holding()
        seen = set(objects)
        for owner, name, value in self._variables():
            if identity(value) not in seen:
                holding.add(holding.variables, f"{owner}.{name}", value, name, {})
            if not is_scalar(value):
                seen.add(identity(value))  # another module may have imported it
        for key in objects:
            known = self._known[key]
            value = known.get()
            places = holding.objects.setdefault(key, {})
            for name, item in attributes_of(value) if value is not None else ():
                if identity(item) not in objects:
                    place = f"{type_name(type(value))}.{name}"
                    holding.add(places, place, item, name, {OBJECT: known.number})
            if value is not None:
                holding.unset[key] = {f"{type_name(type(value))}.{name}" for name in unset_in(value)}
        return holding

    def _meet_variables(self) -> None:
        for _, _, value in self._variables():
            self._meet(value, counts=True)

    def _meet(self, value: object, *, counts: bool) -> None:
        """Know an object of a component's class from now on, and those that it has as attributes."""
        waiting = deque([value])
        while waiting:
            each = waiting.popleft()
            known = self._known.get(identity(each))
            if known is not None and known.get() is each:
                if known.counts or not counts:
                    continue
                known.counts = True
            elif not self._add(each, counts):
                continue
            waiting.extend(item for name, item in attributes_of(each) if is_state(name))

    def _add(self, value: object, counts: bool) -> bool:
        if len(self._known) >= MOST_OBJECTS or not self._is_components(value):
            return False
        with suppress(TypeError):  # a class with slots, and none for weak references
            name = type_name(type(value))
            self._known[identity(value)] = _Known(weakref.ref(value), self._numbers[name] + 1, counts)
            self._numbers[name] += 1
            return True
        return False

    def _is_components(self, value: object) -> bool:
        cls = type(value)
        return (
            module_of(cls) in self._components
            and not derives(cls, type)
            and not derives(cls, BaseException)
            and not is_scalar(value)
            and not is_mapped(value)
        )

    def _variables(self) -> Iterator[tuple[str, str, object]]:
        """The variables of modules, and the collections that classes hold: the owner, the name, the value."""
        self._look_again()
        for each in self._places:
            yield from each.held()

    def _look_again(self) -> None:
        if not self._is_looked_at:
            for each in self._places:
                each.look_again()


class _Variables:
    """The variables of a module, and of its classes, that count as state.

    To tell them from functions, modules and imported classes takes a while: it is done again only where any of all
    the variables there holds another object than before.
    """

    def __init__(self, module: str, found: Mapping[str, object]) -> None:
        self._module = module
        self._found = found
        self._spaces: list[Mapping[str, object]] = []
        self._seen: list[list[int]] = []
        self._named: list[tuple[Mapping[str, object], str, str]] = []
        self._locks: list[str] = []

    def locks(self) -> Iterator[tuple[str, str, object]]:
        """The owner, the name and the value of each variable of the module itself that is a lock."""
        for name in self._locks:
            with suppress(KeyError):  # another thread has deleted it
                yield self._module, name, self._found[name]

    def held(self) -> Iterator[tuple[str, str, object]]:
        """The owner, the name and the value of each, as they are now."""
        for space, owner, name in self._named:
            with suppress(KeyError):  # another thread has deleted it
                yield owner, name, space[name]

    def look_again(self) -> None:
        """Find out what counts where that may have changed; what is told then is of these."""
        if not self._spaces or self._ids() != self._seen:
            self._look()

    def _ids(self) -> list[list[int]]:
        return [[*map(identity, list(space.values()))] for space in self._spaces]

    def _look(self) -> None:
        values = list(self._found.items())
        classes: list[Any] = [each for _, each in values if _is_own(each, self._module)]
        named = [
            (self._found, self._module, name)
            for name, value in values
            if not _is_metaclass(type(value)) and not is_opaque(value) and is_contended(name)
        ]
        kept = [
            ({_STATE: space}, f"{self._module}.{name}", _STATE)
            for name, value in values
            if (space := kept_in(value)) is not None
        ]
        self._spaces = [self._found, *map(namespace, classes)]
        self._seen = self._ids()
        self._locks = [name for name, value in values if is_lock(type(value))]
        self._named = [*named, *kept, *(each for cls in classes for each in _of_class(cls))]


def _makes(crossing: Crossing) -> bool:
    """Whether the receiver is an object that is being made, and had no state before."""
    return crossing.callee.method and crossing.callee.name.endswith((".__init__", ".__post_init__"))


@told_once
def _is_metaclass(cls: type) -> bool:
    return derives(cls, type)


def _is_own(value: Any, module: str) -> bool:
    """Whether a value is a class that says it is from the module."""
    return _is_metaclass(type(value)) and module_of(value) == module


def _of_class(cls: type) -> Iterator[tuple[Mapping[str, object], str, str]]:
    space = namespace(cls)
    for name, value in list(space.items()):
        if type(value) in _COLLECTIONS and is_contended(name):
            yield space, type_name(cls), name
