"""SMTP (RFC 5321): what counts is the end of a mail, whose reply says that the server will deliver it."""

from __future__ import annotations

import re

_END = re.compile(rb"(?:^|\r\n)\.\r\n")
_LAST_LINE = re.compile(rb"^\d{3}(?: [^\n]*)?\r?\n", re.MULTILINE)


class Smtp:
    """Counts commands, mails and replies."""

    def __init__(self) -> None:
        self.key = b""
        self._asked = b""
        self._said = b""
        self._unanswered = 0
        self._is_mail = False

    def ask(self, data: bytes) -> bool:
        """See ``Dialogue``."""
        self._asked += data
        while end := _END.search(self._asked) if self._is_mail else re.search(rb"\r\n", self._asked):
            said, self._asked = self._asked[: end.end()], self._asked[end.end() :]
            self._unanswered += 1
            if self._is_mail:
                self.key += said
            self._is_mail = not self._is_mail and said.strip().upper() == b"DATA"
        return bool(self.key) and not self._asked

    def reply(self, data: bytes) -> bool:
        """See ``Dialogue``."""
        self._said += data
        while last := _LAST_LINE.search(self._said):
            self._said = self._said[last.end() :]
            self._unanswered = max(self._unanswered - 1, 0)  # a server greets without being asked
        return bool(self.key) and self._unanswered == 0

    def close(self) -> bool:
        """See ``Dialogue``: a reply never ends so."""
        return False
