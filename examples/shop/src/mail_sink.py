"""A mail server to try things out with: it speaks SMTP on loopback and keeps what it is sent."""

import asyncio
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

UNKNOWN_MAILBOX = "nobody"


class MailSink:
    """The mail server; it runs in a daemon thread until stopped, on a free port of loopback.

    Like a real server it refuses mail for a mailbox that it does not know: `nobody@` any domain.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait()

    @property
    def url(self) -> str:
        """The address of the mail server, as SMTP_URL would give it."""
        return f"smtp://127.0.0.1:{self._port}"

    def stop(self) -> None:
        """Stop answering and give the port back."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer aiosmtpd's question whether there is such a mailbox."""
        if address.partition("@")[0] == UNKNOWN_MAILBOX:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the message that aiosmtpd has received."""
        content = envelope.original_content or b""
        self.messages.append(message_from_bytes(content, _class=EmailMessage, policy=policy.default))
        return "250 OK"

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        listener = await self._loop.create_server(self._protocol, "127.0.0.1", 0)
        self._port = listener.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopped.wait()
        listener.close()

    def _protocol(self) -> SMTP:
        # The host name is given because looking it up can take seconds where there is no name server.
        return SMTP(self, hostname="localhost", loop=self._loop)
