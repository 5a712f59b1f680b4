"""Reminds people of the books that they have."""

import logging
import smtplib

import texts

log = logging.getLogger(__name__)


class Notices:
    def __init__(self, host, port):
        self.host = host
        self.port = port

    def remind(self, email, book):
        """Say whether the mail is known to be sent; where it is not, somebody has to look."""
        mail = texts.reminder(email, book)
        try:
            self._send(email, mail)
        except (smtplib.SMTPException, OSError):
            log.warning("it is not known whether %s was reminded", email, exc_info=True)
            return "unconfirmed"
        return "sent"

    def _send(self, email, mail):
        with smtplib.SMTP(self.host, self.port, local_hostname="localhost", timeout=5) as server:
            server.sendmail(texts.SENDER, [email], mail)
