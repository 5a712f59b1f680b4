"""People become members."""

import logging
import smtplib

import members

SENDER = "club@example.com"
WELCOME = "From: {sender}\r\nTo: {email}\r\nSubject: Welcome\r\n\r\nYour number is {number}.\r\n"

log = logging.getLogger(__name__)


class SignUp:
    def __init__(self, connection, host, port):
        self.connection = connection
        self.host = host
        self.port = port

    def register(self, email):
        with self.connection:
            number = members.add(self.connection, email)
            members.note(self.connection, number, "joined")
        try:
            self._welcome(email, number)
        except (smtplib.SMTPException, OSError):
            log.warning("no welcome for member %s", number, exc_info=True)
        return number

    def _welcome(self, email, number):
        mail = WELCOME.format(sender=SENDER, email=email, number=number)
        with smtplib.SMTP(self.host, self.port, local_hostname="localhost", timeout=5) as server:
            server.sendmail(SENDER, [email], mail)
