"""Cuts a connection open, to put a relay into it: below the client's file descriptor, so that the client sees nothing.

The descriptor keeps its number, and leads to the relay from now on, which has the connection to the server. So it does
not matter who opened the connection, when, by which library, in Python or in C, over TCP or a Unix socket.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from selectors import BaseSelector


def splice(descriptor: int) -> tuple[int, int]:
    """Cut a connection open; gives the two ends for a relay: the client's, and the server's.

    Raises ``OSError`` where the descriptor is no socket that is connected to a server.
    """
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    with socket.socket(fileno=os.dup(descriptor)) as server:
        if not server.getpeername() or server.type != socket.SOCK_STREAM:  # a pair, or datagrams
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        outer, inner = _pair(server.family)
        server.setblocking(True)  # nobody else has it in a moment
        far = server.detach()
    with outer, _unregistered(descriptor):
        os.dup2(outer.fileno(), descriptor, inheritable=os.get_inheritable(descriptor))
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags)
    return inner.detach(), far


def _pair(family: int) -> tuple[socket.socket, socket.socket]:
    """Two connected sockets: TCP's where the connection is one, since they differ in how they end."""
    if family not in (socket.AF_INET, socket.AF_INET6):
        return socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as server:
        outer = socket.create_connection(server.getsockname())
        inner, _ = server.accept()
    for end in (outer, inner):
        end.settimeout(None)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return outer, inner


@contextmanager
def _unregistered(descriptor: int) -> Iterator[None]:
    """Let an event loop that waits for a descriptor wait for what it leads to afterwards: epoll keeps the old."""
    selector: BaseSelector | None = getattr(asyncio._get_running_loop(), "_selector", None)
    key = selector.get_map().get(descriptor) if selector is not None else None
    if selector is None or key is None:
        yield
        return
    selector.unregister(descriptor)
    try:
        yield
    finally:
        selector.register(descriptor, key.events, key.data)
