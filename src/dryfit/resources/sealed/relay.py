"""Carries bytes between a sealed process and the servers that it may reach; runs outside, as a process of its own.

A socket belongs to the namespace in which it was made, whoever holds it. So the sealed process makes sockets that
listen inside and sends them here; what is accepted on them is connected to the real server out here. Run as a script
with the standard library only; it ends when the sealed process does.
"""

import asyncio
import contextlib
import functools
import json
import socket
import sys

PIECE = 1 << 16
MESSAGE = 4096


async def relay(control: socket.socket) -> None:
    """Take listening sockets, each with the address that it leads to, until the other end is closed."""
    loop = asyncio.get_running_loop()
    over, servers = asyncio.Event(), set()

    def hear() -> None:
        message, descriptors, _, _ = socket.recv_fds(control, MESSAGE, 1)
        if not message:
            over.set()
            return
        host, port = json.loads(message)
        listener = socket.socket(fileno=descriptors[0])
        servers.add(
            loop.create_task(asyncio.start_server(functools.partial(_carry, host, port), sock=listener))
        )

    loop.add_reader(control, hear)
    await over.wait()


async def _carry(host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        outer_reader, outer_writer = await asyncio.open_connection(host, port)
    except OSError:
        writer.transport.abort()  # the client sees that the server is not there
        return
    with contextlib.suppress(OSError):
        await asyncio.gather(_pump(reader, outer_writer), _pump(outer_reader, writer))
    for end in (writer, outer_writer):
        end.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE):
        writer.write(piece)
        await writer.drain()
    writer.write_eof()


if __name__ == "__main__":
    asyncio.run(relay(socket.socket(fileno=int(sys.argv[1]))))
