"""Redis' protocol, RESP 2 and 3."""

from __future__ import annotations

from dryfit.probes.faults.redis import READS

_SETTING_UP = frozenset({"AUTH", "CLIENT", "COMMAND", "HELLO", "READONLY", "READWRITE", "ROLE", "SELECT"})
"""What clients send by themselves as they connect."""

_ASKING = READS | _SETTING_UP | {"MULTI", "WATCH", "UNWATCH", "DISCARD"}

_PUSHED = ord(">")


class Resp:
    """Counts commands and replies; a transaction is one request, which its ``EXEC`` ends."""

    def __init__(self) -> None:
        self.key = b""
        self._asked = bytearray()
        self._said = bytearray()
        self._unanswered = 0
        self._in_transaction = False

    def ask(self, data: bytes) -> bool:
        """See ``Dialogue``: whether commands are complete of which one writes."""
        self._asked += data
        while (end := _end(self._asked, 0)) > 0:
            command = bytes(self._asked[:end])
            del self._asked[:end]
            self._unanswered += 1
            name = _name(command)
            if name in ("MULTI", "EXEC", "DISCARD"):
                self._in_transaction = name == "MULTI"
            if name not in _ASKING:
                self.key += command
        return bool(self.key) and not self._in_transaction and not self._asked

    def reply(self, data: bytes) -> bool:
        """See ``Dialogue``."""
        self._said += data
        while (end := _end(self._said, 0)) > 0:
            self._unanswered -= self._said[0] != _PUSHED
            del self._said[:end]
        return bool(self.key) and not self._in_transaction and self._unanswered == 0

    def close(self) -> bool:
        """See ``Dialogue``: a reply never ends so."""
        return False


def _end(buffer: bytearray, start: int) -> int:
    """Where the value ends that begins at ``start``; 0 where it is not complete."""
    line = buffer.find(b"\r\n", start) + 2
    if line < 2:
        return 0
    kind, said = chr(buffer[start]), bytes(buffer[start + 1 : line - 2])
    if kind in "$!=":
        end = line + int(said) + 2 if said[:1] != b"-" else line
        return end if end <= len(buffer) else 0
    for _ in range(int(said) * (2 if kind in "%|" else 1) if kind in "*~>%|" else 0):
        line = _end(buffer, line)
        if line == 0:
            return 0
    return line


def _name(command: bytes) -> str:
    """The name of a command, which is an array of strings, or a line."""
    words = command.split(b"\r\n")
    first = words[2] if command[:1] == b"*" else words[0].partition(b" ")[0]
    return first.decode(errors="replace").upper()
