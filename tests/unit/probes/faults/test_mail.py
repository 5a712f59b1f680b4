"""smtplib and aiosmtplib: a server that hangs up in the middle of a session, or knows nobody."""

from __future__ import annotations

import inspect
import smtplib
import socket
from email.message import EmailMessage

import pytest

controllers = pytest.importorskip("aiosmtpd.controller")

RCPT = "b@example.org"


class Handler:
    """Keeps what it gets, and refuses recipients while it is told to."""

    def __init__(self):
        self.kept = []
        self.refuses = False
        self.lose_reply = lambda: None

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuses:
            return "550 5.1.1 User unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.kept.append(envelope.content)
        self.lose_reply()
        return "250 OK"


@pytest.fixture
def server(wire):
    handler = Handler()
    with socket.create_server(("127.0.0.1", 0)) as free:
        handler.port = free.getsockname()[1]
    controller = controllers.Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    handler.wire = wire(handler.port)
    yield handler
    controller.stop()


def message():
    made = EmailMessage()
    made["From"], made["To"] = "a@example.org", RCPT
    made.set_content("x")
    return made


class Smtplib:
    name = "smtplib.SMTP.sendmail"

    async def open(self, port):
        return smtplib.SMTP("127.0.0.1", port)

    def send(self, client):
        return lambda: client.send_message(message())

    async def is_connected(self, client):
        return client.sock is not None


class Aiosmtplib:
    name = "aiosmtplib.SMTP.send_message"

    async def open(self, port):
        client = pytest.importorskip("aiosmtplib").SMTP(hostname="127.0.0.1", port=port, start_tls=False)
        await client.connect()
        return client

    def send(self, client):
        async def send():
            await client.send_message(message())

        return send

    async def is_connected(self, client):
        return client.is_connected


class Sendmail(Aiosmtplib):
    name = "aiosmtplib.SMTP.sendmail"

    def send(self, client):
        async def send():
            await client.sendmail("a@example.org", RCPT, "Subject: x\n\nx")

        return send


@pytest.fixture(params=[Smtplib, Aiosmtplib, Sendmail], ids=lambda each: each.__name__)
def library(request):
    return request.param()


def facts(error, server):
    kept, server.kept = len(server.kept), []
    recipients = getattr(error, "recipients", None)
    return {
        "class": f"{type(error).__module__}.{type(error).__qualname__}",
        "args": [type(each) for each in error.args],
        "recipients": [
            each
            if isinstance(each, str)
            else (type(each), each.code, each.message, each.recipient, each.args)
            for each in recipients or ()
        ],
        "codes": recipients if isinstance(recipients, dict) else None,
        "errno": getattr(error, "errno", None),
        "kept": kept,
    }


async def close(library, client):
    if await library.is_connected(client):
        quit = client.quit()
        if inspect.isawaitable(quit):
            await quit


def test_the_wire_is_cut_before_a_mail_is_sent(same, failing, server, library):
    async def scenario(call, real):
        client = await library.open(server.wire.port if real else server.port)
        if real:
            server.wire.cut()
        error = await failing(call(library.send(client)))
        return facts(error, server) | {"connected": await library.is_connected(client)}

    bench = same(scenario, library.name, "before", "connection-lost")
    assert bench.slugs(library.name) == [
        ("after", "connection-lost"),
        ("before", "connection-lost"),
        ("before", "recipients-refused"),
    ]


def test_the_reply_is_lost_after_the_mail_was_taken(same, failing, server, library, loss):
    async def scenario(call, real):
        client = await library.open(server.wire.port if real else server.port)
        server.lose_reply = server.wire.lose_reply if real else lambda: None
        error = await failing(call(library.send(client)))
        told = facts(error, server)
        assert told["kept"] == 1
        return told | {"connected": await library.is_connected(client), "text": str(error)}

    same(scenario, library.name, "after", loss)


def test_nobody_is_known(same, failing, server, library):
    async def scenario(call, real):
        client = await library.open(server.port)
        server.refuses = real
        error = await failing(call(library.send(client)))
        server.refuses = False
        assert (await library.is_connected(client)) is True
        sent = library.send(client)()
        if inspect.isawaitable(sent):
            await sent
        told = facts(error, server)
        assert told["kept"] == 1
        await close(library, client)
        return told

    same(scenario, library.name, "before", "recipients-refused")


def test_nothing_is_offered_where_there_is_no_session(faulty):
    with (
        faulty("smtplib.SMTP.sendmail", "before", "connection-lost") as bench,
        pytest.raises(smtplib.SMTPServerDisconnected, match="please run connect"),
    ):
        bench.store.call(lambda: smtplib.SMTP().sendmail("a", "b", "c"))
    assert bench.slugs("smtplib.SMTP.sendmail") == []
    assert bench.fired == 0
