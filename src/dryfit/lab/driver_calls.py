"""What a call of a driver is going to do, for the lanes of a report: its kind, and the statement in one line."""

from __future__ import annotations

from collections.abc import Callable
from types import GeneratorType
from typing import NamedTuple

from dryfit.model.crossing import Crossing
from dryfit.model.interleaving import StepKind
from dryfit.model.target import DATABASES
from dryfit.probes import given
from dryfit.probes.statics import instance_dict

LONGEST = 200

_STACK = "command_stack"
"""Where a pipeline of redis-py keeps the commands that it sends when it is executed."""

_KINDS: dict[str, StepKind] = {"commit": "commit", "rollback": "rollback"}


class Doing(NamedTuple):
    """One call: ``what`` is the statement, ``given`` the values that it gets, without secrets."""

    kind: StepKind
    what: str
    given: str = ""


def of_crossing(crossing: Crossing) -> Doing:
    """Of a crossing into a library."""
    name = crossing.callee.name.rpartition(".")[2].removeprefix("do_")
    if crossing.callee.effect == "send" and name not in _KINDS:
        return Doing("send", _first_text(crossing.values[1:]) or crossing.callee.name)
    if name == "execute" and (stacked := _stacked(*crossing.values[:1])):
        return Doing("statement", stacked)
    is_database = crossing.component in DATABASES
    return _of_call(name, crossing.values[1:], given.of_crossing(crossing) if is_database else ())


def _stacked(client: object = None) -> str:
    """The commands of a pipeline, each with its key; "" of anything else."""
    commands = (instance_dict(client) or {}).get(_STACK)
    if type(commands) is not list:
        return ""
    return _text("; ".join(_text(each[0]) for each in commands if type(each) is tuple))


def of_method(name: str, values: tuple[object, ...]) -> Doing:
    """Of a method of a connection or cursor, by its name and its arguments: the statement, and what it is given."""
    return _of_call(name, values, values[:2])


def of_handed(function: Callable[..., object], values: tuple[object, ...]) -> Doing:
    """Of what is handed to a thread of aiosqlite's: "fetchone of Cursor" where it is no statement."""
    name = getattr(function, "__name__", "")
    if name in _KINDS or _first_text(values):
        return of_method(name, values)
    owner = getattr(function, "__self__", None)
    return Doing("statement", name if owner is None else f"{name} of {type(owner).__name__}")


def _of_call(name: str, values: tuple[object, ...], statement: tuple[object, ...]) -> Doing:
    if name in _KINDS:
        return Doing(_KINDS[name], name.upper())
    return Doing(
        "statement", _first_text(values) or name, given.said(*statement) if len(statement) == 2 else ""
    )


def of_generator(work: object) -> Doing:
    """Of a generator that psycopg is about to run against its server; ``None`` is another driver that connects."""
    if work is None or getattr(work, "__name__", "").startswith(("_connect", "connect")):
        return Doing("send", "connect")
    name = getattr(work, "__name__", "").strip("_").removesuffix("_gen")
    if name in _KINDS:
        return Doing(_KINDS[name], name.upper())
    frame = work.gi_frame if isinstance(work, GeneratorType) else None
    values = frame.f_locals if frame is not None else {}
    query, arguments = given.of_values(values)
    text = _text(query)
    if not text:
        return Doing("statement", f"{name} of {type(values.get('self')).__name__}")
    return Doing("statement", text, given.said(query, arguments))


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
