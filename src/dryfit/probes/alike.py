"""Texts that are equal for equal values, whatever was generated in them: ids, times, random keys, ports, secrets."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from dryfit.model.generated import Domain, candidates
from dryfit.model.reply import Leaf
from dryfit.model.secrets import is_secret
from dryfit.model.shape import Json
from dryfit.probes.jsonable import digits_of, text_of

_ID = re.compile(r"(?:.*_)?(?:id|pk|uuid|key)\d*(?:_\d+)?|.*[a-z]I[dD]", re.ASCII)
_PORT = re.compile(r"(//(?:127\.0\.0\.1|localhost|\[::1\])):\d+\b")
"""A server that a test starts on this machine has another one in every trial."""

_KEYED = Domain("any", numbers=True)


def names_key(name: str) -> bool:
    """Whether a column, field or parameter of this name holds somebody's key: ``id``, ``order_id``, ``orderId``."""
    return bool(_ID.fullmatch(name))


def alike(value: Json, name: str = "") -> str:
    """A value's text without what was generated; numbers count as generated where the name is that of a key."""
    return text_of(_without(value, name, time.time()))


def leaves(value: Json, name: str = "") -> tuple[Leaf, ...]:
    """The same leaf by leaf: ``((".amount", "5"), (".lines[0].sku", '"saw"'))``."""
    return tuple(_leaves(_without(value, name, time.time()), ""))


def _leaves(value: Json, path: str) -> Iterator[Leaf]:
    if isinstance(value, dict) and value:
        for key, item in sorted(value.items()):
            yield from _leaves(item, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for place, item in enumerate(value):
            yield from _leaves(item, f"{path}[{place}]")
    else:
        yield path, text_of(value)


def digest(*parts: str) -> str:
    """A few digits that are the same for the same parts."""
    return digits_of("\0".join(parts))


def _without(value: Json, name: str, now: float) -> Json:
    if isinstance(value, dict):
        return {_of_text(key, now): _without(item, key, now) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, name, now) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if is_secret(name):
        return "<secret>"
    if isinstance(value, str):
        return _of_text(value, now, _KEYED if not value.isdigit() or names_key(name) else Domain())
    return _of_number(value, names_key(name), now)


def _of_text(text: str, now: float, domain: Domain = _KEYED) -> str:
    text = _PORT.sub(r"\1", text)
    parts = candidates(f'"{text}"', domain, now)
    return "".join(part if isinstance(part, str) else f"<{part.kind}>" for part in parts).strip('"')


def _of_number(value: float, is_key: bool, now: float) -> Json:
    parts = candidates(text_of(value), _KEYED if is_key else Domain(), now)
    return value if isinstance(parts[0], str) else f"<{parts[0].kind}>"
