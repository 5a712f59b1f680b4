import aiosmtplib
import pytest
from dryfit.resources.kinds.smtp import MailHandle

from mail_sink import MailSink
from notification_service import BadAddress, MailServerUnavailable, NotificationService


async def test_a_confirmation_arrives(mailbox: MailHandle) -> None:
    delivery = await NotificationService().send_payment_confirmation(
        payment_id="pay_1", user_email="ann@example.com"
    )
    [mail] = mailbox.inbox
    assert delivery.delivered
    assert (mail.message["To"], mail.message["Message-ID"]) == ("ann@example.com", delivery.message_id)
    assert "pay_1" in mail.message.get_content()


async def test_mails_come_from_the_configured_address(
    mailbox: MailHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_FROM", "orders@shop.example.com")
    await NotificationService().send_payment_confirmation("pay_1", "ann@example.com")
    assert mailbox.inbox[0].message["From"] == "orders@shop.example.com"


@pytest.mark.parametrize(
    "address", ["", "ann", "ann@example.com, bob@example.com", "ann@example.com\nBcc: b@c.de"]
)
async def test_what_is_no_address_is_not_even_sent(mailbox: MailHandle, address: str) -> None:
    with pytest.raises(BadAddress, match="not an e-mail address"):
        await NotificationService().send_payment_confirmation("pay_1", address)
    assert not mailbox.inbox


async def test_a_mailbox_that_the_server_does_not_know(strict_mailbox: MailSink) -> None:
    with pytest.raises(BadAddress, match="no such mailbox") as caught:
        await NotificationService().send_payment_confirmation("pay_1", "nobody@example.com")
    assert isinstance(caught.value.__cause__, aiosmtplib.SMTPRecipientsRefused)


async def test_a_mail_server_that_is_down(silent_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{silent_port}")
    with pytest.raises(MailServerUnavailable, match=r"127\.0\.0\.1") as caught:
        await NotificationService().send_payment_confirmation("pay_1", "ann@example.com")
    assert isinstance(caught.value.__cause__, aiosmtplib.SMTPConnectError)


async def test_a_server_that_takes_no_passwords_is_reported(
    strict_mailbox: MailSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_URL", strict_mailbox.url.replace("//", "//ann:secret%21@"))
    with pytest.raises(MailServerUnavailable) as caught:
        await NotificationService().send_payment_confirmation("pay_1", "ann@example.com")
    assert "secret" not in str(caught.value)
