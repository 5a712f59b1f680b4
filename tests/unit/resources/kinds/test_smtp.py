"""Mail to an inbox that tests can wait on, and that is empty again for the next one."""

import smtplib
import threading
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path

import pytest

from dryfit.model.errors import ResourceError
from dryfit.model.resource import Declaration, Endpoint
from dryfit.resources.kinds.smtp import MailServer, kind

pytest.importorskip("aiosmtpd")
MAIL = Declaration("outbox", "smtp")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with closing(kind.open(MAIL, None, Path(), "one")) as server:
        yield server


def send(server: MailServer, subject: str = "Hello", *, login: bool = False) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = (
        subject,
        "shop@example.org",
        "Anna <anna@example.org>",
    )
    message.set_content("Grüße\n")
    with smtplib.SMTP(server.handle.host, server.handle.port) as client:
        if login:
            client.login("whoever", "whatever")
        client.send_message(message, to_addrs=["anna@example.org", "hidden@example.org"])


def test_a_mail_is_found_with_its_envelope(server: MailServer) -> None:
    send(server)
    (mail,) = server.handle.inbox
    assert (mail.sender, mail.recipients) == ("shop@example.org", ("anna@example.org", "hidden@example.org"))
    assert (mail.message["Subject"], mail.message.get_content()) == ("Hello", "Grüße\n")
    assert server.handle.url == f"smtp://127.0.0.1:{server.handle.port}"


def test_a_program_that_logs_in_may_do_so_with_anything(server: MailServer) -> None:
    send(server, login=True)
    assert len(server.handle.inbox) == 1


def test_waiting_ends_as_soon_as_the_mails_are_there(server: MailServer) -> None:
    senders = [threading.Thread(target=send, args=(server, f"No. {number}")) for number in range(2)]
    for sender in senders:
        sender.start()
    mails = server.handle.inbox.wait_for(2, timeout=30)
    assert {mail.message["Subject"] for mail in mails} == {"No. 0", "No. 1"}
    for sender in senders:
        sender.join()


def test_waiting_in_vain_shows_what_came_in(server: MailServer) -> None:
    send(server, "the only one")
    with pytest.raises(
        TimeoutError, match=r"1 of 2 mails came in within 0\.01 s\n  the only one \(from shop@"
    ):
        server.handle.inbox.wait_for(2, timeout=0.01)


def test_a_full_mailbox_can_be_played(server: MailServer) -> None:
    with server.handle.inbox.refusing("452 Mailbox full"), pytest.raises(smtplib.SMTPDataError, match="full"):
        send(server)
    assert len(server.handle.inbox) == 0
    send(server)
    assert server.handle.inbox[0].message["Subject"] == "Hello"


def test_clean_empties_the_inbox_and_tells_what_was_in_it(server: MailServer) -> None:
    for number in range(4):
        send(server, f"No. {number}")
    (left,) = server.clean()
    assert (left.resource, left.place, left.change, left.count) == ("outbox", "inbox", "mails added", 4)
    assert left.sample[0] == "No. 0 (from shop@example.org to anna@example.org, hidden@example.org)"
    assert (len(server.handle.inbox), server.clean()) == (0, ())


def test_each_worker_has_a_server_of_its_own(server: MailServer) -> None:
    with closing(kind.open(MAIL, None, Path(), "two")) as other:
        send(other)
        assert server.handle.port != other.handle.port
        assert len(server.handle.inbox) == 0


def test_it_closes_under_a_client_that_is_still_connected() -> None:
    server = kind.open(MAIL, None, Path(), "one")
    with smtplib.SMTP(server.handle.host, server.handle.port):
        server.close()
        with pytest.raises(ConnectionRefusedError):
            smtplib.SMTP(server.handle.host, server.handle.port)


def test_it_needs_no_provider() -> None:
    assert not kind.has_server
    assert not kind.is_ready(Endpoint("127.0.0.1", 25))
    for ask in (lambda: kind.launch(MAIL, Path()), lambda: kind.container(MAIL)):
        with pytest.raises(ResourceError, match="outbox: smtp runs inside the test process"):
            ask()
