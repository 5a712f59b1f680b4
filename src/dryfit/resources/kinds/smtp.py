"""Mail: an SMTP server inside the test process, with an inbox to assert on."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

from dryfit.model.resource import Declaration, Endpoint, Handle, Leftover
from dryfit.resources.in_process import InProcessKind
from dryfit.resources.programs import needs_library

if TYPE_CHECKING:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

SAMPLE = 3

START_SECONDS = 60.0
"""A server in a thread answers at once, but on a machine that has much else to do."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it came in; ``sender`` and ``recipients`` are the envelope's, which its headers need not repeat."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    def __str__(self) -> str:
        return f"{self.message['Subject']} (from {self.sender} to {', '.join(self.recipients)})"


class Inbox:
    """The mails that came in since the test began, oldest first; safe to use from any thread."""

    def __init__(self) -> None:
        self._mails: list[Mail] = []
        self._refusal = ""
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._mails)

    def __iter__(self) -> Iterator[Mail]:
        return iter(self.mails)

    def __getitem__(self, index: int) -> Mail:
        return self._mails[index]

    @property
    def mails(self) -> tuple[Mail, ...]:
        """All of them, as of now."""
        with self._changed:
            return tuple(self._mails)

    def wait_for(self, count: int, timeout: float = 5.0) -> tuple[Mail, ...]:
        """All mails, as soon as there are at least ``count``.

        Raises ``TimeoutError`` that shows what came in, if they are fewer after ``timeout`` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._mails) >= count, timeout):
                came = "".join(f"\n  {mail}" for mail in self._mails)
                raise TimeoutError(f"{len(self._mails)} of {count} mails came in within {timeout} s{came}")
            return tuple(self._mails)

    @contextmanager
    def refusing(self, reply: str = "451 Try again later") -> Iterator[None]:
        """Answer every mail with this SMTP reply meanwhile, and keep none."""
        self._refusal = reply
        try:
            yield
        finally:
            self._refusal = ""

    def receive(self, mail: Mail) -> str:
        """Take a mail in, or not; returns the SMTP reply."""
        with self._changed:
            if not self._refusal:
                self._mails.append(mail)
                self._changed.notify_all()
            return self._refusal or "250 OK"

    def empty(self) -> tuple[Mail, ...]:
        """Take all mails out, and accept new ones again."""
        with self._changed:
            mails, self._mails, self._refusal = tuple(self._mails), [], ""
            return mails


@dataclass(frozen=True, slots=True)
class MailHandle(Handle):
    """Where to send mail to, and the ``inbox`` where it is found."""

    inbox: Inbox = field(kw_only=True)


class SmtpKind(InProcessKind):
    """An SMTP server on loopback; any user name and password are good."""

    def open(self, declaration: Declaration, endpoint: Endpoint | None, root: Path, space: str) -> MailServer:
        """Start a server for this worker."""
        return MailServer(declaration)


class MailServer:
    """A server in a thread of its own, and its inbox."""

    def __init__(self, declaration: Declaration) -> None:
        self._inbox = Inbox()
        self._controller: Controller | None = None
        self._listening = socket.create_server(("127.0.0.1", 0))
        host, port = self._listening.getsockname()
        self.resume()
        self.handle = MailHandle(
            declaration.name, "smtp", f"smtp://{host}:{port}", host=host, port=port, inbox=self._inbox
        )

    def clean(self) -> tuple[Leftover, ...]:
        """Empty the inbox."""
        mails = self._inbox.empty()
        sample = tuple(str(mail) for mail in mails[:SAMPLE])
        return (Leftover(self.handle.name, "inbox", "mails added", len(mails), sample),) if mails else ()

    def suspend(self) -> None:
        """Stop the server, which lives in a thread; its port stays taken."""
        controller, self._controller = self._controller, None
        if controller is not None:
            controller.stop()

    def resume(self) -> None:
        """Start it again."""
        self._inbox.empty()
        self._controller = _controller(self._inbox, self._listening.dup())
        self._controller.start()

    def close(self) -> None:
        """Stop the server."""
        self.suspend()
        self._listening.close()


class _Receiver:
    """What aiosmtpd calls: one method a command of the protocol that is not its own business."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        # With the line ends that people write, not the network's.
        content = bytes(envelope.original_content or b"").replace(b"\r\n", b"\n")
        message = message_from_bytes(content, policy=policy.default)
        return self._inbox.receive(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message))


def _controller(inbox: Inbox, listening: socket.socket) -> Controller:
    with needs_library("smtp", "mail"):
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult

    class BoundController(Controller):
        """Listens on a socket that has its port already; by itself it would have to be told a free one."""

        def _create_server(self):  # type: ignore[no-untyped-def]
            return self.loop.create_server(self._factory_invoker, sock=listening)

    def accept(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        return AuthResult(success=True)

    host, port = listening.getsockname()
    return BoundController(
        _Receiver(inbox),
        hostname=host,
        port=port,
        ready_timeout=START_SECONDS,
        authenticator=accept,
        auth_require_tls=False,
    )


kind = SmtpKind()
