"""The code that stands in a woven function: same signature, flags and free variables, one question, one call.

A function keeps its identity; only its ``__code__`` is replaced, so that every reference to it, however early it was
imported, is caught. What a trampoline needs stands in its constants, so it touches no global of the user's module.

The trampoline of a generator or coroutine function is a plain function too, which gives its caller what the original
gives; it only bears the flags by which ``inspect`` tells what it is (CPython makes a generator when it meets the
instruction RETURN_GENERATOR, and takes no notice of the flags).
"""

from __future__ import annotations

import ast
import functools
import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os.path import basename
from types import CodeType, FunctionType
from typing import TypeVar

FILE_MARK = "<dryfit importlib._bootstrap>"
"""What the file name of every trampoline begins with.

Coverage leaves names with ``<`` alone; ``warnings`` and ``logging`` pass over frames whose file name holds
``importlib`` and ``_bootstrap`` when they count stack levels (CPython's ``is_internal_frame``), so ``stacklevel=2``
still means the user's caller; and since the name does not end in ``>``, ``linecache`` asks the module's loader for the
source, so ``inspect.getsource`` of a woven function still finds it.
"""

KIND_FLAGS = (
    inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE
)
"""The flags of a code object by which ``inspect`` tells what a call of it gives."""

_Function = TypeVar("_Function", bound=Callable[..., object])

_BODY = """
def __dryfit_trampoline({parameters}):
    __tracebackhide__ = True
    if ({above}'GET'()).component is 'COMPONENT':
        return 'ORIGINAL'({arguments})
    return 'CROSS'('WOVEN', ({values}){types})
"""

_CLOSURE_BODY = """
def __dryfit_trampoline({parameters}):
    __tracebackhide__ = True
    def __dryfit_original(): {free}
    if ({above}'GET'()).component is 'COMPONENT':
        return __dryfit_original({arguments})
    return 'CROSS'('WOVEN'.calling(__dryfit_original), ({values}){types})
"""
"""For code that functions will be made of, each with variables of its own: its original is made in every call."""


def unseen(function: _Function) -> _Function:
    """Give a function between two of the user's the file name that warnings, logging and coverage pass over."""
    assert isinstance(function, FunctionType)
    function.__code__ = marked(function.__code__)
    return function


def marked(code: CodeType) -> CodeType:
    """Give the code such a file name."""
    return code.replace(co_filename=f"{FILE_MARK} {basename(code.co_filename)}")


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

    def types(self) -> str:
        """The elements of a tuple of the identities of their types (a class may have a hash of its own)."""
        return "".join(f"'ID'('TYPE'({name})), " for name in self.names)


def trampoline(
    code: CodeType, constants: Mapping[str, object], *, typed: bool, inner: CodeType | None = None
) -> CodeType:
    """Make the code that is to stand in a function in place of ``code``.

    ``constants`` are GET, COMPONENT, ORIGINAL, CROSS and WOVEN; ``typed`` says that CROSS takes the identities of the
    types of the values and the crossing in progress, too. In place of ORIGINAL, ``inner`` may be the code to make the
    original function of in each call. Raises ``ValueError``, with the reason, for code that cannot be replaced.
    """
    line = _first_line(code) - code.co_firstlineno
    template = _template(Parameters.of(code), code.co_freevars, line, typed, inner is not None)
    if template.co_freevars != code.co_freevars:
        raise ValueError("has its free variables in an order of its own")
    return template.replace(
        co_consts=_placed(template, {**constants, "ID": id, "TYPE": type}, inner),
        co_flags=template.co_flags | code.co_flags & KIND_FLAGS,
        co_filename=f"{FILE_MARK} {code.co_filename}",
        co_name=code.co_name,
        co_qualname=code.co_qualname,
        co_firstlineno=code.co_firstlineno,
    )


def named_after(body: FunctionType, function: FunctionType, *constants: object) -> FunctionType:
    """Copy a coroutine or generator function of the loop, so that what it gives bears name and place of the user's.

    ``constants`` are added to its code, by which it can be recognised.
    """
    named = function.__code__
    code = body.__code__.replace(
        co_name=named.co_name,
        co_qualname=named.co_qualname,
        co_filename=f"{FILE_MARK} {named.co_filename}",
        co_firstlineno=named.co_firstlineno,
        co_flags=body.__code__.co_flags | named.co_flags & inspect.CO_ITERABLE_COROUTINE,
        co_consts=(*body.__code__.co_consts, *constants),
    )
    copy = FunctionType(code, body.__globals__, function.__name__)
    copy.__qualname__ = function.__qualname__
    return copy


def adapter(code: CodeType, hide: Callable[[CodeType], CodeType]) -> FunctionType:
    """Make what turns a function into one that takes all its values by position, in declared order.

    ``hide`` is given the code of the functions that it makes.
    """
    parameters = Parameters.of(code)
    source = (
        "lambda __dryfit_original: "
        f"lambda {', '.join(parameters.names)}: __dryfit_original({parameters.arguments()})"
    )
    maker: FunctionType = eval(compile(source, FILE_MARK + " adapter", "eval"), {"__tracebackhide__": True})
    outer = maker.__code__
    consts = (hide(each) if isinstance(each, CodeType) else each for each in outer.co_consts)
    maker.__code__ = outer.replace(co_consts=tuple(consts))
    return maker


@functools.cache
def _template(
    parameters: Parameters, free: tuple[str, ...], line: int, typed: bool, makes_original: bool
) -> CodeType:
    """Compile a trampoline with names in place of its constants; one for each distinct signature.

    Its body stands ``line`` lines below its head, all of it on one: that is where a debugger puts a breakpoint.
    """
    if not all(name.isidentifier() for name in (*parameters.names, *free)):
        raise ValueError("has variables that no source can name")
    source = (_CLOSURE_BODY if makes_original else _BODY).format(
        parameters=parameters.declaration(),
        arguments=parameters.arguments(),
        values=parameters.values(),
        types=f", ({parameters.types()}), __dryfit_above" if typed else "",
        above="__dryfit_above := " if typed else "",
        free="; ".join(free),
    )
    tree = ast.parse(source)
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    if free:
        if not makes_original:
            # Never runs, but makes the names free variables of the new code, so that the function's closure fits it.
            unreached = ast.parse("if 0:\n    " + "; ".join(free)).body[0]
            function.body.insert(0, unreached)
        outer = ast.parse(f"def __dryfit_outer({', '.join(free)}): pass").body[0]
        assert isinstance(outer, ast.FunctionDef)
        outer.body = [function]
        tree.body = [outer]
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr | ast.arg | ast.keyword):
            node.lineno = node.end_lineno = 1 if node is function or isinstance(node, ast.arg) else 1 + line
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # "'str' object is not callable": it will not be one
        code = compile(tree, FILE_MARK, "exec", dont_inherit=True)
    for _ in range(2 if free else 1):
        code = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
    return code


def _first_line(code: CodeType) -> int:
    """The first line that a function executes, below its head where it has more than one."""
    head = code.co_firstlineno
    return next((line for _, _, line in code.co_lines() if line is not None and line > head), head)


def _placed(
    template: CodeType, constants: Mapping[str, object], inner: CodeType | None
) -> tuple[object, ...]:
    return tuple(
        constants.get(constant, constant)
        if isinstance(constant, str)
        else inner
        if isinstance(constant, CodeType)
        else constant
        for constant in template.co_consts
    )
