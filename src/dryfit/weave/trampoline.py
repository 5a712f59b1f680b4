"""The code that stands in a woven function: same signature, flags and free variables, one question, one call.

Where a crossing repeats a known one, a plain function's trampoline counts it by itself, and calls nobody else.

A function keeps its identity; only its ``__code__`` is replaced, so that every reference to it, however early it was
imported, is caught. What a trampoline needs stands in its constants, so it touches no global of the user's module.

The trampoline of a generator or coroutine function is a plain function too, which gives its caller what the original
gives; it only bears the flags by which ``inspect`` tells what it is (CPython makes a generator when it meets the
instruction RETURN_GENERATOR, and takes no notice of the flags).
"""

from __future__ import annotations

import dis
import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os.path import basename
from textwrap import indent
from time import perf_counter_ns
from types import CodeType, FunctionType
from typing import TypeVar

from dryfit.weave.garbage import IN_ALLOCATIONS

FILE_MARK = "<dryfit importlib._bootstrap>"
"""What the file name of every trampoline begins with.

Coverage leaves names with ``<`` alone; ``warnings`` and ``logging`` pass over frames whose file name holds
``importlib`` and ``_bootstrap`` when they count stack levels (CPython's ``is_internal_frame``), so ``stacklevel=2``
still means the user's caller; and since the name does not end in ``>``, ``linecache`` asks the module's loader for the
source, so ``inspect.getsource`` of a woven function still finds it.
"""


def own_file(file: str) -> str:
    """The file of what a trampoline stands for; any other as it is."""
    return file.removeprefix(FILE_MARK).lstrip() if file.startswith(FILE_MARK) else file


KIND_FLAGS = (
    inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE
)
"""The flags of a code object by which ``inspect`` tells what a call of it gives."""

_Function = TypeVar("_Function", bound=Callable[..., object])

_BODY = """
def __dryfit_trampoline({parameters}):
    __tracebackhide__ = True
    {maker}
    if 'GET'().inside is 'COMPONENT':
        return {original}({arguments})
    return 'CROSS'({woven}, ({values}))
"""

_COUNTING_BODY = """
def __dryfit_trampoline({parameters}):
    __tracebackhide__ = True
    {maker}
    __dryfit_above = 'GET'()
    if __dryfit_above.inside is 'COMPONENT':
        return {original}({arguments})
    try:
        __dryfit_frame = 'FRAME'(1)
    except 'ALONE':
        __dryfit_frame = 'FRAME'()
    __dryfit_known = __dryfit_above.known
    __dryfit_repeats = __dryfit_known and __dryfit_known.get(
        ('CALLEE', 'ID'(__dryfit_frame.f_code) + __dryfit_frame.f_lasti, {types})
    )
    if not __dryfit_repeats{collecting}:
        return 'CROSS'({woven}, ({values}), __dryfit_above, __dryfit_frame)
    __dryfit_turns, __dryfit_crossing, __dryfit_endings = __dryfit_repeats.parts
    __dryfit_left = __dryfit_turns.left
    if __dryfit_left <= 1:
        return 'CROSS'({woven}, ({values}), __dryfit_above, __dryfit_frame)
    __dryfit_turns.left = __dryfit_left - 1
    __dryfit_weakened = __dryfit_crossing.weakened
    'PUT'(__dryfit_crossing)
    __dryfit_begun = 'NOW'()
    try:
        __dryfit_value = {original}({arguments})
    except 'ANY' as __dryfit_error:
        'PUT'(__dryfit_above)
        __dryfit_instead = 'INSTEAD'(
            __dryfit_error, __dryfit_repeats.one(({values}), __dryfit_begun, __dryfit_weakened)
        )
        if __dryfit_instead is None:
            raise
        return __dryfit_instead.unwrap()
    __dryfit_spent = 'NOW'() - __dryfit_begun
    'PUT'(__dryfit_above)
    try:
        __dryfit_ending = __dryfit_endings['ID'('TYPE'(__dryfit_value))]
    except 'NEW':
        __dryfit_ending = None
    if (
        __dryfit_ending is None
        or __dryfit_ending.turns.left <= 1
        or __dryfit_crossing.weakened != __dryfit_weakened
    ):
        return 'ENDED'(
            __dryfit_repeats.one(({values}), __dryfit_begun, __dryfit_weakened), __dryfit_value
        ).unwrap()
    __dryfit_ending.turns.left -= 1
    __dryfit_ending.count += 1
    __dryfit_ending.ns += __dryfit_spent
    return __dryfit_value
"""
"""For plain functions. A greenlet that begins with a call has no frame above: who switched to it is found from here,
too. A crossing is found by the callee, the place of the call, and the identities of the types of its values, since a
class may have a hash of its own."""


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
        """The elements of a tuple of the identities of their types."""
        return "".join(f"'ID'('TYPE'({name})), " for name in self.names)


