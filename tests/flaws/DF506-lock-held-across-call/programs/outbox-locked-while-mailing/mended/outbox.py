"""Mails that wait to be sent, while the website goes on."""

import threading

import post


class Outbox:
    def __init__(self, host, port):
        self.host = host
        self.port = port
        self.lock = threading.Lock()
        self.waiting = []

    def put(self, recipient, text):
        with self.lock:
            self.waiting.append((recipient, text))

    def flush(self):
        """Send what waits, and return how many mails that were."""
        with self.lock:
            mails, self.waiting = self.waiting, []
        for recipient, text in mails:
            post.deliver(self.host, self.port, recipient, text)
        return len(mails)
