"""Faults of asyncpg's connections.

Nothing can be awaited where a fault is made, so the server is asked to refuse by a message of PostgreSQL's protocol on
the connection's own socket, while the driver waits for nothing.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from asyncio import CancelledError
from dataclasses import replace
from typing import Any

from dryfit.model.trial import Fault
from dryfit.probes.faults import postgres
from dryfit.probes.faults.occasion import NotMadeError, Occasion
from dryfit.probes.faults.sockets import cut

_PATIENCE = 10.0
"""Seconds in which a server answers."""

_LENGTH = struct.Struct("!i")


def is_usable(connection: Any) -> bool:
    """Whether a fault can come to it."""
    return not connection.is_closed()


def is_plain(occasion: Occasion) -> bool:
    """Whether its messages are not enciphered, so that the server can be asked past the driver."""
    return occasion.holder._transport.get_extra_info("ssl_object") is None


def in_transaction(connection: Any) -> bool:
    """Whether a transaction has begun."""
    return bool(connection.is_in_transaction())


def commits_alone(connection: Any) -> bool:
    """Whether a statement is a transaction of its own."""
    return not in_transaction(connection)


def cut_before(occasion: Occasion, fault: Fault) -> None:
    """The wire is cut; the call finds out."""
    cut(_descriptor(occasion))


def cut_after(occasion: Occasion, fault: Fault) -> BaseException:
    """The wire is cut, and the connection is as the event loop leaves it when it finds out."""
    connection = occasion.holder
    cut(_descriptor(occasion))
    connection._protocol.abort()
    connection._cleanup()
    lost: BaseException = sys.modules["asyncpg.exceptions"].ConnectionDoesNotExistError(fault.text)
    return lost


def cancel(occasion: Occasion, fault: Fault) -> BaseException:
    """Whoever awaits the statement is cancelled: the driver has the server break it off."""
    refuse(occasion, replace(fault, name="query-canceled"))
    return CancelledError()


def refuse(occasion: Occasion, fault: Fault) -> BaseException | None:
    """The server refuses the statement."""
    fields = _simple_query(
        _descriptor(occasion), postgres.refusal(fault.name, fault.text, occasion.statement)
    )
    if not fields:
        raise postgres.not_refused(fault.name)
    fields.pop("W", "")  # the block in which dryfit had it raised
    error: BaseException = sys.modules["asyncpg.exceptions"].PostgresError.new(
        fields, query=occasion.statement
    )
    return postgres.refused(occasion, error)


def _descriptor(occasion: Occasion) -> int:
    return int(occasion.holder._transport.get_extra_info("socket").fileno())


def _simple_query(descriptor: int, statement: str) -> dict[str, str]:
    """Send a statement, and give the fields of the error that it comes to; none where it comes to none."""
    text = statement.encode() + b"\0"
    fields: dict[str, str] = {}
    with socket.socket(fileno=os.dup(descriptor)) as wire:
        wire.settimeout(_PATIENCE)
        wire.sendall(b"Q" + _LENGTH.pack(len(text) + 4) + text)
        kind = b""
        while kind != b"Z":  # ready for the next query
            kind, body = _message(wire)
            if kind == b"E":
                fields = {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}
    return fields


def _message(wire: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(wire, 5)
    return head[:1], _exactly(wire, _LENGTH.unpack(head[1:])[0] - 4)


def _exactly(wire: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = wire.recv(size - len(received))
        if not part:
            raise NotMadeError("the server closed the connection")
        received += part
    return received
