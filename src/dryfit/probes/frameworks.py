"""What programs keep in a framework's application object: their own state, though the object is the framework's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dryfit.probes.statics import attribute, instance_dict, mro, told_once, type_name

_KEEPERS: Mapping[str, tuple[str, ...]] = {
    "starlette.applications.Starlette": ("state", "_state"),
    "aiohttp.web_app.Application": ("_state",),
}
"""The attributes that lead from an application to the dictionary, by its class."""

_LEADING: Mapping[str, tuple[str, ...]] = {
    "httpx.ASGITransport": ("app",),
    "httpx.WSGITransport": ("app",),
    "httpx._transports.asgi.ASGITransport": ("app",),
    "httpx._transports.wsgi.WSGITransport": ("app",),
    "starlette.testclient._TestClientTransport": ("app",),
    "starlette.applications.Starlette": ("router",),
    "starlette.routing.Router": ("routes",),
    "starlette.routing.Mount": ("app",),
    "starlette.routing.Route": ("endpoint",),
}
"""The attributes by which objects of a framework lead to the program's own, by their class."""


def kept_in(value: object) -> dict[object, object] | None:
    """The dictionary in which an application keeps what its program puts there; ``None`` for anything else."""
    path = _path(type(value))
    found: object = value if path else None
    for name in path:
        found = (instance_dict(found) or {}).get(name)
    return found if type(found) is dict else None


def behind(value: object) -> Iterator[object]:
    """What a framework's object leads to, so that in the end it is the program's own.

    A client's transport leads to the application that it asks, and that to the functions of its routes, in whose
    enclosing variables the program may keep something.
    """
    for name in _leading(type(value)):
        found = attribute(value, name)
        yield from found if type(found) is list else (found,)


@told_once
def _leading(cls: type) -> tuple[str, ...]:
    return next((names for base in mro(cls) if (names := _LEADING.get(type_name(base)))), ())


@told_once
def _path(cls: type) -> tuple[str, ...]:
    return next((path for base in mro(cls) if (path := _KEEPERS.get(type_name(base)))), ())
