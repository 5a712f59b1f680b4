"""Sends mails, or pretends to."""


class Mailer:
    def __init__(self):
        self.sent = []

    def send(self, text, options):
        sender = options.pop("sender", "nobody@example.org")
        self.sent.append((sender, text, dict(options)))
