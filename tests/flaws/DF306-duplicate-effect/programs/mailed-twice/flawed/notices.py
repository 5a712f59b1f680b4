"""Reminds people of the books that they have."""

import smtplib

import texts


class NotReminded(Exception):
    """The mail server did not take the mail."""


class Notices:
    def __init__(self, host, port):
        self.host = host
        self.port = port

    def remind(self, email, book):
        mail = texts.reminder(email, book)
        for last in (False, True):
            try:
                self._send(email, mail)
                break
            except (smtplib.SMTPException, OSError) as error:
                if last:
                    raise NotReminded(f"{email} is not reminded: {error}") from error
        return "sent"

    def _send(self, email, mail):
        with smtplib.SMTP(self.host, self.port, local_hostname="localhost", timeout=5) as server:
            server.sendmail(texts.SENDER, [email], mail)
