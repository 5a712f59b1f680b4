"""PostgreSQL's protocol, version 3, of a session that has been started."""

from __future__ import annotations

import re

_ASKING = re.compile(rb"\s*(?:BEGIN|START|SET|SHOW|SAVEPOINT|RELEASE|DEALLOCATE|DISCARD|RESET|COPY)\b", re.I)
"""Statements that change nothing by themselves. What COPY brings in counts as soon as all of it is there."""

_HEAD = 5


class Postgres:
    """Counts the points at which the server says that it is ready again."""

    def __init__(self) -> None:
        self.key = b""
        self._asked = bytearray()
        self._said = bytearray()
        self._unanswered = 0

    def ask(self, data: bytes) -> bool:
        """See ``Dialogue``: whether a statement was run, and the server is to say so."""
        self._asked += data
        while message := _message(self._asked):
            kind = message[:1]
            self._unanswered += kind in b"QSF"
            if kind in b"EFc" or (kind == b"Q" and not _ASKING.match(message[_HEAD:])):
                self.key += message
        return bool(self.key) and self._unanswered > 0 and not self._asked

    def reply(self, data: bytes) -> bool:
        """See ``Dialogue``."""
        self._said += data
        while message := _message(self._said):
            self._unanswered -= message[:1] == b"Z"
        return bool(self.key) and self._unanswered == 0

    def close(self) -> bool:
        """See ``Dialogue``: a reply never ends so."""
        return False


def _message(buffer: bytearray) -> bytes:
    """Take the first message out; nothing where it is not complete."""
    if len(buffer) < _HEAD:
        return b""
    end = 1 + int.from_bytes(buffer[1:_HEAD], "big")
    if end > len(buffer):
        return b""
    message = bytes(buffer[:end])
    del buffer[:end]
    return message
