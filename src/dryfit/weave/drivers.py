"""Python twins of C classes, which have no code to weave: subclasses whose methods hand everything on.

Their code is ``unseen``, as a trampoline's: the warnings that sqlite3's adapters give about their caller's caller name
the user's line. Only those that C code gives about its own caller name the twin (``stacklevel=1`` looks at no file
name); sqlite3 has one, about named placeholders with a sequence.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any, Literal

from dryfit.weave.trampoline import unseen

__tracebackhide__ = True

_WRITING = frozenset("wax+")


@dataclass(frozen=True, slots=True)
class Twins:
    """Functions to weave, by the name of the row, and the one callable that was replaced in ``modules``."""

    functions: Mapping[str, FunctionType]
    name: str
    old: object
    new: object
    modules: tuple[ModuleType, ...]

    def restore(self) -> None:
        """Put the old callable back where the new one still is."""
        for module in self.modules:
            if vars(module).get(self.name) is self.new:
                setattr(module, self.name, self.old)


def sqlite3(module: ModuleType) -> Twins:
    """Have ``sqlite3.connect`` make connections of a subclass, where the caller names no factory of its own."""
    base_cursor, base_connection, old = module.Cursor, module.Connection, module.connect

    class Cursor(base_cursor):  # type: ignore[misc, valid-type]  # its base is known at run time
        def execute(self, *arguments: Any) -> Any:
            return base_cursor.execute(self, *arguments)

        def executemany(self, *arguments: Any) -> Any:
            return base_cursor.executemany(self, *arguments)

        def executescript(self, *arguments: Any) -> Any:
            return base_cursor.executescript(self, *arguments)

    # A connection's own `execute` makes its cursor in C, past the subclass, so it is a twin of its own.
    class Connection(base_connection):  # type: ignore[misc, valid-type]  # its base is known at run time
        def cursor(self, factory: Any = Cursor) -> Any:
            return base_connection.cursor(self, factory)

        def execute(self, *arguments: Any) -> Any:
            return base_connection.execute(self, *arguments)

        def executemany(self, *arguments: Any) -> Any:
            return base_connection.executemany(self, *arguments)

        def executescript(self, *arguments: Any) -> Any:
            return base_connection.executescript(self, *arguments)

        def commit(self) -> None:
            base_connection.commit(self)

        def rollback(self) -> None:
            base_connection.rollback(self)

        def __exit__(self, kind: Any, value: Any, traceback: Any) -> Literal[False]:
            # In C it commits and rolls back past the methods: nobody would see it.
            if kind is not None:
                Connection.rollback(self)
                return False
            try:
                Connection.commit(self)
            except BaseException:
                Connection.rollback(self)
                raise
            return False

    def connect(*arguments: Any, **options: Any) -> Any:
        if len(arguments) <= _FACTORY:
            options.setdefault("factory", Connection)
        return old(*arguments, **options)

    functions = _functions(Cursor, *_STATEMENTS) | _functions(Connection, *_STATEMENTS, "commit", "rollback")
    return _replaced(old, _named_as(old, connect), functions)


_STATEMENTS = ("execute", "executemany", "executescript")

_FACTORY = 5
"""Position of ``factory`` among the parameters of ``sqlite3.connect``."""


def psycopg2(module: ModuleType) -> Twins:
    """Have ``psycopg2.connect`` make connections and cursors of subclasses, where the caller names none of its own."""
    base_cursor, base_connection = module.extensions.cursor, module.extensions.connection
    old = module.connect

    class cursor(base_cursor):  # type: ignore[misc, valid-type]  # noqa: N801 - named as its base, known at run time
        def execute(self, *arguments: Any, **options: Any) -> Any:
            return base_cursor.execute(self, *arguments, **options)

        def executemany(self, *arguments: Any, **options: Any) -> Any:
            return base_cursor.executemany(self, *arguments, **options)

        def callproc(self, *arguments: Any, **options: Any) -> Any:
            return base_cursor.callproc(self, *arguments, **options)

        def copy_expert(self, *arguments: Any, **options: Any) -> Any:
            return base_cursor.copy_expert(self, *arguments, **options)

        def copy_from(self, *arguments: Any, **options: Any) -> Any:
            return base_cursor.copy_from(self, *arguments, **options)

        def copy_to(self, *arguments: Any, **options: Any) -> Any:
            return base_cursor.copy_to(self, *arguments, **options)

    class connection(base_connection):  # type: ignore[misc, valid-type]  # noqa: N801 - as above
        def cursor(self, *arguments: Any, **options: Any) -> Any:
            if len(arguments) <= 1 and self.cursor_factory is None:
                options.setdefault("cursor_factory", cursor)
            return base_connection.cursor(self, *arguments, **options)

        def commit(self) -> None:
            base_connection.commit(self)

        def rollback(self) -> None:
            base_connection.rollback(self)

    def connect(*arguments: Any, **options: Any) -> Any:
        if len(arguments) <= 1:
            options["connection_factory"] = options.get("connection_factory") or connection
        return old(*arguments, **options)

    asked = ("execute", "executemany", "callproc", "copy_expert", "copy_from", "copy_to")
    functions = _functions(cursor, *asked) | _functions(connection, "commit", "rollback")
    return _replaced(old, _named_as(old, connect), functions)


def opening(module: ModuleType) -> Twins:
    """Put an opener in place of ``open`` whose ``write`` is called where a file is opened for writing."""
    old = builtins.open
    return _replaced(old, _Opener(old), {"open": vars(_Opener)["write"]})


class _Opener:
    """Not a function, so that it stays unbound as a class attribute, as the builtin does.

    It passes for the builtin where somebody asks: pyfakefs looks for functions of ``io`` to replace them.
    """

    def __init__(self, old: Callable[..., Any]) -> None:
        self._old = old
        self.__name__ = self.__qualname__ = "open"
        self.__module__ = old.__module__
        self.__doc__ = old.__doc__

    @property  # type: ignore[misc]  # the class that `isinstance` sees
    def __class__(self) -> type:
        return type(self._old)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._old, name)

    def __reduce__(self) -> str:
        return self.__qualname__

    @unseen
    def __call__(self, *arguments: Any, **options: Any) -> Any:
        mode = arguments[1] if len(arguments) > 1 else options.get("mode", "r")
        writes = type(mode) is str and not _WRITING.isdisjoint(mode)
        return self.write(*arguments, **options) if writes else self._old(*arguments, **options)

    @unseen
    def write(self, *arguments: Any, **options: Any) -> Any:
        return self._old(*arguments, **options)

    def __repr__(self) -> str:
        return repr(self._old)


def _functions(owner: type, *names: str) -> dict[str, FunctionType]:
    """Pass a twin off as its base, and give its methods to be woven."""
    owner.__module__, owner.__qualname__ = owner.__mro__[1].__module__, owner.__name__
    for value in vars(owner).values():
        if isinstance(value, FunctionType):
            unseen(value)
    return {f"{owner.__name__}.{name}": vars(owner)[name] for name in names}


def _named_as(old: Any, new: Callable[..., Any]) -> Callable[..., Any]:
    new.__module__, new.__qualname__, new.__doc__ = old.__module__, old.__qualname__, old.__doc__
    return unseen(new)


def _replaced(old: Any, new: object, functions: Mapping[str, FunctionType]) -> Twins:
    """Put ``new`` into every module that has ``old`` under its own name, also those that imported it from there."""
    name = old.__name__
    loaded = tuple(sys.modules.values())
    modules = tuple(each for each in loaded if getattr(each, "__dict__", {}).get(name) is old)
    for module in modules:
        setattr(module, name, new)
    return Twins(functions, name, old, new, modules)
