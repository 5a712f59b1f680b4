"""The kinds and the providers that there are: one file each, found by its name, imported only when it is asked for."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from dryfit.config import nearest, shown
from dryfit.model.resource import Declaration
from dryfit.resources import kinds, providers

if TYPE_CHECKING:
    from dryfit.resources.kind import Kind, Option, Provider


@cache
def kind_names() -> tuple[str, ...]:
    """The names of all kinds, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(kinds.__path__)))


@cache
def provider_names() -> tuple[str, ...]:
    """The names of all providers, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(providers.__path__)))


def kind_named(name: str) -> Kind:
    """The kind of that name; raises ``ModuleNotFoundError`` for an unknown one."""
    found: Kind = import_module(f"{kinds.__name__}.{name}").kind
    return found


def provider_named(name: str) -> Provider:
    """The provider of that name; raises ``ModuleNotFoundError`` for an unknown one."""
    found: Provider = import_module(f"{providers.__name__}.{name}").provider
    return found


def problems(declaration: Declaration) -> Iterator[str]:
    """What is wrong with a declared resource: an unknown name, a key that it has no use for, a bad value."""
    yield from _unknown("kind", declaration.kind, kind_names())
    yield from _unknown("provider", declaration.provider, provider_names())
    if declaration.kind in kind_names() and declaration.provider in provider_names():
        kind, provider = kind_named(declaration.kind), provider_named(declaration.provider)
        yield from _bad_options(declaration, (*kind.options, *provider.options))
        if not kind.has_server and declaration.provider != "embedded":
            yield f"provider: found {shown(declaration.provider)}; a {declaration.kind} needs no server: leave it out"


def _unknown(key: str, name: str, known: tuple[str, ...]) -> Iterator[str]:
    if name not in known:
        yield f"{key}: found {shown(name)}; allowed: {', '.join(known)}{nearest(name, known)}"


def _bad_options(declaration: Declaration, options: tuple[Option, ...]) -> Iterator[str]:
    by_name = {option.name: option for option in options}
    known = ("kind", "provider", "env", *by_name)
    for name, value in declaration.options.items():
        option = by_name.get(name)
        if option is None:
            yield f"{name}: unknown key; allowed: {', '.join(known)}{nearest(name, known)}"
        elif not option.good(value):
            yield f"{name}: found {shown(value)}; allowed: {option.allowed}"
