"""Refuses connections of Python's own sockets, and says which test wanted to go where."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_RESOLVING = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})


class SealedError(ConnectionRefusedError):
    """A connection that leaves this machine, in a sealed session, for what is not declared."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that was refused; ``test`` is pytest's id of it, "" outside of tests."""

    test: str
    target: str


class Hook:
    """An audit hook. None can be taken out again, so this one does nothing once it is ``off``.

    ``allowed`` holds host and port of what is declared, hosts by name and by address.
    """

    def __init__(self, allowed: frozenset[tuple[str, int]]) -> None:
        self.attempts: list[Attempt] = []
        self._allowed = allowed
        self._known = frozenset({*(host for host, _ in allowed), *_names_here()})
        self._judge: Callable[[str, tuple[object, ...]], None] | None = self._judged
        sys.addaudithook(self._hear)

    def off(self) -> None:
        """Refuse nothing any more."""
        self._judge = None

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        # It is called for each import, each opened file and much more: what is not a socket's goes on at once.
        if event.startswith("socket.") and self._judge is not None:
            self._judge(event, arguments)

    def _judged(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in _CONNECTING:
            asker, address = arguments
            if isinstance(asker, socket.socket) and isinstance(address, tuple) and len(address) >= 2:
                host, port = _text(address[0]), address[1]
                if asker.family in (socket.AF_INET, socket.AF_INET6) and not self._may_connect(host, port):
                    self._refuse(f"{host}:{port}")
        elif event in _RESOLVING and not self._may_resolve(_text(arguments[0])):
            self._refuse(_text(arguments[0]))

    def _may_connect(self, host: str, port: object) -> bool:
        return is_loopback(host) or (host, port) in self._allowed

    def _may_resolve(self, host: str) -> bool:
        return is_loopback(host) or _is_address(host) or host.rstrip(".").lower() in self._known

    def _refuse(self, target: str) -> None:
        test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
        self.attempts.append(Attempt(test, target))
        raise SealedError(
            errno.ECONNREFUSED,
            f"{test or 'something outside of a test'} wants to connect to {target}, and this session is sealed: declare"
            " it in [tool.dryfit.resources], put a stand-in in its place, or run without --sealed",
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by whatever name needs no name server."""
    if host in ("", "localhost") or host.endswith(".localhost"):
        return True
    if not _is_address(host):
        return False
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def _is_address(host: str) -> bool:
    with suppress(ValueError):
        ipaddress.ip_address(host.partition("%")[0])
        return True
    return False


def _names_here() -> frozenset[str]:
    """What resolves without a name server."""
    found = {socket.gethostname().lower()}
    with suppress(OSError):
        for line in Path("/etc/hosts").read_text(errors="replace").splitlines():
            found.update(name.lower() for name in line.partition("#")[0].split()[1:])
    return frozenset(found)


def _text(host: object) -> str:
    if isinstance(host, bytes | bytearray):
        return bytes(host).decode(errors="replace")
    return "" if host is None else str(host)
