"""The mails and requests of a trial: contents of its state, right before an entry and right after it."""

from __future__ import annotations

import pytest
from tests.states import state

from dryfit.model.digest import diff


@pytest.fixture
def clients(stage):
    """Programs that send by the real clients, whose way to a server is cut off: it takes whatever it is given."""
    pytest.importorskip("httpx")
    stage.write(
        notes="""
        import smtplib
        import httpx

        def accepts(request):
            return httpx.Response(201)

        client = httpx.Client(transport=httpx.MockTransport(accepts))
        server = smtplib.SMTP(local_hostname="localhost")
        for step in ("ehlo_or_helo_if_needed", "_rset"):
            setattr(server, step, lambda: None)
        server.does_esmtp = False
        server.mail = server.rcpt = lambda to, options=(): (250, b"")
        server.data = lambda text: (250, b"")

        def charge(order, cents):
            client.post("https://pay.example/charges", json={"order_id": order, "cents": cents})

        def ask():
            client.get("https://pay.example/charges")

        def mail(to):
            server.sendmail("shop@example.com", [to], "Subject: Welcome\\r\\n\\r\\nGood to have you.")

        def both(to):
            charge(1, 5)
            mail(to)
    """
    )
    return stage.load("notes")


def changes(boundary):
    return [(each.source, str(each)) for each in diff(boundary.before, boundary.after)]


def test_each_entry_has_what_it_sent_itself(stage, clients):
    with stage.trial() as trial:
        clients.charge(1, 5)
        clients.both("ann@example.com")
        clients.ask()
    first, second, third = trial.boundaries
    charge = ("http https://pay.example", "requests: 1 more (POST https://pay.example/charges)")
    mail = "mails: 1 more (mail from shop@example.com to ann@example.com: Welcome)"
    assert changes(first) == [charge]
    assert changes(second) == [charge, ("mail smtp", mail)]
    assert changes(third) == []


def test_what_was_sent_and_lost_its_reply_was_sent(stage, clients):
    stage.faults.instead["httpx.Client.send"] = TimeoutError()
    with stage.trial(when="after") as lost, pytest.raises(TimeoutError):
        clients.charge(1, 5)
    stage.faults.instead["httpx.Client.send"] = TimeoutError()
    with stage.trial(when="before") as never, pytest.raises(TimeoutError):
        clients.charge(1, 5)
    assert [len(changes(*trial.boundaries)) for trial in (lost, never)] == [1, 0]


@pytest.mark.parametrize(
    ("order", "cents", "as_usual"), [(2, 5, True), (1, 6, False)], ids=["another id", "another amount"]
)
def test_two_trials_that_send_the_same_have_come_to_the_same_state(stage, clients, order, cents, as_usual):
    with stage.trial() as usual:
        clients.charge(1, 5)
    with stage.trial() as now:
        clients.charge(order, cents)
    (before,), (after,) = usual.boundaries, now.boundaries
    assert state(before.before, before.after, after.after) == ("success" if as_usual else "other")
