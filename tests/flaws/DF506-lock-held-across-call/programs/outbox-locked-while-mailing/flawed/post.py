"""Mails go out by SMTP."""

import smtplib
from email.message import EmailMessage


def deliver(host, port, recipient, text):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "club@example.com", recipient, "News"
    message.set_content(text)
    with smtplib.SMTP(host, port) as server:
        server.send_message(message)
