"""Watches what a client says on its sockets while one call of it runs, and puts a relay where it says something.

Python's own sockets are watched in their class, for the time of the call. What libpq says is not seen: whoever knows
its descriptor puts the relay there beforehand.
"""

from __future__ import annotations

import os
import select
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from dryfit.model.clock import Clock
from dryfit.probes.faults.sockets import cut
from dryfit.probes.faults.web import nobody_listens
from dryfit.probes.faults.wire.dialogue import Dialogue
from dryfit.probes.faults.wire.relay import Fuse, Mode, Relay
from dryfit.probes.faults.wire.splice import splice
from dryfit.probes.faults.wire.swaps import Swaps

SILENT = "nothing was sent on a socket within the call"
ENCIPHERED = "the connection is enciphered, and dryfit leaves it alone"
UNREADABLE = "no exchange that changes something was seen within the call"
UNLIMITED = "the client would wait for a reply for ever"

_TLS = (b"\x16\x03", b"\x17\x03")
"""How a record of TLS begins: a handshake, or data."""

_WAITS = (("time", "sleep"), ("redis.retry", "sleep"), ("redis.asyncio.retry", "sleep"))
"""Where clients wait before they try again: module and name."""

_GLANCE = 0.005


class Tap:
    """Puts relays into the connections that are used while ``is_inside``, until the fuse has blown.

    ``repeats`` is how often the request that was lost was sent again. ``why`` says why the fault did not happen, as
    far as is known.
    """

    def __init__(
        self,
        is_inside: Callable[[], bool],
        speaks: Callable[[], Dialogue],
        mode: Mode | Literal["refused"],
        fuse: Fuse,
    ) -> None:
        self.repeats = 0
        self.why = SILENT
        self._is_inside = is_inside
        self._speaks = speaks
        self._mode = mode
        self._fuse = fuse
        self._relays: dict[int, Relay] = {}
        self._said_again: dict[int, Dialogue] = {}
        self._swaps = Swaps()

    def open(self) -> None:
        """Begin to watch."""
        for name in ("send", "sendall", "sendmsg"):
            self._swaps.put(socket.socket, name, self._sending(getattr(socket.socket, name)))
        for name in ("recv", "recv_into") if self._mode == "reply-late" else ():
            self._swaps.put(socket.socket, name, self._receiving(getattr(socket.socket, name)))
        for name in ("connect", "connect_ex") if self._mode == "refused" else ():
            self._swaps.put(socket.socket, name, self._connecting(getattr(socket.socket, name)))
        if "ssl" in sys.modules:
            secure = sys.modules["ssl"].SSLSocket
            self._swaps.put(secure, "send", self._enciphering(secure.send))
        for module, name in _WAITS:
            if name in vars(sys.modules.get(module, self)):
                self._swaps.put(sys.modules[module], name, self._hurrying(vars(sys.modules[module])[name]))

    def close(self) -> None:
        """Watch no longer. A relay whose time has not come stays, as a wire, until the connection is closed."""
        self._swaps.put_back()
        self._has_waited()
        self._fuse.take_out()
        for relay in self._relays.values():
            relay.let_pass()

    def put_into(self, descriptor: int) -> None:
        """Put a relay into a connection that is open, unless there is one."""
        with suppress(OSError):  # it is not connected, which its owner will find out
            if self._mode != "refused" and os.fstat(descriptor).st_ino not in self._relays:
                near, far = splice(descriptor)
                relay = Relay(near, far, self._speaks(), self._mode, self._fuse)
                self._relays[os.fstat(descriptor).st_ino] = relay
                self.why = UNREADABLE

    # What stands in the place of the methods of a socket, and of a client's waiting.

    def _sending(self, old: Callable[..., Any]) -> Callable[..., Any]:
        def send(end: socket.socket, data: Any, *rest: Any) -> Any:
            if old.__name__ == "sendmsg":
                data = list(data)  # which may be an iterator
            if self._is_inside():
                self._sends(end.fileno(), b"".join(data) if isinstance(data, list) else bytes(data))
            return old(end, data, *rest)

        return send

    def _has_waited(self) -> None:
        """The client goes on, or comes back: where a reply is kept back it has waited for it long enough."""
        for relay in self._relays.values():
            if relay.withheld.is_set():
                relay.give_up()

    def _sends(self, descriptor: int, data: bytes) -> None:
        self._has_waited()
        if self._fuse.is_blown:
            self._sends_again(descriptor, data)
        elif data.startswith(_TLS):
            self.why = ENCIPHERED
        elif self._mode == "refused":
            cut(descriptor)
        else:
            self.put_into(descriptor)

    def _sends_again(self, descriptor: int, data: bytes) -> None:
        dialogue = self._said_again.setdefault(descriptor, self._speaks())
        if dialogue.ask(data):
            self.repeats += dialogue.key == self._fuse.key
            del self._said_again[descriptor]

    def _receiving(self, old: Callable[..., Any]) -> Callable[..., Any]:
        def receive(end: socket.socket, *rest: Any) -> Any:
            if not self._fuse.is_blown and self._is_inside() and self._is_too_late(end):
                raise TimeoutError("timed out")  # as the socket's own limit has it, without waiting for it
            return old(end, *rest)

        return receive

    def _is_too_late(self, end: socket.socket) -> bool:
        relay = self._relays.get(os.fstat(end.fileno()).st_ino)
        limit = end.gettimeout()
        if relay is None or limit == 0 or not _is_withheld(relay, end.fileno(), limit):
            return False
        if limit is None:
            self.why = UNLIMITED
            relay.deliver()
            return False
        return relay.give_up()

    def _connecting(self, old: Callable[..., Any]) -> Callable[..., Any]:
        def connect(end: socket.socket, address: Any) -> Any:
            if self._is_inside() and self._fuse.blow(b""):
                raise nobody_listens()
            return old(end, address)

        return connect

    def _enciphering(self, old: Callable[..., Any]) -> Callable[..., Any]:
        def send(*values: Any, **options: Any) -> Any:
            if self._is_inside():
                self.why = ENCIPHERED
            return old(*values, **options)

        return send

    def _hurrying(self, old: Callable[..., Any]) -> Callable[..., Any]:
        def sleep(seconds: float, *rest: Any, **options: Any) -> Any:
            return old(0 if self._fuse.is_blown and self._is_inside() else seconds, *rest, **options)

        return sleep


def _is_withheld(relay: Relay, descriptor: int, limit: float | None) -> bool:
    """Wait until the reply was kept back, or something else has come, or time is up."""
    arrives = select.poll()
    arrives.register(descriptor, select.POLLIN)
    begun = Clock.monotonic()
    while not relay.withheld.wait(_GLANCE):
        if arrives.poll(0) or (limit is not None and Clock.monotonic() - begun > limit):
            return False
    return True
