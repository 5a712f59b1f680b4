"""What the club writes to people."""

import smtplib

SENDER = "club@example.com"
WELCOME = "From: {sender}\r\nTo: {email}\r\nSubject: Welcome\r\n\r\nIt is good to have you.\r\n"


class Mails:
    def __init__(self, host, port):
        self.host = host
        self.port = port

    def welcome(self, email):
        with smtplib.SMTP(self.host, self.port, local_hostname="localhost", timeout=5) as server:
            server.sendmail(SENDER, [email], WELCOME.format(sender=SENDER, email=email))
