"""What a call of a driver is going to do, for the lanes of a report: its kind, and the statement in one line."""

from __future__ import annotations

from types import GeneratorType

from dryfit.model.crossing import Crossing
from dryfit.model.interleaving import StepKind

LONGEST = 200

_KINDS: dict[str, StepKind] = {"commit": "commit", "rollback": "rollback"}


def of_crossing(crossing: Crossing) -> tuple[StepKind, str]:
    """Of a crossing into a library."""
    name = crossing.callee.name.rpartition(".")[2].removeprefix("do_")
    if crossing.callee.effect == "send" and name not in _KINDS:
        return "send", _first_text(crossing.values[1:]) or crossing.callee.name
    return of_call(name, crossing.values[1:])


def of_call(name: str, values: tuple[object, ...]) -> tuple[StepKind, str]:
    """Of a method of a connection or cursor, by its name and its arguments."""
    if name in _KINDS:
        return _KINDS[name], name.upper()
    return "statement", _first_text(values) or name


def of_generator(work: object) -> tuple[StepKind, str]:
    """Of a generator that psycopg is about to run against its server; ``None`` is another driver that connects."""
    if work is None or getattr(work, "__name__", "").startswith(("_connect", "connect")):
        return "send", "connect"
    name = getattr(work, "__name__", "").strip("_").removesuffix("_gen")
    if name in _KINDS:
        return _KINDS[name], name.upper()
    frame = work.gi_frame if isinstance(work, GeneratorType) else None
    values = frame.f_locals if frame is not None else {}
    query = values.get("query", values.get("statement", values.get("command")))
    return "statement", _text(query) or f"{name} of {type(values.get('self')).__name__}"


def _first_text(values: tuple[object, ...]) -> str:
    return next((found for value in values if (found := _text(value))), "")


def _text(value: object) -> str:
    if type(value) is tuple and value:
        value = " ".join(str(each) for each in value[:2] if type(each) in (str, int))
    if type(value) is bytes:
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        said = " ".join(str.split(value))
        return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"
    return _composed(value)


def _composed(value: object) -> str:
    """A statement of psycopg's ``sql`` module, which needs no connection to be shown."""
    if type(value).__module__ != "psycopg.sql":
        return ""
    try:
        return _text(value.as_string(None))  # type: ignore[attr-defined]  # every class of that module has it
    except Exception:  # noqa: BLE001 - it cannot be shown without its connection
        return type(value).__name__
