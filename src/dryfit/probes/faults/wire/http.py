"""HTTP/1.1 (RFC 9112)."""

from __future__ import annotations

import re

from dryfit.model.exchange import SAFE_METHODS

_REQUEST = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.[01]\r\n")
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked", re.IGNORECASE)

_NO_BODY = frozenset({204, 304})


class Http:
    """Counts requests and replies; those count whose method is not safe."""

    def __init__(self) -> None:
        self.key = b""
        self._asked = bytearray()
        self._said = bytearray()
        self._unanswered: list[str] = []

    def ask(self, data: bytes) -> bool:
        """See ``Dialogue``. What is no HTTP/1.1 is never complete."""
        self._asked += data
        while (begun := _REQUEST.match(self._asked)) and (end := _end(self._asked, without=0)) > 0:
            method, target = begun[1].decode(), begun[2]
            self._unanswered.append(method)
            if method not in SAFE_METHODS:
                body = bytes(self._asked[self._asked.index(b"\r\n\r\n") : end])
                self.key += begun[1] + b" " + target + body  # a request that is repeated may be signed anew
            del self._asked[:end]
        return bool(self.key) and not self._asked

    def reply(self, data: bytes) -> bool:
        """See ``Dialogue``."""
        self._said += data
        while self._unanswered and (status := self._status()):
            has_body = status >= 200 and status not in _NO_BODY and self._unanswered[0] != "HEAD"
            end = _end(self._said, without=None) if has_body else _end_of_head(self._said)
            if end == 0:
                break
            del self._said[:end]
            if status >= 200:
                self._unanswered.pop(0)
        return bool(self.key) and not self._unanswered

    def close(self) -> bool:
        """See ``Dialogue``: so ends a reply that does not tell its length."""
        told = _LENGTH.search(self._said) or _CHUNKED.search(self._said)
        return bool(self.key) and len(self._unanswered) == 1 and bool(self._status()) and not told

    def _status(self) -> int:
        found = _STATUS.match(self._said) if _end_of_head(self._said) else None
        return int(found[1]) if found else 0


def _end_of_head(buffer: bytearray) -> int:
    return buffer.find(b"\r\n\r\n") + 4 if b"\r\n\r\n" in buffer else 0


def _end(buffer: bytearray, *, without: int | None) -> int:
    """Where a message ends, 0 where it is not complete; ``without`` is its length where it does not tell it."""
    head = _end_of_head(buffer)
    if head == 0:
        return 0
    if _CHUNKED.search(buffer, 0, head):
        return _end_of_chunks(buffer, head)
    told = _LENGTH.search(buffer, 0, head)
    length = int(told[1]) if told else without
    return head + length if length is not None and head + length <= len(buffer) else 0


def _end_of_chunks(buffer: bytearray, place: int) -> int:
    while (line := buffer.find(b"\r\n", place)) >= 0:
        size = int(bytes(buffer[place:line]).partition(b";")[0], 16)
        if size == 0:  # trailers are lines, too, and end with an empty one
            end = buffer.find(b"\r\n\r\n", line)
            return end + 4 if end >= 0 else 0
        place = line + 2 + size + 2
    return 0
