"""A project's declared resources: each is opened when it is first needed, and every one is given back."""

from __future__ import annotations

import os
import secrets
import sys
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from dryfit.model.resource import Declaration, Leftover, Resource, Suspendable
from dryfit.model.target import Target
from dryfit.resources.clock import DatabaseClock
from dryfit.resources.kind import Heavy, Kind
from dryfit.resources.registry import kind_named, provider_named

_TURN_SECONDS = 0.0002
"""How long a thread may keep the interpreter while a server starts."""

DATABASES = ("postgres", "sqlite", "mariadb")


def new_space(worker: str = "") -> str:
    """A name for one worker's part of every resource, that no other one has at this time."""
    return f"dryfit_{secrets.token_hex(4)}{'_' if worker else ''}{worker}"


class Environment:
    """The resources of one worker; a context manager, at whose end they are given back and the variables as before.

    ``replaced`` tells which databases the last cleaning replaced by fresh copies, and why.
    """

    def __init__(self, declarations: Iterable[Declaration], root: Path, space: str) -> None:
        self._declared = {declaration.name: declaration for declaration in declarations}
        self._root = root
        self._space = space
        self._opened: dict[str, Resource] = {}
        self._closing = ExitStack()
        self.replaced: tuple[str, ...] = ()

    @property
    def declared(self) -> tuple[Declaration, ...]:
        """What the project declares."""
        return tuple(self._declared.values())

    def __enter__(self) -> Environment:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open_with_variables(self) -> None:
        """Open those that the program under test finds by a variable, and set it; the others can wait."""
        for declaration in self.declared:
            if declaration.env:
                self.open(declaration.name)

    def start_with_variables(self) -> None:
        """Start the servers of those, and hold them until the end, for workers that will open them."""
        for declaration in self.declared:
            provider = provider_named(declaration.provider)
            kind = kind_named(declaration.kind)
            if declaration.env and kind.has_server and provider.by_hand is not None:
                self._closing.enter_context(provider.provide(kind, declaration, self._root))

    def open(self, name: str) -> Resource:
        """The resource of that name, opened now if it is not yet; raises ``ResourceError``."""
        if name not in self._opened:
            self._opened[name] = self._open(self._declared[name])
        return self._opened[name]

    @property
    def opened(self) -> tuple[Resource, ...]:
        """The resources that are open."""
        return tuple(self._opened.values())

    def database_url(self, asked: Collection[str] = ()) -> str | None:
        """Where the program keeps its rows: the URL of the only declared database, opened now if need be.

        Of several it is the only one that is among those ``asked`` for by name.
        """
        databases = [each.name for each in self.declared if each.kind in DATABASES]
        meant = databases if len(databases) == 1 else [name for name in databases if name in asked]
        return self.open(meant[0]).handle.url if len(meant) == 1 else None

    def serves(self, target: Target) -> bool:
        """Whether a connection of the program leads to one of the databases that are open."""
        return any(getattr(resource, "serves", _to_nobody)(target) for resource in self._opened.values())

    def clocks(self) -> tuple[DatabaseClock, ...]:
        """The time of every open database whose time can be set."""
        clocks = (getattr(resource, "clock", None) for resource in self._opened.values())
        return tuple(clock for clock in clocks if clock is not None)

    def clean(self) -> tuple[Leftover, ...]:
        """Give the next test clean data in everything that is open, and tell what had been left."""
        had = {name: len(_replacements(resource)) for name, resource in self._opened.items()}
        left = tuple(leftover for resource in self._opened.values() for leftover in resource.clean())
        self.replaced = tuple(
            f"{name} was replaced by a fresh copy: {reason}"
            for name, resource in self._opened.items()
            for reason in _replacements(resource)[had[name] :]
        )
        return left

    def check(self) -> None:
        """Raise what went wrong within something that is open, where its client saw no more of it than an answer."""
        for resource in self._opened.values():
            getattr(resource, "check", _nothing)()

    def suspend(self) -> bool:
        """Make everything that is open fit for being taken over by a forked process; ``False`` where that can't be."""
        opened = [resource for resource in self._opened.values() if isinstance(resource, Suspendable)]
        if len(opened) < len(self._opened):
            return False
        for resource in opened:
            resource.suspend()
        return True

    def resume(self) -> None:
        """Take everything up again that was suspended, in this process."""
        for resource in self._opened.values():
            if isinstance(resource, Suspendable):
                resource.resume()

    def close(self) -> None:
        """Give everything back."""
        self._opened.clear()
        self._closing.close()

    def _open(self, declaration: Declaration) -> Resource:
        kind = kind_named(declaration.kind)
        endpoint = None
        with ExitStack() as undo:
            if kind.has_server:
                provide = provider_named(declaration.provider).provide
                with _loading(kind):
                    endpoint = undo.enter_context(provide(kind, declaration, self._root))
            resource = kind.open(declaration, endpoint, self._root, self._space)
            undo.callback(resource.close)
            variables = resource.handle.env
            variables.update(dict.fromkeys(declaration.env, resource.handle.url))
            for variable, value in variables.items():
                undo.callback(_set, variable, os.environ.get(variable))
                _set(variable, value)
            self._closing.push(undo.pop_all())
        return resource


@contextmanager
def _loading(kind: Kind) -> Iterator[None]:
    """While the server starts, which is mostly other processes' work, import what the kind needs afterwards."""
    if not isinstance(kind, Heavy):
        yield
        return
    loading = threading.Thread(target=_load, args=(kind,), name="dryfit-loading", daemon=True)
    # Whoever starts the server does little but wait, in a dozen steps: after each of them importing, which never waits,
    # would keep it from going on for the usual 5 ms.
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, _TURN_SECONDS))
    loading.start()
    try:
        yield
    finally:
        loading.join()
        if usual > _TURN_SECONDS:  # else another thread has changed it, and will put it back
            sys.setswitchinterval(usual)


def _load(kind: Heavy) -> None:
    with suppress(Exception):  # whoever needs it imports it again, and tells what is wrong
        kind.load()


def _replacements(resource: Resource) -> Sequence[str]:
    return getattr(resource, "replacements", ())


def _nothing() -> None:
    pass


def _to_nobody(target: Target) -> bool:
    return False


def _set(variable: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(variable, None)
    else:
        os.environ[variable] = value
