import pytest

from outbox import Outbox


@pytest.fixture
def outbox(mailbox):
    return Outbox(mailbox.host, mailbox.port)


def test_what_waits_is_sent(mailbox, outbox):
    outbox.put("ann@example.com", "Hello")
    outbox.put("bob@example.com", "Hello")
    assert outbox.flush() == 2
    assert [mail.recipients for mail in mailbox.inbox] == [("ann@example.com",), ("bob@example.com",)]
    assert outbox.waiting == []


def test_nothing_waits(outbox):
    assert outbox.flush() == 0
