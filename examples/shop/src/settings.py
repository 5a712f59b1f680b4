"""Where the shop finds the services that it stands on; what is not configured is started on first use.

DATABASE_URL, GATEWAY_URL and SMTP_URL are read from the environment at each use.
"""

import os
import threading
from functools import cache
from urllib.parse import urlsplit

from embedded_database import EmbeddedDatabase
from errors import Unavailable
from mail_sink import MailSink
from sandbox_gateway import SandboxGateway

_starting = threading.Lock()


class BadSetting(Unavailable):
    """A variable of the environment does not name a service of its kind."""


def database_url() -> str:
    """Return the PostgreSQL database's address: DATABASE_URL, or else that of an embedded server."""
    return _configured("DATABASE_URL", "postgresql", "postgres") or _own_database().url


def gateway_url() -> str:
    """Return the payment gateway's address: GATEWAY_URL, or else that of a sandbox on loopback."""
    return _configured("GATEWAY_URL", "https", "http") or _own_gateway().url


def smtp_url() -> str:
    """Return the mail server's address: SMTP_URL, or else that of a mail sink on loopback."""
    return _configured("SMTP_URL", "smtp", "smtps") or _own_mail_server().url


def mail_sender() -> str:
    """Return the address that the shop's mails come from: MAIL_FROM, or else an example."""
    return os.environ.get("MAIL_FROM") or "shop@example.com"


def _configured(name: str, *schemes: str) -> str | None:
    """Return the address in the environment, if there is one; raises BadSetting.

    `+driver` may follow its scheme. It may hold a password, so the error does not repeat it.
    """
    url = os.environ.get(name)
    if url and urlsplit(url).scheme.partition("+")[0] not in schemes:
        raise BadSetting(f"{name} has to begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return url


def _own_database() -> EmbeddedDatabase:
    with _starting:
        return _started_database()


def _own_gateway() -> SandboxGateway:
    with _starting:
        return _started_gateway()


def _own_mail_server() -> MailSink:
    with _starting:
        return _started_mail_server()


# `cache` alone would let two threads start a service each; the lock above keeps the second one waiting.
_started_database = cache(EmbeddedDatabase)
_started_gateway = cache(SandboxGateway)
_started_mail_server = cache(MailSink)
