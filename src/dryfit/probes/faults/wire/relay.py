"""A small proxy between a client and its server, which lets one exchange fail."""

from __future__ import annotations

import contextvars
import os
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from dryfit.probes.faults.wire.dialogue import Dialogue

Mode = Literal["reply-lost", "reply-late", "cut"]
"""The reply is swallowed and the connection closed; the reply does not come; the request does not arrive whole."""

_CHUNK = 1 << 16


class Fuse:
    """Blows once, with the key of the request that it cost; ``blown`` is called then, in whatever thread it is."""

    def __init__(self, blown: Callable[[], None]) -> None:
        self.key: bytes | None = None
        self._blown = blown
        self._is_out = False
        self._lock = threading.Lock()

    @property
    def is_blown(self) -> bool:
        """Whether the fault has happened."""
        return self.key is not None

    def blow(self, key: bytes) -> bool:
        """Let the fault happen; false where it has happened elsewhere, or is not to happen any more."""
        with self._lock:
            if self.is_blown or self._is_out:
                return False
            self.key = key
        self._blown()
        return True

    def take_out(self) -> None:
        """Let it not happen any more."""
        with self._lock:
            self._is_out = True


class Relay:
    """Passes on what ``near`` (the client) and ``far`` (the server) say to each other, in a thread of its own.

    It owns both descriptors, which are blocking. Where one side hangs up it hangs up on the other, and ends.
    ``withheld`` is set as soon as a late reply is complete.
    """

    def __init__(self, near: int, far: int, dialogue: Dialogue, mode: Mode, fuse: Fuse) -> None:
        self.withheld = threading.Event()
        self._near = near
        self._far = far
        self._dialogue = dialogue
        self._mode = mode
        self._fuse = fuse
        self._is_due = False
        self._kept = bytearray()
        self._is_plain = False
        self._thread = threading.Thread(target=self._run, name="dryfit-wire", daemon=True)
        contextvars.Context().run(self._thread.start)  # none of what it does is the program's

    def let_pass(self) -> None:
        """Be nothing but a wire from now on."""
        self._is_plain = True

    def deliver(self) -> None:
        """Let the late reply arrive, for which the client waits."""
        self.withheld.clear()
        self.let_pass()
        self._release()

    def give_up(self) -> bool:
        """The client has waited long enough for a late reply; whether it was for the fault."""
        return self._fuse.blow(self._dialogue.key)

    def join(self, timeout: float) -> None:
        """Wait until it has ended."""
        self._thread.join(timeout)

    def _run(self) -> None:
        with suppress(OSError):  # either side may vanish
            self._pass_on()
        for end in (self._near, self._far):
            _hang_up(end)

    def _pass_on(self) -> None:
        ends = select.poll()
        ends.register(self._near, select.POLLIN)
        ends.register(self._far, select.POLLIN)
        goes_on = True
        while goes_on:
            for end, _ in ends.poll():
                data = os.read(end, _CHUNK)
                goes_on = self._asked(data) if end == self._near else self._replied(data)
                if not goes_on:
                    break

    @property
    def _is_idle(self) -> bool:
        return self._is_plain or self._fuse.is_blown

    def _asked(self, data: bytes) -> bool:
        """The client has said something, or has hung up; whether to go on."""
        if not data:
            return False
        self._is_due = not self._is_idle and self._understood(self._dialogue.ask, data)
        if self._is_due and self._mode == "cut" and self._fuse.blow(self._dialogue.key):
            return False
        _write(self._far, data)
        return True

    def _replied(self, data: bytes) -> bool:
        """The server has said something, or has hung up; whether to go on."""
        self._kept += data
        if not self._is_idle and self._ends(data) and self._is_due:
            return self._lose()
        if self._is_idle or not self._is_due or not data:
            self._release()
        return bool(data)

    def _ends(self, data: bytes) -> bool:
        """Whether this is the end of a reply that counts."""
        return self._understood(self._dialogue.reply, data) if data else self._dialogue.close()

    def _lose(self) -> bool:
        """There is the reply that must not arrive; whether to go on."""
        if self._mode == "reply-late":
            self.withheld.set()
            return True
        if self._fuse.blow(self._dialogue.key):
            return False
        self._release()
        return True

    def _release(self) -> None:
        kept, self._kept = bytes(self._kept), bytearray()
        _write(self._near, kept)

    def _understood(self, tell: Callable[[bytes], bool], data: bytes) -> bool:
        try:
            return tell(data)
        except (ValueError, IndexError):  # it is another protocol
            self._is_plain = True
            return False


def _write(end: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(end, rest) :]


def _hang_up(end: int) -> None:
    with socket.socket(fileno=end) as closing, suppress(OSError):
        closing.shutdown(socket.SHUT_RDWR)
