"""Speaks TLS with PostgreSQL's clients and plain text with the server, as a pooler does; prints its port.

A process of its own: libpq keeps the whole of the tests' process waiting.
"""

import select
import socket
import ssl
import sys
import threading
from contextlib import suppress

HOST = "127.0.0.1"
SSL_REQUEST = b"\0\0\0\x08\x04\xd2\x16\x2f"
"""What libpq sends first, where it wants to encrypt."""


def main(port: int, certificate: str, key: str) -> None:
    """Serve one client after the other, each in a thread."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with socket.create_server((HOST, 0)) as door:
        print(door.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=serve, args=(door.accept()[0], port, context), daemon=True).start()


def serve(line: socket.socket, port: int, context: ssl.SSLContext) -> None:
    """Pass on what comes from either side."""
    with suppress(OSError), line:
        if line.recv(len(SSL_REQUEST)) != SSL_REQUEST:
            return
        line.sendall(b"S")
        with (
            context.wrap_socket(line, server_side=True) as tls,
            socket.create_connection((HOST, port)) as server,
        ):
            while all(passed(source, tls, server) for source in readable(tls, server)):
                pass


def readable(tls: ssl.SSLSocket, server: socket.socket) -> list[socket.socket]:
    """What need not be waited for."""
    return [tls] if tls.pending() else select.select([tls, server], [], [])[0]


def passed(source: socket.socket, tls: ssl.SSLSocket, server: socket.socket) -> bool:
    """Whether the source had something to pass on, and has not ended."""
    data = source.recv(65536)
    (server if source is tls else tls).sendall(data)
    return bool(data)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
