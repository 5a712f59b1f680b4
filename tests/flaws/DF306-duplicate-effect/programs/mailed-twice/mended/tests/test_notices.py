from notices import Notices


def test_a_reader_is_reminded(mailbox):
    assert Notices(mailbox.host, mailbox.port).remind("ann@example.com", "Emma") == "sent"
    assert mailbox.inbox[0].message.get_content().strip() == "Emma is due."


def test_a_server_that_takes_no_mail(mailbox):
    with mailbox.inbox.refusing():
        assert Notices(mailbox.host, mailbox.port).remind("ann@example.com", "Emma") == "unconfirmed"
