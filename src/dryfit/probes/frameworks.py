"""What programs keep in a framework's application object: their own state, though the object is the framework's."""

from __future__ import annotations

from collections.abc import Mapping

from dryfit.probes.statics import instance_dict, mro, told_once, type_name

_KEEPERS: Mapping[str, tuple[str, ...]] = {
    "starlette.applications.Starlette": ("state", "_state"),
    "aiohttp.web_app.Application": ("_state",),
}
"""The attributes that lead from an application to the dictionary, by its class."""


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