_TOOLS: Mapping[str, object] = {
    "ID": id,
    "TYPE": type,
    "FRAME": sys._getframe,
    "NOW": perf_counter_ns,
    "ALONE": ValueError,
    "ANY": BaseException,
    "NEW": KeyError,
}
"""A name would cost a search where CPython 3.11 specialises nothing, and might mean another thing to the user."""


def trampoline(
    code: CodeType, constants: Mapping[str, object], *, counts: bool, inner: CodeType | None = None
) -> CodeType:
    """Make the code that is to stand in a function in place of ``code``.

    ``constants`` are GET, COMPONENT, ORIGINAL, CROSS and WOVEN. With ``counts`` repetitions are counted by means of
    CALLEE, PUT, INSTEAD, ENDED and GARBAGE, and CROSS takes the crossing in progress and the frame that calls, too.
    In place of ORIGINAL, ``inner`` may be the code to make the original function of in each call. Raises
    ``ValueError``, with the reason, for code that cannot be replaced.
    """
    line = _first_line(code) - code.co_firstlineno
    template = _template(Parameters.of(code), code.co_freevars, counts, inner is not None)
    if template.co_freevars != code.co_freevars:
        raise ValueError("has its free variables in an order of its own")
    return template.replace(
        co_consts=_placed(template, {**_TOOLS, **constants}, inner),
        co_flags=template.co_flags | code.co_flags & KIND_FLAGS,
        co_filename=f"{FILE_MARK} {code.co_filename}",
        co_name=code.co_name,
        co_qualname=code.co_qualname,
        co_firstlineno=code.co_firstlineno,
        co_linetable=_lines(template, line),
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
def _template(parameters: Parameters, free: tuple[str, ...], counts: bool, makes_original: bool) -> CodeType:
    """Compile a trampoline with names in place of its constants; one for each distinct signature."""
    if not all(name.isidentifier() for name in (*parameters.names, *free)):
        raise ValueError("has variables that no source can name")
    names = "; ".join(free)
    # What never runs makes the names free variables of the new code, so that the function's closure fits it. Code that
    # functions will be made of, each with variables of its own, makes its original in every call.
    unreached = f"if 0: {names}" if free else ""
    source = (_COUNTING_BODY if counts else _BODY).format(
        parameters=parameters.declaration(),
        arguments=parameters.arguments(),
        values=parameters.values(),
        types=parameters.types(),
        maker=f"def __dryfit_original(): {names}" if makes_original else unreached,
        collecting=" or 'GARBAGE'.threads" if IN_ALLOCATIONS else "",
        original="__dryfit_original" if makes_original else "'ORIGINAL'",
        woven="'WOVEN'.calling(__dryfit_original)" if makes_original else "'WOVEN'",
    )
    if free:
        source = f"def __dryfit_outer({', '.join(free)}):\n" + indent(source, " ")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # "'str' object is not callable": it will not be one
        code = compile(source, FILE_MARK, "exec", dont_inherit=True)
    for _ in range(2 if free else 1):
        code = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
    return code


_NO_COLUMNS = 0x80 | 13 << 3
"""An entry of a line table for instructions without columns, less one their number, up to eight (locations.md)."""


def _lines(code: CodeType, line: int) -> bytes:
    """A line table by which the body stands ``line`` lines below its head, all of it on one: that is where a debugger
    puts a breakpoint."""
    head = code.co_code[::2].index(dis.opmap["RESUME"]) + 1
    return _entries(head, 0) + _entries(len(code.co_code) // 2 - head, line)


def _entries(instructions: int, step: int) -> bytes:
    """Entries for so many units of code, ``step`` lines below what stands before them."""
    table = bytearray()
    for place in range(0, instructions, 8):
        table.append(_NO_COLUMNS | min(8, instructions - place) - 1)
        table += _varint(2 * step if not place else 0)
    return bytes(table)


def _varint(number: int) -> bytes:
    """A number in groups of six bits, the lowest first; the seventh bit says that more follow."""
    groups = bytearray()
    while number > 63:
        groups.append(64 | number & 63)
        number >>= 6
    return bytes([*groups, number])


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
