"""Mails by the provider's server."""

import smtplib

import texts

SENDER = "shop@example.com"


def send(name: str, address: str, subject: str) -> str:
    server = smtplib.SMTP("mail.example.com")
    server.sendmail(SENDER, [address], f"Subject: {subject}\n\n{texts.text(name)}")
    server.quit()
    return f"sent to {address}"
