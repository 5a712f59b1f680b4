"""Values that contradict the type hints of the callee they go to, or come from."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from types import FunctionType

from dryfit.model.crossing import Callee, Crossing
from dryfit.model.outcome import Outcome, Returned
from dryfit.model.trace import Skipped
from dryfit.probes.agreement import Check, agreement
from dryfit.probes.names import TypingImports, UnresolvableError, resolve
from dryfit.probes.starred import starred
from dryfit.probes.statics import type_name

RETURN = "return"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A hint, and what was found at ``where``, a parameter's name or ``return``."""

    where: str
    hint: str
    found: str


@dataclass(frozen=True, slots=True)
class _Hint:
    text: str
    check: Check
    default: object
    each: str = ""


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
            if hint is None or value is hint.default:
                continue
            found = next(filter(None, map(hint.check, _gathered(hint, value))), None)
            if found:
                yield Contradiction(name, hint.text, found)

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
                yield Contradiction(RETURN, hint.text, found)

    def skipped(self) -> tuple[Skipped, ...]:
        """Give, once, the hints that could not be checked, with the reason."""
        skipped, self._skipped = self._skipped, []
        return tuple(skipped)

    def _of(self, callee: Callee) -> dict[str, _Hint]:
        known = self._known.get(callee)
        if known is None:
            known = self._known[callee] = dict(self._read(callee))
        return known

    def _read(self, callee: Callee) -> Iterator[tuple[str, _Hint]]:
        function: object = callee.function
        if not isinstance(function, FunctionType) or callee.kind in ("stand-in", "library"):
            return
        if "__wrapped__" in function.__dict__:
            return  # a decorator's wrapper bears the hints of what it wraps, and may take and give something else
        defaults, own = _defaults(function), starred(callee)
        for name, annotation in list(function.__annotations__.items()):
            if name == RETURN and callee.kind not in ("function", "coroutine"):
                continue
            each = "items" if name == own.positional else "values" if name == own.keyword else ""
            check = self._check(callee, function, name, annotation)
            if check is not None:
                yield name, _Hint(_text(annotation), check, defaults.get(name, _NONE), each)

    def _check(self, callee: Callee, function: FunctionType, name: str, annotation: object) -> Check | None:
        what = f"{callee.name}: {name if name == RETURN else f'parameter {name}'}"
        try:
            check, unchecked = agreement(resolve(function, annotation, self._imports))
        except UnresolvableError as error:
            self._skipped.append(Skipped(what, str(error)))
            return None
        except Exception as error:  # noqa: BLE001 - a class may answer anything where it is used as a hint
            self._skipped.append(Skipped(what, f"the hint cannot be read ({type(error).__name__})"))
            return None
        self._skipped += (Skipped(what, reason) for reason in unchecked)
        return check


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


@functools.singledispatch
def _text(annotation: object) -> str:
    """Write a hint as its author did."""
    return str(annotation).replace("typing.", "")


@_text.register
def _(annotation: str) -> str:
    return annotation


@_text.register
def _(annotation: type) -> str:
    return type_name(annotation) if type(annotation) is type else str(annotation)
