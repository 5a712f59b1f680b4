"""Cuts the wire below a client's connection."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


def cut(descriptor: int) -> None:
    """Shut a connected socket down in both directions; whoever holds it finds out when they use it next.

    It is shut down and not closed: the number still belongs to the client, which closes it in its own time.
    """
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as wire:
        wire.shutdown(socket.SHUT_RDWR)
