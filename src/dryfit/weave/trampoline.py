"""The code that stands in a woven function: same signature, flags and free variables, one question, one call.

A function keeps its identity; only its ``__code__`` is replaced, so that every reference to it, however early it was
imported, is caught. What a trampoline needs stands in its constants, so it touches no global of the user's module.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import TypeVar

FILE_MARK = "<dryfit importlib._bootstrap>"
"""What the file name of every trampoline begins with.

Coverage leaves names with ``<`` alone; ``warnings`` and ``logging`` pass over frames whose file name holds ``importlib``
and ``_bootstrap`` when they count stack levels (CPython's ``is_internal_frame``), so ``stacklevel=2`` still means the
user's caller; and since the name does not end in ``>``, ``linecache`` asks the module's loader for the source, so
``inspect.getsource`` of a woven function still finds it.
"""

_Function = TypeVar("_Function", bound=Callable[..., object])

_GENERATOR_FLAGS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

_BODIES = {
    0: """
def {name}({parameters}):
    __tracebackhide__ = True
    if 'GET'().component is 'COMPONENT':
        return 'ORIGINAL'({arguments})
    return 'CROSS'('WOVEN', ({values}))
""",
    inspect.CO_COROUTINE: """
async def {name}({parameters}):
    __tracebackhide__ = True
    if 'GET'().component is 'COMPONENT':
        return await 'ORIGINAL'({arguments})
    return await 'CROSS'('WOVEN', ({values}))
""",
    inspect.CO_GENERATOR: """
def {name}({parameters}):
    __tracebackhide__ = True
    if 'GET'().component is 'COMPONENT':
        return (yield from 'ORIGINAL'({arguments}))
    return (yield from 'CROSS'('WOVEN', ({values})))
""",
    # What `yield from` does for generators, written out (PEP 380), since an asynchronous generator has none (PEP 525).
    # A step is taken outside of the `except` block, so that what it raises gets no context that it did not have, and
    # out of a list, so that no local keeps an exception that keeps this frame.
    inspect.CO_ASYNC_GENERATOR: """
async def {name}({parameters}):
    __tracebackhide__ = True
    if 'GET'().component is 'COMPONENT':
        __dryfit_inner = 'ORIGINAL'({arguments})
    else:
        __dryfit_inner = 'CROSS'('WOVEN', ({values}))
    __dryfit_steps = ['FIRST_STEP'(__dryfit_inner)]
    while True:
        try:
            __dryfit_item = await __dryfit_steps.pop()
        except 'StopAsyncIteration':
            return
        try:
            __dryfit_item = yield __dryfit_item
        except 'GeneratorExit':
            await __dryfit_inner.aclose()
            raise
        except 'BaseException' as __dryfit_error:
            __dryfit_steps.append(__dryfit_inner.athrow(__dryfit_error))
        else:
            __dryfit_steps.append(__dryfit_inner.asend(__dryfit_item))
""",
}


def unseen(function: _Function) -> _Function:
    """Give a function that stands between two of the user's the file name that warnings, logging and coverage pass over."""
    assert isinstance(function, FunctionType)
    code = function.__code__
    function.__code__ = code.replace(co_filename=f"{FILE_MARK} {Path(code.co_filename).name}")
    return function


def first_step(inner: AsyncGenerator[object, object]) -> Awaitable[object]:
    """Start an inner asynchronous generator unseen by the event loop, which is to close only the one that it was given."""
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        return inner.asend(None)
    finally:
        sys.set_asyncgen_hooks(*hooks)


_FIXED: Mapping[str, object] = {
    "FIRST_STEP": first_step,
    "StopAsyncIteration": StopAsyncIteration,
    "GeneratorExit": GeneratorExit,
    "BaseException": BaseException,
}


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a code object by kind, in declared order."""

    positional_only: tuple[str, ...]
    positional: tuple[str, ...]
    var_positional: str
    keyword_only: tuple[str, ...]
    var_keyword: str

    @classmethod
    def of(cls, code: CodeType) -> Parameters:
        """Read them off a code object (``co_varnames`` begins with them: positional, keyword-only, ``*``, ``**``)."""
        names = code.co_varnames
        only, last = code.co_posonlyargcount, code.co_argcount
        keyword_end = last + code.co_kwonlyargcount
        rest = iter(names[keyword_end:])
        return cls(
            positional_only=names[:only],
            positional=names[only:last],
            var_positional=next(rest) if code.co_flags & inspect.CO_VARARGS else "",
            keyword_only=names[last:keyword_end],
            var_keyword=next(rest) if code.co_flags & inspect.CO_VARKEYWORDS else "",
        )

    @property
    def names(self) -> tuple[str, ...]:
        """All names in declared order; ``*args`` and ``**kwargs`` count as one each."""
        starred = (self.var_positional,) if self.var_positional else ()
        double = (self.var_keyword,) if self.var_keyword else ()
        return (*self.positional_only, *self.positional, *starred, *self.keyword_only, *double)

    @property
    def plain(self) -> bool:
        """Whether a call with the values in order, by position, is a right call."""
        return not (self.var_positional or self.keyword_only or self.var_keyword)

    def declaration(self) -> str:
        """The parameter list as a ``def`` writes it (defaults belong to the function object and are not needed)."""
        parts = list(self.positional_only)
        if parts:
            parts.append("/")
        parts += self.positional
        if self.var_positional:
            parts.append("*" + self.var_positional)
        elif self.keyword_only:
            parts.append("*")
        parts += self.keyword_only
        if self.var_keyword:
            parts.append("**" + self.var_keyword)
        return ", ".join(parts)

    def arguments(self) -> str:
        """The argument list of a call that hands everything on."""
        parts = [*self.positional_only, *self.positional]
        if self.var_positional:
            parts.append("*" + self.var_positional)
        parts += [f"{name}={name}" for name in self.keyword_only]
        if self.var_keyword:
            parts.append("**" + self.var_keyword)
        return ", ".join(parts)

    def values(self) -> str:
        """The elements of a tuple of all values in declared order."""
        return "".join(f"{name}, " for name in self.names)


def trampoline(code: CodeType, constants: Mapping[str, object]) -> CodeType:
    """Make the code that is to stand in a function in place of ``code``.

    ``constants`` are GET, COMPONENT, ORIGINAL, CROSS and WOVEN. Raises ``ValueError``, with the reason, for code that
    cannot be replaced.
    """
    kind = code.co_flags & _GENERATOR_FLAGS
    if code.co_flags & inspect.CO_ITERABLE_COROUTINE:
        raise ValueError("is a generator marked as a coroutine")
    template = _template(Parameters.of(code), kind, code.co_freevars)
    if template.co_freevars != code.co_freevars:
        raise ValueError("has its free variables in an order of its own")
    return template.replace(
        co_consts=_placed(template, {**_FIXED, **constants}),
        co_filename=f"{FILE_MARK} {code.co_filename}",
        co_name=code.co_name,
        co_qualname=code.co_qualname,
        co_firstlineno=code.co_firstlineno,
    )


def adapter(code: CodeType, original: Callable[..., object]) -> Callable[..., object]:
    """Make what calls ``original`` with a tuple of values in declared order, spread by position."""
    parameters = Parameters.of(code)
    if parameters.plain:
        return original
    source = f"lambda {', '.join(parameters.names)}: __dryfit_original({parameters.arguments()})"
    made: Callable[..., object] = eval(  # noqa: S307 - the source is made here, of identifiers only
        compile(source, FILE_MARK + " adapter", "eval"),
        {"__dryfit_original": original, "__tracebackhide__": True},
    )
    return made


@functools.cache
def _template(parameters: Parameters, kind: int, free: tuple[str, ...]) -> CodeType:
    """Compile a trampoline with names in place of its constants; one for each distinct signature."""
    body = _BODIES[kind].format(
        name="__dryfit_trampoline",
        parameters=parameters.declaration(),
        arguments=parameters.arguments(),
        values=parameters.values(),
    )
    tree = ast.parse(body)
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    if free:
        # Never runs, but makes the names free variables of the new code, so that the function's closure fits it.
        unreached = ast.parse("if 0:\n    " + "; ".join(free)).body[0]
        function.body.insert(0, unreached)
        outer = ast.parse(f"def __dryfit_outer({', '.join(free)}): pass").body[0]
        assert isinstance(outer, ast.FunctionDef)
        outer.body = [function]
        tree.body = [outer]
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr | ast.arg | ast.keyword | ast.excepthandler):
            node.lineno = node.end_lineno = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # "'str' object is not callable": it will not be one
        code = compile(tree, FILE_MARK, "exec", dont_inherit=True)
    for _ in range(2 if free else 1):
        code = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
    return code


def _placed(template: CodeType, constants: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(
        constants.get(constant, constant) if isinstance(constant, str) else constant
        for constant in template.co_consts
    )
