"""The digest of what was sent: mails by sender, receivers, subject and body; HTTP requests by method, URL and body."""

from __future__ import annotations

import time
from collections.abc import Iterable
from email.message import Message
from email.parser import BytesParser
from email.policy import default
from urllib.parse import parse_qsl, urlencode, urlsplit

from dryfit.model.digest import Column, Contents, Digest
from dryfit.model.secrets import is_secret
from dryfit.resources.digest.cells import cell, digest_of

MAILS = "mails"
MAIL_COLUMNS = (Column("from"), Column("to"), Column("subject"), Column("body"))

REQUESTS = "requests"
REQUEST_COLUMNS = (Column("method"), Column("url"), Column("body"))


def outbox(mails: Iterable[tuple[str, Iterable[str], bytes]], source: str) -> Digest:
    """Describe mails, each as its envelope's sender and receivers and its content, in the order of sending."""
    rows = tuple(_mail(sender, receivers, content) for sender, receivers, content in mails)
    return Digest((Contents(source, MAILS, MAIL_COLUMNS, rows),), taken=time.time())


def requests(sent: Iterable[tuple[str, str, bytes]], source: str) -> Digest:
    """Describe HTTP requests, each as its method, URL and body, in the order of sending."""
    rows = tuple(
        (cell(method.upper()), cell(_without_secrets(url)), _body(body)) for method, url, body in sent
    )
    return Digest((Contents(source, REQUESTS, REQUEST_COLUMNS, rows),), taken=time.time())


def _mail(sender: str, receivers: Iterable[str], content: bytes) -> tuple[str, ...]:
    message: Message = BytesParser(policy=default).parsebytes(content)
    subject = str(message.get("Subject", ""))
    return (cell(sender), cell(", ".join(sorted(receivers))), cell(subject), _body(_text_of(message)))


def _text_of(message: Message) -> bytes:
    """The parts' content, without boundaries, which are generated."""
    parts = (part.get_payload(decode=True) for part in message.walk() if not part.is_multipart())
    return b"\n".join(part for part in parts if isinstance(part, bytes)).replace(b"\r\n", b"\n").strip()


def _body(content: bytes) -> str:
    """A body as its text, so that ids in it are found; of another one a hash."""
    try:
        return cell(content.decode())
    except UnicodeDecodeError:
        return cell(f"{len(content)} bytes {digest_of(content)}")


def _without_secrets(url: str) -> str:
    """A URL without user, password, and secret parameters."""
    parts = urlsplit(url)
    query = [(name, "<secret>" if is_secret(name) else value) for name, value in parse_qsl(parts.query, True)]
    return parts._replace(
        netloc=parts.netloc.rpartition("@")[2], query=urlencode(query, safe="<>"), fragment=""
    ).geturl()
