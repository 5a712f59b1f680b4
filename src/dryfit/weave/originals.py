"""What a callable that is replaced says of itself, read without running any code of it."""

from __future__ import annotations

import dis
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, cast

from dryfit.model.annotations import annotations_of
from dryfit.model.opcodes import LOADS_CONSTANT
from dryfit.model.stand_in import Original, OriginalKind
from dryfit.model.structure import Parameter, ParameterKind

_KINDS: Mapping[int, OriginalKind] = {
    0: "function",
    inspect.CO_COROUTINE: "coroutine",
    inspect.CO_GENERATOR: "generator",
    inspect.CO_ASYNC_GENERATOR: "async generator",
}
_KIND_FLAGS = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR

_PARAMETER_KINDS: Mapping[inspect._ParameterKind, ParameterKind] = {
    inspect.Parameter.POSITIONAL_ONLY: "positional-only",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional-or-keyword",
    inspect.Parameter.VAR_POSITIONAL: "var-positional",
    inspect.Parameter.KEYWORD_ONLY: "keyword-only",
    inspect.Parameter.VAR_KEYWORD: "var-keyword",
}


def is_a(value: object, *classes: type) -> bool:
    """``isinstance`` that asks nothing of the value: a proxy may answer for ``__class__`` what it likes, or raise."""
    return issubclass(type(value), classes)


def member(owner: object, path: str) -> tuple[object, bool]:
    """What stands under a dotted path below a module, class or object, and whether calls to it are given a receiver.

    ``None`` where nothing can be seen there. Properties and ``__getattr__`` are not asked.
    """
    found, bound = owner, False
    for part in path.split(".") if path else ():
        if not is_a(found, type, ModuleType):
            found = type(found)  # what an object itself holds may change with every test
        bound = is_a(found, type)
        found = inspect.getattr_static(found, part, None)
        bound = bound and not is_a(found, staticmethod)
    return found, bound


def function_of(original: object) -> FunctionType | None:
    """The function that runs when it is called, where it can be told: no wrapper, no class, no callable object."""
    inner: Any = original
    if is_a(inner, MethodType, staticmethod, classmethod):
        inner = inner.__func__
    if is_a(inner, functools._lru_cache_wrapper):
        inner = inner.__wrapped__
    return inner if type(inner) is FunctionType and "__wrapped__" not in inner.__dict__ else None


def describe(
    name: str, original: object, *, bound: bool, own_code: Callable[[CodeType], CodeType]
) -> Original | None:
    """Tell of a callable; ``None`` for anything else.

    ``bound`` says that its first parameter is the receiver, ``own_code`` gives the user's code for what is woven.
    """
    function = function_of(original)
    if function is not None:
        receiver = bound or is_a(original, MethodType, classmethod)
        return _of_function(name, function, receiver, own_code(function.__code__))
    if is_a(original, type):
        return Original(name, _of_constructor(cast(type, original)), "other")
    if is_a(original, BuiltinFunctionType):
        return Original(name, _of_builtin(cast(BuiltinFunctionType, original)), "other")
    return Original(name, None, "other") if callable(original) else None


def _of_function(name: str, function: FunctionType, receiver: bool, code: CodeType) -> Original:
    parameters = tuple(_parameters(function))
    own = parameters[1:] if receiver and _takes_receiver(parameters) else parameters
    returns = _text(annotations_of(function).get("return", ""))
    kind = _KINDS[function.__code__.co_flags & _KIND_FLAGS]
    return Original(name, own, kind, returns, _gives_values(code))


def _gives_values(code: CodeType) -> bool:
    """Whether any way out of a function returns something else than the constant ``None``."""
    return any(
        (each.opname == "RETURN_CONST" and each.argval is not None)
        or (each.opname == "RETURN_VALUE" and not (before.opname in LOADS_CONSTANT and before.argval is None))
        for before, each in pairwise(dis.get_instructions(code))
    )


def _text(hint: object) -> str:
    """A hint as its author wrote it; "" for an object of one's own, which may answer what it likes, or raise."""
    if type(hint) is str:
        return hint
    if is_a(hint, type):
        return str(type.__getattribute__(cast(type, hint), "__name__"))
    return str(hint) if hint is None or type(hint).__module__ in ("types", "typing") else ""


def _takes_receiver(parameters: tuple[Parameter, ...]) -> bool:
    return bool(parameters) and parameters[0].kind in ("positional-only", "positional-or-keyword")


def _parameters(function: FunctionType) -> Iterator[Parameter]:
    code: CodeType = function.__code__
    names, last = code.co_varnames, code.co_argcount
    optional = set(names[last - len(function.__defaults__ or ()) : last]) | set(function.__kwdefaults__ or {})
    for place, name in enumerate(names[:last]):
        kind: ParameterKind = (
            "positional-only" if place < code.co_posonlyargcount else "positional-or-keyword"
        )
        yield Parameter(name, kind, name in optional)
    keyword_end = last + code.co_kwonlyargcount
    rest = iter(names[keyword_end:])
    if code.co_flags & inspect.CO_VARARGS:
        yield Parameter(next(rest), "var-positional")
    for name in names[last:keyword_end]:
        yield Parameter(name, "keyword-only", name in optional)
    if code.co_flags & inspect.CO_VARKEYWORDS:
        yield Parameter(next(rest), "var-keyword")


def _of_constructor(cls: type) -> tuple[Parameter, ...] | None:
    """The parameters of the first ``__init__`` that is a plain function, if nothing else takes the call before it."""
    if type(cls) is not type or any("__new__" in vars(base) for base in cls.__mro__[:-1]):
        return None
    init = function_of(inspect.getattr_static(cls, "__init__"))
    return tuple(_parameters(init))[1:] if init is not None else None


def _of_builtin(function: BuiltinFunctionType) -> tuple[Parameter, ...] | None:
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return None
    empty = inspect.Parameter.empty
    return tuple(
        Parameter(each.name, _PARAMETER_KINDS[each.kind], each.default is not empty)
        for each in signature.parameters.values()
    )
