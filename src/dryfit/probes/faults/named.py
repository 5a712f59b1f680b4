"""Makes an exception of the project's by the name of its class."""

from __future__ import annotations

import inspect
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from inspect import Parameter
from types import UnionType
from typing import Union, get_args, get_origin
from uuid import UUID

from dryfit.probes.faults.occasion import NotMadeError

_PLAIN: dict[str, object] = {
    "int": 1,
    "float": 1.0,
    "bool": True,
    "bytes": b"",
    "list": [],
    "tuple": (),
    "dict": {},
    "set": set(),
    "Decimal": Decimal(1),
    "date": date(2000, 1, 1),
    "datetime": datetime(2000, 1, 1),
    "time": time(),
    "timedelta": timedelta(),
    "UUID": UUID(int=1),
    "Exception": Exception("a cause"),
    "BaseException": Exception("a cause"),
    "None": None,
}
"""A value by the name of its type."""

_NUMBERS = ("code", "status", "count", "amount", "total", "quantity", "number", "line", "_id")
"""What the names of parameters without an annotation end with where they hold numbers."""


def made(name: str, text: str) -> BaseException:
    """An exception of the class with this dotted name; raises ``NotMadeError`` with the reason where there is none."""
    kind = _class(name)
    try:
        return _by_signature(kind, text)
    except NotMadeError:
        raise
    except Exception as error:  # noqa: BLE001 - the class is the user's
        raise NotMadeError(f"{name} could not be made: {type(error).__name__}: {error}") from None


def _class(name: str) -> type[BaseException]:
    module, _, path = name.rpartition(".")
    while module and module not in sys.modules:
        module, _, part = module.rpartition(".")
        path = f"{part}.{path}"
    found: object = sys.modules.get(module or "builtins")
    for part in path.split("."):
        found = getattr(found, part, None)
    if not (isinstance(found, type) and issubclass(found, BaseException)):
        raise NotMadeError(f"there is no exception class {name} in the modules that are loaded")
    return found


def _by_signature(kind: type[BaseException], text: str) -> BaseException:
    """Give the text to the first parameter that may hold it, and plain values to the others that need one."""
    parameters = _parameters(kind)
    said = next((each.name for each in parameters if text and _may_hold_text(each)), "")
    positional: list[object] = []
    named: dict[str, object] = {}
    for each in parameters:
        if each.name != said and each.default is not Parameter.empty:
            continue
        value = text if each.name == said else _plain(each)
        if each.kind is Parameter.POSITIONAL_ONLY:
            positional.append(value)
        else:
            named[each.name] = value
    if not said and not named and text and _takes_anything(kind):
        positional.append(text)
    return kind(*positional, **named)


def _parameters(kind: type[BaseException]) -> tuple[Parameter, ...]:
    """The parameters that have a name, ``*`` and ``**`` left out; none where the class does not tell them."""
    variable = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return tuple(each for each in _declared(kind) if each.kind not in variable)


def _takes_anything(kind: type[BaseException]) -> bool:
    return any(each.kind is Parameter.VAR_POSITIONAL for each in _declared(kind))


def _declared(kind: type[BaseException]) -> tuple[Parameter, ...]:
    """All parameters, with their annotations evaluated where that can be done."""
    for evaluated in (True, False):
        try:
            return tuple(inspect.signature(kind, eval_str=evaluated).parameters.values())
        except ValueError:  # written in C
            break
        except Exception:  # noqa: BLE001 - an annotation may be any code
            continue
    return (Parameter("args", Parameter.VAR_POSITIONAL),)


def _may_hold_text(parameter: Parameter) -> bool:
    if parameter.annotation is Parameter.empty:
        return type(parameter.default) is not int and not parameter.name.endswith(_NUMBERS)
    return "str" in _type_names(parameter.annotation)


def _plain(parameter: Parameter) -> object:
    """A value of the kind that the annotation tells, or else the name."""
    if parameter.annotation is Parameter.empty:
        return 1 if parameter.name.endswith(_NUMBERS) else parameter.name
    names = _type_names(parameter.annotation)
    if "str" in names:
        return parameter.name
    known = next((name for name in names if name in _PLAIN), None)
    if known is None:
        raise NotMadeError(
            f"nothing is known to give for its parameter {parameter.name}: {parameter.annotation}"
        )
    return _PLAIN[known]


def _type_names(annotation: object) -> tuple[str, ...]:
    """The names of the types that are meant: of a union all, of ``list[int]`` the list."""
    if isinstance(annotation, str):
        return tuple(part.partition("[")[0].rpartition(".")[2].strip() for part in annotation.split("|"))
    if isinstance(annotation, UnionType) or get_origin(annotation) is Union:
        return tuple(name for part in get_args(annotation) for name in _type_names(part))
    if annotation is None or annotation is type(None):
        return ("None",)
    return (getattr(get_origin(annotation) or annotation, "__name__", ""),)
