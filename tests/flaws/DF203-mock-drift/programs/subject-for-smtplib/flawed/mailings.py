"""Mails by the provider's server."""

import smtplib

import texts

SENDER = "shop@example.com"


def send(name: str, address: str, **options: str) -> str:
    server = smtplib.SMTP("mail.example.com")
    server.sendmail(SENDER, [address], texts.text(name), **options)
    server.quit()
    return f"sent to {address}"
