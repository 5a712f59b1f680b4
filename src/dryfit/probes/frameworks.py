"""Where frameworks keep what is the program's own: its state in the application, its handlers, and the application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from dryfit.probes.statics import instance_dict, mro, told_once, type_name

_KEEPERS: Mapping[str, tuple[str, ...]] = {
    "starlette.applications.Starlette": ("state", "_state"),
    "aiohttp.web_app.Application": ("_state",),
}
"""The attributes that lead from an application to the dictionary, by its class."""

_LEADS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "aiohttp.web_request.Request": (("_match_info", "_apps"),),
    "flask.app.Flask": (("config",), ("extensions",), ("view_functions",)),
    "httpx.ASGITransport": (("app",),),
    "httpx.WSGITransport": (("app",),),
    "quart.app.Quart": (("config",), ("extensions",), ("view_functions",)),
    "quart.testing.client.QuartClient": (("app",),),
    "starlette.applications.Starlette": (("router", "routes"),),
    "starlette.routing.Mount": (("app",),),
    "starlette.routing.Route": (("endpoint",),),
    "starlette.routing.Router": (("routes",),),
    "starlette.testclient._TestClientTransport": (("app",),),
    "webtest.app.TestApp": (("app",),),
    "werkzeug.test.Client": (("application",),),
}
"""The attributes that lead from what a framework has made to what is the program's, or on to it, by its class."""


def leads_of(value: object) -> Iterator[tuple[str, object]]:
    """What leads from an object of a framework's to the program, by name; nothing of any other object."""
    for path in _leads(type(value)):
        found = value
        with suppress(AttributeError):  # another version has it elsewhere
            for name in path:
                found = object.__getattribute__(found, name)
            yield path[-1], found


@told_once
def _leads(cls: type) -> tuple[tuple[str, ...], ...]:
    return tuple(path for base in mro(cls) for path in _LEADS.get(type_name(base), ()))


def kept_in(value: object) -> dict[object, object] | None:
    """The dictionary in which an application keeps what its program puts there; ``None`` for anything else."""
    path = _path(type(value))
    found: object = value if path else None
    for name in path:
        found = (instance_dict(found) or {}).get(name)
    return found if type(found) is dict else None


@told_once
def _path(cls: type) -> tuple[str, ...]:
    return next((path for base in mro(cls) if (path := _KEEPERS.get(type_name(base)))), ())
