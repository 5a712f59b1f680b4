"""Recognises in requests what another run would have otherwise: ids and times."""

from __future__ import annotations

import re
from urllib.parse import quote

from dryfit.probes.look import text_format

MADE_UP = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "iso-date": "2000-01-01",
    "iso-datetime": "2000-01-01T00:00:00Z",
}
"""What stands in the place of a value, by its format."""

_HEX = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-fA-F]*[0-9])[0-9a-fA-F]{8,}(?![0-9A-Za-z])")
_TOKEN = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[0-9A-Za-z_-]{20,}")
_NUMBER = re.compile("[0-9]+")
_LAST_NUMBER = re.compile("[0-9]+(?=[^0-9]*$)")
_ID_NAME = re.compile(r"(?:.*[_-])?(?:id|ids|pk|uuid|guid|key)[0-9]*|.*[a-z](?:Id|ID)", re.DOTALL)


def names_id(name: str) -> bool:
    """Whether a parameter or key of this name holds an id: ``id``, ``order_id``, ``orderId``."""
    return _ID_NAME.fullmatch(name) is not None


def made_up_id(text: str, *, named: bool) -> str | None:
    """What stands for an id of the same form; ``None`` where the text is none. ``named`` ones may be numbers."""
    if text_format(text) == "uuid":
        return MADE_UP["uuid"]
    if _NUMBER.fullmatch(text):
        return "1" if named else None
    without = _HEX.sub(lambda found: "0" * len(found[0]), text)
    if without != text:
        return without
    return "0" * len(text) if _TOKEN.fullmatch(text) else None


def next_id(made_up: str | int) -> str | int:
    """Another made-up id of the same form."""
    if isinstance(made_up, int):
        return made_up + 1
    return _LAST_NUMBER.sub(lambda found: f"{int(found[0]) + 1:0{len(found[0])}}", made_up)


def made_up_time(text: str) -> str | None:
    """What stands for a date or time; ``None`` where the text is none."""
    found = text_format(text)
    return MADE_UP[found] if found in ("iso-date", "iso-datetime") else None


def template_of(path: str, parameters: dict[str, str]) -> str:
    """The path with its parameters' names in their places, from the end: ``/orders/{order_id}``."""
    segments = path.split("/")
    for name, value in reversed(parameters.items()):
        held = {value, quote(value, safe="")}
        place = next((at for at in reversed(range(len(segments))) if segments[at] in held), None)
        if place is not None:
            segments[place] = f"{{{name}}}"
        elif "/" in value and f"/{value}" in (text := "/".join(segments)):
            segments = text.replace(f"/{value}", f"/{{{name}}}").split("/")
    return "/".join(segments)


def guessed_parameters(path: str) -> dict[str, str]:
    """The segments of a path that look like ids, by names of our own: ``id``, ``id2``, …"""
    found = [part for part in path.split("/") if made_up_id(part, named=True) is not None]
    return {f"id{number}" if number > 1 else "id": part for number, part in enumerate(found, 1)}
