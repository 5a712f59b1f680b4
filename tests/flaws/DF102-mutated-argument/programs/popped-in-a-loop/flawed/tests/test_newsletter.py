import pytest
from mailer import Mailer
from newsletter import Newsletter


@pytest.fixture
def mailer():
    return Mailer()


def test_everybody_gets_a_letter(mailer):
    assert Newsletter(mailer).publish("hello", ["ada", "bob"]) == 2
    assert [text for _, text, _ in mailer.sent] == ["ada: hello", "bob: hello"]


def test_the_sender_is_named(mailer):
    Newsletter(mailer).publish("hello", ["ada"])
    assert mailer.sent[0][0] == "news@example.org"
