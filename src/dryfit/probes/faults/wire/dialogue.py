"""What a relay has to know of a protocol: where a request that changes something ends, and where its reply does."""

from __future__ import annotations

from typing import Protocol


class Dialogue(Protocol):
    """Both sides of one connection, told piece by piece as they come.

    ``key`` is what tells one request from others, however often it is sent.
    """

    key: bytes

    def ask(self, data: bytes) -> bool:
        """The client says something; whether a request that counts is complete, so that its reply is due."""

    def reply(self, data: bytes) -> bool:
        """The server says something; whether everything is answered, and a request that counts among it."""

    def close(self) -> bool:
        """The server hangs up; whether that is how its reply ends."""
