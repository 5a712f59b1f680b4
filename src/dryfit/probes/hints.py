"""Values that contradict the type hints of the callee they go to, or come from."""

from __future__ import annotations

import datetime
import inspect
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from types import FunctionType

from dryfit.model.annotations import annotations_of
from dryfit.model.crossing import Callee, Crossing
from dryfit.model.outcome import Outcome, Returned
from dryfit.model.test_modules import is_test_module
from dryfit.model.trace import Skipped
from dryfit.probes.agreement import Agreement, agreement
from dryfit.probes.hint_checks import Check
from dryfit.probes.hint_text import hint_text
from dryfit.probes.names import TypingImports, UnresolvableError, resolve
from dryfit.probes.origin import handed_in, rests_on_tests
from dryfit.probes.starred import starred
from dryfit.probes.statics import defines, type_name

RETURN = "return"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A hint, and what was found at ``where``, a parameter's name or ``return``.

    ``by_tests`` says that the tests brought it in: they made the value, or what the result rests on, or a stand-in
    answered below.
    """

    where: str
    hint: str
    found: str
    by_tests: bool = False


@dataclass(frozen=True, slots=True)
class _Hint:
    """A parameter's hint; ``open`` where it allows anything at some place, ``each`` for what gathers arguments.

    ``container`` says that it names a class of its author's that can be gone through.
    """

    annotation: object
    check: Check
    open: bool
    default: object
    each: str = ""
    container: bool = False

    def allows_by_default(self, value: object) -> bool:
        """Whether the value is the default, or as a default is that contradicts the hint itself."""
        if value is self.default:
            return True
        alike = self.default is not _NONE and type(value) is type(self.default)
        return alike and self.check(self.default) is not None

    def contradicted(self, value: object) -> tuple[object, str] | None:
        """The first value that the hint is about and that it does not allow, with what was found instead."""
        checked = ((each, self.check(each)) for each in _gathered(self, value))
        return next(((each, found) for each, found in checked if found), None)


class Hints:
    """The hints of callees, read once each."""

    def __init__(self) -> None:
        self._known: dict[Callee, dict[str, _Hint]] = {}
        self._skipped: list[Skipped] = []
        self._imports = TypingImports()

    def arguments(self, crossing: Crossing) -> Iterator[Contradiction]:
        """Check the arguments of a call."""
        hints = self._of(crossing.callee)
        for name, value in zip(crossing.callee.parameters, crossing.values, strict=False):
            hint = hints.get(name)
            if hint is None or hint.allows_by_default(value):
                continue
            wrong = hint.contradicted(value)
            if wrong is not None:
                by_tests = _made_by_tests(wrong[1]) or handed_in(crossing, name, wrong[0], self._declares)
                yield Contradiction(name, hint_text(hint.annotation), wrong[1], by_tests)

    def outcome(self, crossing: Crossing, outcome: Outcome) -> Iterator[Contradiction]:
        """Check what a call returned; what generators give while they run is not seen here."""
        if (
            type(outcome) is Returned
            and outcome.value is not NotImplemented  # an operator's way to pass the question on
            and crossing.callee.kind in ("function", "coroutine")
        ):
            hint = self._of(crossing.callee).get(RETURN)
            found = hint.check(outcome.value) if hint is not None else None
            if hint is not None and found:
                by_tests = _made_by_tests(found) or crossing.weakened > 0 or rests_on_tests(crossing)
                yield Contradiction(RETURN, hint_text(hint.annotation), found, by_tests)

    def stand_in_outcome(self, crossing: Crossing, outcome: Outcome) -> Iterator[Contradiction]:
        """Check what a stand-in returned against the hint of the function that it stands for.

        Objects are left alone, in containers too: whether they have what the caller asks of them is not a matter of
        their class. So is a list where the hint is a class that is gone through as well.
        """
        callee = crossing.callee
        if type(outcome) is not Returned or not _gives_the_same(callee, outcome.value):
            return
        hint = self._of(callee).get(RETURN)
        if hint is None or (hint.container and type(outcome.value) in _LISTS):
            return
        found = hint.check(outcome.value)
        if found and type(outcome.value) in _PLAIN and _is_plain(found):
            yield Contradiction(RETURN, hint_text(hint.annotation), found)

    def skipped(self) -> tuple[Skipped, ...]:
        """Give, once, the hints that could not be checked, with the reason."""
        skipped, self._skipped = self._skipped, []
        return tuple(skipped)

    def _declares(self, callee: Callee, name: str, value: object) -> bool:
        """Whether a callee says of its own parameter that it takes what it has."""
        hint = self._of(callee).get(name)
        return hint is not None and not hint.open and hint.contradicted(value) is None

    def _of(self, callee: Callee) -> dict[str, _Hint]:
        known = self._known.get(callee)
        if known is None:
            known = self._known[callee] = dict(self._read(callee))
        return known

    def _read(self, callee: Callee) -> Iterator[tuple[str, _Hint]]:
        function: object = callee.function
        if not isinstance(function, FunctionType) or callee.kind == "library":
            return
        if "__wrapped__" in function.__dict__:
            return  # a decorator's wrapper bears the hints of what it wraps, and may take and give something else
        defaults, own = _defaults(function), starred(callee)
        for name, annotation in list(annotations_of(function).items()):
            if name == RETURN and callee.kind not in ("function", "coroutine", "stand-in"):
                continue
            if name != RETURN and callee.kind == "stand-in":
                continue  # it has parameters of its own
            each = "items" if name == own.positional else "values" if name == own.keyword else ""
            agreed = self._agreement(callee, function, name, annotation)
            if agreed is not None:
                default = defaults.get(name, _NONE)
                hint = _Hint(annotation, agreed.check, agreed.open, default, each, agreed.container)
                yield name, hint

    def _agreement(
        self, callee: Callee, function: FunctionType, name: str, annotation: object
    ) -> Agreement | None:
        what = f"{callee.name}: {name if name == RETURN else f'parameter {name}'}"
        try:
            agreed = agreement(resolve(function, annotation, self._imports))
        except UnresolvableError as error:
            self._skipped.append(Skipped(what, str(error)))
            return None
        except Exception as error:  # noqa: BLE001 - a class may answer anything where it is used as a hint
            self._skipped.append(Skipped(what, f"the hint cannot be read ({type(error).__name__})"))
            return None
        self._skipped += (Skipped(what, reason) for reason in agreed.unchecked)
        return agreed


_NONE = object()


def _gathered(hint: _Hint, value: object) -> Iterator[object]:
    """The values that a hint is about: of ``*args`` and ``**kwargs`` each single one."""
    if hint.each == "items" and type(value) is tuple:
        yield from value
    elif hint.each == "values" and type(value) is dict:
        yield from list(value.values())
    elif not hint.each:
        yield value


def _defaults(function: FunctionType) -> dict[str, object]:
    code, positional = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(positional) : code.co_argcount]
    return {**dict(zip(names, positional, strict=True)), **(function.__kwdefaults__ or {})}


_PLAIN = (
    *(type(None), bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset),
    *(Decimal, datetime.datetime, datetime.date, datetime.time, datetime.timedelta, uuid.UUID),
)
"""Types of values that nobody takes for something else."""

_LISTS = (list, tuple, set, frozenset)

_PLAIN_NAMES = frozenset(map(type_name, _PLAIN))


def _is_plain(found: str) -> bool:
    """Whether what was found, at whatever place of a result, is such a value."""
    return found.removeprefix("another ").partition(" ")[0] in _PLAIN_NAMES


def _gives_the_same(callee: Callee, value: object) -> bool:
    """Whether what came of a stand-in is what would come of the function: once awaited, where that is a coroutine."""
    function = callee.function
    if function is None or defines(type(value), "__await__"):
        return False
    flags = function.__code__.co_flags
    return not flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR)


def _made_by_tests(found: str) -> bool:
    """Whether what was found is an object of a class that the tests define, or of one that they fill as they please."""
    name = found.partition(" ")[0]
    module, dot, _ = name.rpartition(".")
    return name in _FILLED or (bool(dot) and is_test_module(module))


_FILLED = ("types.SimpleNamespace", "pretend.stub")
"""Classes whose objects have just the attributes that somebody gives them, whatever they are to stand for."""
