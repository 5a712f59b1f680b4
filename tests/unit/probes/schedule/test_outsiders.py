"""A thread that waits for requests, as a test server's does, is idle whatever kind of selector it has."""

from __future__ import annotations

import socket
import socketserver
import threading

from dryfit.probes.schedule.outsiders import Outsiders


def test_a_server_that_waits_for_requests_is_idle() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(60,))
        thread.start()
        try:
            outsiders = Outsiders()
            outsiders.leave_out(threading.get_ident())
            while not outsiders.are_idle():  # until it has come to its selector
                pass
        finally:
            threading.Thread(target=server.shutdown).start()
            with_request = socket.create_connection(server.server_address)
            thread.join()
            with_request.close()
    assert not thread.is_alive()
