"""Mails to customers, sent by SMTP."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from urllib.parse import unquote, urlsplit

import aiosmtplib
from email_validator import EmailNotValidError, validate_email

import settings
from errors import Invalid, Unavailable

CONFIRMATION = """\
Hello,

we have received your payment. Its number is {payment_id}.

Your shop
"""


class BadAddress(Invalid):
    """The address is none, or the mail server knows no such mailbox."""


class MailServerUnavailable(Unavailable):
    """The mail server did not answer, or did not accept the mail."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A mail that the mail server has accepted."""

    delivered: bool
    recipient: str
    message_id: str


class NotificationService:
    """Sends the shop's mails through the server at SMTP_URL, or to a mail sink of its own."""

    def __init__(self, timeout_seconds: float = 10.0) -> None:
        self._timeout_seconds = timeout_seconds

    async def send_payment_confirmation(self, payment_id: str, user_email: str) -> Delivery:
        """Tell a customer that their payment has arrived. Raises BadAddress, MailServerUnavailable."""
        message = EmailMessage()
        message["To"] = _checked_address(user_email)
        message["Subject"] = "Your payment has arrived"
        message.set_content(CONFIRMATION.format(payment_id=payment_id))
        return await self._send(message)

    async def _send(self, message: EmailMessage) -> Delivery:
        sender = settings.mail_sender()
        message["From"] = sender
        message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
        url = settings.smtp_url()
        try:
            await self._deliver(message, url)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise BadAddress(
                f"the mail server refused {message['To']}: {error.recipients[0].message}"
            ) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailServerUnavailable(
                f"the mail server at {urlsplit(url).hostname} failed: {error}"
            ) from error
        return Delivery(delivered=True, recipient=message["To"], message_id=message["Message-ID"])

    async def _deliver(self, message: EmailMessage, url: str) -> None:
        server = urlsplit(url)
        await aiosmtplib.send(
            message,
            hostname=server.hostname,
            port=server.port,
            username=unquote(server.username) if server.username else None,
            password=unquote(server.password) if server.password else None,
            use_tls=server.scheme == "smtps",
            timeout=self._timeout_seconds,
        )


def _checked_address(address: str) -> str:
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise BadAddress(f"{address!r} is not an e-mail address: {error}") from error
