import socket
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller


class Mailbox:
    """A mail server that keeps what it is sent."""

    def __init__(self, port):
        self.mails = []
        # The name is given because looking it up can take seconds.
        server = {"hostname": "localhost"}
        self.controller = Controller(self, hostname="127.0.0.1", port=port, server_kwargs=server)

    @property
    def address(self):
        return self.controller.hostname, self.controller.port

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def mailbox():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    mailbox = Mailbox(port)
    mailbox.controller.start()
    yield mailbox
    mailbox.controller.stop()
