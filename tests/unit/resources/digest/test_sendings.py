"""What was sent is compared without what is generated for sending."""

from __future__ import annotations

from email.message import EmailMessage
from uuid import uuid4

from dryfit.model.digest import Digest, diff, state
from dryfit.resources.digest import sendings


def mail(order: object) -> tuple[str, list[str], bytes]:
    message = EmailMessage()
    message["Subject"] = "Grüße"
    message.set_content(f"Your order {order} is paid.")
    message.add_alternative(f"<p>{order}</p>", subtype="html")
    return "shop@example.com", ["bob@example.com", "ann@example.com"], message.as_bytes()


def test_a_mail_is_its_envelope_subject_and_text():
    found = sendings.outbox([mail("7")], "mail")
    assert [str(change) for change in diff(Digest(), found)] == [
        'mails: 1 row added (from="shop@example.com", to="ann@example.com, bob@example.com", subject="Grüße",'
        r' body="Your order 7 is paid.\n\n<p>7</p>")'
    ]


def test_ids_in_mails_do_not_count_and_texts_do():
    first, second, other = (sendings.outbox([mail(order)], "mail") for order in (uuid4(), uuid4(), "none"))
    assert state(Digest(), first, second) == "success"
    assert state(Digest(), first, other) == "other"
    assert state(Digest(), first, Digest()) == "before"


def test_a_request_is_its_method_url_and_body():
    sent = [("post", "https://ann:xyzzy@bank.example/pay?token=xyzzy&amount=5", b'{"amount": 5}')]
    found = sendings.requests(sent, "http")
    assert [str(change) for change in diff(Digest(), found)] == [
        'requests: 1 row added (method="POST", url="https://bank.example/pay?token=<secret>&amount=5",'
        r' body="{\"amount\": 5}")'
    ]


def test_a_body_that_is_no_text_is_told_apart():
    one, other = (sendings.requests([("PUT", "http://a/", body)], "http") for body in (b"\xff\0", b"\xff\1"))
    assert state(Digest(), one, other) == "other"
