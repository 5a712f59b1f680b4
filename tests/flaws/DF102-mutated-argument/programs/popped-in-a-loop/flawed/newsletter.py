"""A letter to many."""

from mailer import Mailer


class Newsletter:
    def __init__(self, mailer: Mailer):
        self.mailer = mailer

    def publish(self, text, receivers):
        options = {"sender": "news@example.org", "bulk": True}
        for receiver in receivers:
            self.mailer.send(f"{receiver}: {text}", options)
        return len(receivers)
