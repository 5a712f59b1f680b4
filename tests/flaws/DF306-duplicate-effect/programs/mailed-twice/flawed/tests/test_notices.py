from notices import Notices


def test_a_reader_is_reminded(mailbox):
    assert Notices(*mailbox.address).remind("ann@example.com", "Emma") == "sent"
    assert mailbox.mails[0].get_payload().strip() == "Emma is due."
