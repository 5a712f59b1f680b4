"""Values as the cells of a digest: JSON text, secrets as a few digits of their hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring
from typing import cast

from dryfit.model.generated import SECRET
from dryfit.model.secrets import is_secret

LONGEST = 4096
"""Longer texts are kept as their beginning and a hash."""


class Number(str):
    """A number as the database writes it, so that ``199.90`` keeps its zero."""

    __slots__ = ()


def cell(value: object, secret: bool = False) -> str:
    """One value. A secret is told apart from others, and not shown."""
    if secret and value is not None:
        return f"{SECRET}{_hash(_text(value))[:4]}>"  # 16 bits tell that it changed, and nothing about it
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes {_hash(bytes(value))[:12]}>"
    return _shortened(_text(value))


def rows(found: Iterable[Iterable[object]], columns: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Rows of values in the order of their columns."""
    secrets = [is_secret(name) for name in columns]
    return tuple(
        [tuple([_cell(value, secret) for value, secret in zip(row, secrets, strict=True)]) for row in found]
    )


def _cell(value: object, secret: bool) -> str:
    """The same as ``cell``, in fewer steps for most values; numbers as the database's driver has read them."""
    cls = type(value)
    if cls is int or cls is float:
        number = Number(value)
        return cell(number, secret) if secret else number
    if cls is str and not secret:
        return _shortened(encode_basestring(cast(str, value)))
    return "null" if value is None else cell(value, secret)


def digest_of(content: bytes) -> str:
    """A few digits that tell contents apart."""
    return _hash(content)[:12]


_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str).encode


def _text(value: object) -> str:
    if type(value) is Number:
        return value
    if type(value) is str:
        return encode_basestring(value)
    return "null" if value is None else _ENCODE(_masked(value))


def _masked(value: object) -> object:
    """A document without the secrets in it."""
    if isinstance(value, Mapping):
        return {
            str(key): f"{SECRET}{_hash(str(part))[:4]}>" if is_secret(str(key)) else _masked(part)
            for key, part in value.items()
        }
    if type(value) is Number:
        return json.loads(value)
    return [_masked(part) for part in value] if isinstance(value, list | tuple) else value


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:100]}… <{len(text)} characters {_hash(text)[:12]}>"


def _hash(content: str | bytes) -> str:
    return hashlib.sha256(
        content.encode(errors="surrogatepass") if isinstance(content, str) else content
    ).hexdigest()
